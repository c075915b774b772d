import { createApp, type AppOptions } from "../../../src/core/http/app.ts";
import { createCronDelivery, type MayDeliver } from "../../../src/core/send/cron.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { createWorld, type WorldOptions } from "../send/_sending.ts";

export const TOKEN = "the-token!#";

/** The app over submissions in memory. */
export function serving(options: Partial<AppOptions> = {}, given: WorldOptions = {}) {
  const world = createWorld(given);
  /** What somebody's jobs may do. */
  const proactive = { verdict: { ok: true } as MayDeliver };
  const { store, sending, clock, log } = world;
  const app = createApp({
    readiness: async () => ({ ready: true, failing: [] }),
    status: async () => ({ version: "1.2.3" }),
    metrics: async () => "dingbridge_ready 1\n",
    token: null,
    apiToken: TOKEN,
    sending,
    cron: createCronDelivery({
      store,
      sending,
      textsOf: () => TEXTS.en,
      mayDeliver: () => proactive.verdict,
      clock,
    }),
    log,
    ...options,
  });
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await app.request(path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, ...(init.headers as Record<string, string>) },
    });
    const text = await response.text();
    const json: unknown = response.headers.get("content-type")?.startsWith("application/json")
      ? JSON.parse(text)
      : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { ...world, proactive, app, ask, post };
}
