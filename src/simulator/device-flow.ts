import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { jsonOf, oldError } from "./api-shapes.ts";

/** What a poll is answered with besides `errcode` and `errmsg`. */
export interface PollAnswer {
  readonly status: string;
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly fail_reason?: string;
}

export interface Registrations {
  readonly app: Hono<{ Bindings: HttpBindings }>;
  /**
   * What polls are answered with, one after the other; the last one stays. Default: as when somebody
   * scans the code at once in an organisation that wants no approval.
   */
  script: readonly PollAnswer[];
  /** Seconds between polls that a client is asked to keep. */
  interval: number;
  /** Codes handed out, the newest last. */
  readonly codes: readonly { readonly deviceCode: string; readonly userCode: string }[];
  /** How often it was polled. */
  readonly polls: () => number;
}

const EXPIRES_S = 7200;
const NONCE_S = 300;

const Begin = v.object({ nonce: v.string() });
const Poll = v.object({ device_code: v.string() });

/** Creates the simulator's robot by a QR code: `/app/registration/{init,begin,poll}`, no token. */
export function createRegistrations(
  settings: { readonly clientId: string; readonly clientSecret: string },
  urlOf: () => string,
): Registrations {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const nonces = new Set<string>();
  const codes: { deviceCode: string; userCode: string }[] = [];
  let polls = 0;
  let at = 0;
  let script: readonly PollAnswer[] = [
    { status: "WAITING" },
    { status: "CREATING" },
    { status: "PUBLISHING" },
    {
      status: "SUCCESS",
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
    },
  ];
  let interval = 1;

  app.post("/app/registration/init", (c) => {
    const nonce = `nr_${randomUUID().replaceAll("-", "")}`;
    nonces.add(nonce);
    return c.json({ errcode: 0, errmsg: "ok", nonce, expires_in: NONCE_S });
  });

  app.post("/app/registration/begin", async (c) => {
    const asked = v.safeParse(Begin, await jsonOf(c));
    // Good for one begin only.
    if (!asked.success || !nonces.delete(asked.output.nonce)) return oldError(400, "invalid nonce");
    const deviceCode = randomUUID().replaceAll("-", "");
    const userCode = `${randomUUID().slice(0, 4)}-${randomUUID().slice(0, 4)}`.toUpperCase();
    codes.push({ deviceCode, userCode });
    at = 0;
    const page = `${urlOf()}/app/registration/page`;
    return c.json({
      errcode: 0,
      errmsg: "ok",
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${userCode}`,
      expires_in: EXPIRES_S,
      interval,
    });
  });

  app.post("/app/registration/poll", async (c) => {
    polls++;
    const asked = v.safeParse(Poll, await jsonOf(c));
    const code = asked.success ? asked.output.device_code : "";
    if (codes.at(-1)?.deviceCode !== code) return oldError(400, "invalid device_code");
    const answer = script[Math.min(at++, script.length - 1)] ?? { status: "WAITING" };
    return c.json({ errcode: 0, errmsg: "ok", ...answer });
  });

  return {
    app,
    codes,
    polls: () => polls,
    get script() {
      return script;
    },
    set script(next) {
      script = next;
      at = 0;
    },
    get interval() {
      return interval;
    },
    set interval(seconds) {
      interval = seconds;
    },
  };
}
