import * as v from "valibot";
import { until } from "../support/until.ts";
import type { World } from "./_world.ts";

/** Characters that a token may have and libraries like to trip over. */
export const TOKEN = "test-token!~";

const Accepted = v.object({ id: v.string() });
const Delivery = v.object({
  to: v.string(),
  state: v.string(),
  reason: v.optional(v.string()),
  processQueryKeys: v.optional(v.array(v.string()), []),
  leftOut: v.optional(v.array(v.string()), []),
  recall: v.optional(v.array(v.string()), []),
});
const Fate = v.object({ id: v.string(), state: v.string(), deliveries: v.array(Delivery) });
export type Fate = v.InferOutput<typeof Fate>;

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is text. */
  readonly body?: unknown;
}

/** The worker's HTTP API, as a caller with the token sees it. */
export function apiOf(world: World) {
  const ask = async (path: string, { method = "POST", headers = {}, body }: Asking = {}) =>
    await fetch(world.worker.http + path, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });

  const fateFrom = async (response: Response): Promise<Fate> =>
    v.parse(Fate, await response.json());

  const fate = async (id: string) =>
    await fateFrom(await ask(`/v1/messages/${id}`, { method: "GET" }));

  return {
    ask,
    fate,
    /** Hands something in and gives its id back. */
    async submit(body: object, headers: Asking["headers"] = {}): Promise<string> {
      const response = await ask("/v1/messages", { body, headers });
      const json: unknown = await response.json();
      if (response.status !== 202) {
        throw new Error(`not taken on: ${response.status} ${JSON.stringify(json)}`);
      }
      return v.parse(Accepted, json).id;
    },
    /** What became of it, once nothing of it waits any more. */
    settled: async (id: string, ms?: number): Promise<Fate> =>
      await until(
        `the end of ${id}`,
        async () => {
          const now = await fate(id);
          return now.state !== "queued" && now;
        },
        ms,
      ),
    withdraw: async (id: string) =>
      await fateFrom(await ask(`/v1/messages/${id}`, { method: "DELETE" })),
  };
}
