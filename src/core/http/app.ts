import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";

/** What is not right, by part; empty when ready. */
export interface Readiness {
  readonly ready: boolean;
  readonly failing: readonly { readonly part: string; readonly reason: string }[];
}

export interface AppOptions {
  readonly readiness: () => Promise<Readiness>;
  readonly status: () => Promise<unknown>;
  /** /status needs this bearer token; undefined: nobody may read it. Null: open to all (loopback). */
  readonly token: string | undefined | null;
}

/**
 * `worker.fetch`: `/healthz` alive · `/readyz` every robot connected and the store writable, else 503
 * with reasons · `/status` for people and tools. An adapter only serves it.
 */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  app.use(secureHeaders());

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const readiness = await options.readiness();
    return c.json(readiness, readiness.ready ? 200 : 503);
  });

  if (options.token === undefined) {
    app.get("/status", (c) =>
      c.json(
        { error: "set http.token (DINGBRIDGE_API_TOKEN) to read /status from another machine" },
        403,
      ),
    );
  } else {
    if (options.token !== null) app.use("/status", bearerAuth({ token: options.token }));
    app.get("/status", async (c) => c.json(await options.status()));
  }
  app.notFound((c) => c.json({ error: "not found" }, 404));
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.json({ error: "internal error" }, 500),
  );
  return app;
}
