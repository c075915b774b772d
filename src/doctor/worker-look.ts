import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { NOT_CONNECTED } from "../core/network.ts";
import { readText } from "../core/read-text.ts";
import { step, type Time } from "./step.ts";

const Status = v.object({
  version: v.string(),
  accounts: v.record(
    v.string(),
    v.object({
      clientId: v.string(),
      stream: v.object({
        state: v.string(),
        problem: v.nullable(v.object({ kind: v.string(), reason: v.string() })),
      }),
    }),
  ),
  readiness: v.object({
    ready: v.boolean(),
    failing: v.array(v.object({ part: v.string(), reason: v.string() })),
  }),
});
export type WorkerStatus = v.InferOutput<typeof Status>;

export interface WorkerPlace {
  readonly origin: string;
  /** 0: nobody knows which it is. */
  readonly port: number;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
}

/** What is where the worker serves. */
export type WorkerLook =
  | { readonly kind: "worker"; readonly status: WorkerStatus; readonly json: unknown }
  /** It listens, and does not say who it is. */
  | { readonly kind: "closed"; readonly said: string }
  | { readonly kind: "stranger"; readonly said: string }
  | { readonly kind: "nobody" }
  /** Any free port: nobody knows which. */
  | { readonly kind: "unknown" };

const LOOK_MS = 2000;
const MAX_BYTES = 4 * 1024 * 1024;

export async function lookForWorker(place: WorkerPlace, time: Time): Promise<WorkerLook> {
  const { origin, port, token, fetch } = place;
  if (port === 0) return { kind: "unknown" };
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked = await step(
    time,
    async (signal) => {
      const response = await fetch(`${origin}/status`, { headers, redirect: "manual", signal });
      return { http: response.status, text: await readText(response, MAX_BYTES) };
    },
    LOOK_MS,
  );
  if (!asked.ok) {
    return NOT_CONNECTED.test(asked.said)
      ? { kind: "nobody" }
      : { kind: "closed", said: asked.said };
  }
  const { http, text } = asked.value;
  const json = parseJson(text);
  const parsed = v.safeParse(Status, json);
  if (parsed.success) return { kind: "worker", status: parsed.output, json };
  const said = `HTTP ${http}`;
  return http === 401 || http === 403 ? { kind: "closed", said } : { kind: "stranger", said };
}
