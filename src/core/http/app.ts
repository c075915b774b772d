import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { reasonOf, type Log } from "../log.ts";
import type { CronDelivery } from "../send/cron.ts";
import type { Sending } from "../send/sending.ts";
import { bearer } from "./bearer.ts";
import { createHooks } from "./hooks.ts";
import { createMessages } from "./messages.ts";

/** What is not right, by part; empty when ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly failing: readonly { readonly part: string; readonly reason: string }[];
}

export interface AppOptions {
  readonly readiness: () => Promise<Readiness>;
  readonly status: () => Promise<unknown>;
  /** In Prometheus's text format. */
  readonly metrics: () => Promise<string>;
  /** /status and /metrics need this bearer token; undefined: nobody may read them. Null: open to all (loopback). */
  readonly token: string | undefined | null;
  /** What sending always needs, on loopback too; undefined: it is off. */
  readonly apiToken: string | undefined;
  readonly sending: Sending;
  readonly cron: CronDelivery;
  readonly log: Log;
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const closed = (path: string) =>
  `set http.token (DINGBRIDGE_API_TOKEN) to read ${path} from another machine`;

/**
 * `worker.fetch`: `/healthz` alive · `/readyz` every robot connected and the store writable, else 503
 * with reasons · `/status` for people and tools · `/metrics` for Prometheus · `/v1/…` sends. An adapter only serves it.
 */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  app.use(secureHeaders());

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const readiness = await options.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });

  for (const path of ["/status", "/metrics"]) {
    if (options.token !== null) app.use(path, bearer(options.token, closed(path)));
  }
  app.get("/status", async (c) => c.json(await options.status()));
  app.get("/metrics", async (c) =>
    c.text(await options.metrics(), 200, { "content-type": METRICS_TYPE }),
  );

  const { apiToken, sending, cron, log } = options;
  app.route("/", createMessages({ token: apiToken, sending, log }));
  app.route("/", createHooks({ token: apiToken, cron, sending, log }));
  app.notFound((c) => c.json({ error: "not found" }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    log.error("request could not be answered", { path: c.req.path, reason: reasonOf(error) });
    return c.json({ error: "internal error" }, 500);
  });
  return app;
}
