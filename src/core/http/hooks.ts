import { Hono } from "hono";
import * as v from "valibot";
import type { Log } from "../log.ts";
import { AddressSchema } from "../send/address.ts";
import { CronEventSchema, type CronDelivery } from "../send/cron.ts";
import { problemsIn } from "../send/problems.ts";
import { accountFor } from "../send/recipients.ts";
import type { Sending } from "../send/sending.ts";
import { SENDING_OFF, bearer } from "./bearer.ts";
import { invalid, readJson } from "./json-body.ts";
import { orUnavailable, submitted } from "./outcome.ts";

export interface HooksOptions {
  /** `http.token`; undefined: sending is off. */
  readonly token: string | undefined;
  readonly cron: CronDelivery;
  readonly sending: Pick<Sending, "accounts">;
  readonly log: Log;
}

const Query = v.object({ to: v.array(AddressSchema) });

/**
 * `POST /v1/hooks/openclaw` is the gateway's cron webhook: what a scheduled job has to say goes to the
 * chat its session belongs to, or to `?to=…` by the robot `?account=…`. 202 taken on · 200 nothing to say ·
 * 403 whoever has ordered the job may not have it write there · 422 no such chat.
 */
export function createHooks({ token, cron, sending, log }: HooksOptions): Hono {
  const app = new Hono();

  app.post("/v1/hooks/openclaw", bearer(token, SENDING_OFF), async (c) => {
    const body = await readJson(c);
    if (!body.ok) return body.answer;
    const event = v.safeParse(CronEventSchema, body.json);
    const query = v.safeParse(Query, { to: c.req.queries("to") ?? [] });
    const account = c.req.query("account");
    const chosen = account === undefined ? undefined : accountFor(account, sending.accounts);
    if (!event.success || !query.success || chosen?.ok === false) {
      return invalid(c, [
        ...problemsIn([...(event.issues ?? []), ...(query.issues ?? [])]),
        ...(chosen?.ok === false ? [{ path: "account", reason: chosen.reason }] : []),
      ]);
    }
    return await orUnavailable(c, log, async () => {
      const outcome = await cron.deliver(event.output, { to: query.output.to, account });
      switch (outcome.kind) {
        case "ignored":
          return c.json({ delivered: false, reason: outcome.reason });
        case "unknown-chat":
          log.warn("a scheduled job's words have no chat to go to", { jobId: event.output.jobId });
          return c.json({ error: outcome.reason }, 422);
        case "refused":
          return c.json({ error: outcome.reason }, 403);
        default:
          return submitted(c, outcome);
      }
    });
  });
  return app;
}
