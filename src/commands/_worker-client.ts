import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { EXIT, UserError } from "../host/exit.ts";

export interface WorkerHttp {
  readonly host: string;
  readonly port: number;
  /** `http.token`, a secret. */
  readonly token: string;
  readonly fetch: typeof fetch;
}

/** The running worker's HTTP API. What it refuses becomes a `UserError` that says what to do. */
export interface WorkerClient {
  /** Resolves with the id. */
  submit(body: unknown): Promise<{ readonly id: string; readonly answer: unknown }>;
  fate(id: string): Promise<SentFate>;
}

const Accepted = v.object({ id: v.string() });
const Refused = v.object({
  error: v.string(),
  problems: v.optional(v.array(v.object({ path: v.string(), reason: v.string() })), []),
});
const FateAnswer = v.looseObject({
  state: v.string(),
  deliveries: v.array(
    v.looseObject({ to: v.string(), state: v.string(), reason: v.optional(v.string()) }),
  ),
});
export type SentFate = v.InferOutput<typeof FateAnswer>;

const TIMEOUT_MS = 30_000;

export function createWorkerClient({ host, port, token, fetch }: WorkerHttp): WorkerClient {
  const origin = originOf(host, port);

  const ask = async (path: string, init: RequestInit, expected: number): Promise<unknown> => {
    const response = await reach(path, init);
    const text = await response.text().catch(() => "");
    const json = parseJson(text);
    if (response.status === expected && json !== undefined) return json;
    throw refusal(origin, response.status, json);
  };

  const reach = async (path: string, init: RequestInit) => {
    try {
      return await fetch(origin + path, {
        ...init,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        // A redirect would carry the token elsewhere.
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const said = reasonOf(error).replaceAll(token, "***");
      throw failed(
        `no dingbridge answers at ${origin} (${said}): start it with dingbridge start, or set http.host and http.port (DINGBRIDGE_HOST, DINGBRIDGE_PORT) to where it runs`,
      );
    }
  };

  return {
    async submit(body) {
      const init = { method: "POST", body: JSON.stringify(body) };
      const answer = await ask("/v1/messages", init, 202);
      const accepted = v.safeParse(Accepted, answer);
      if (!accepted.success) throw stranger(origin);
      return { id: accepted.output.id, answer };
    },
    async fate(id) {
      const answer = await ask(`/v1/messages/${encodeURIComponent(id)}`, { method: "GET" }, 200);
      const fate = v.safeParse(FateAnswer, answer);
      if (!fate.success) throw stranger(origin);
      return fate.output;
    },
  };
}

/** Where the worker listens on all addresses, this machine's own reaches it. */
export function originOf(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const reachable = bare === "0.0.0.0" ? "127.0.0.1" : bare === "::" ? "::1" : bare;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function refusal(origin: string, status: number, json: unknown): UserError {
  const refused = v.safeParse(Refused, json);
  if (!refused.success) return stranger(origin, status);
  const { error, problems } = refused.output;
  const each = problems.map(({ path, reason }) => (path === "" ? reason : `${path}: ${reason}`));
  const said = [error, each.join("; ")].filter(Boolean).join(": ");
  return failed(status === 401 ? `the worker at ${origin} ${WRONG_TOKEN}` : `not sent: ${said}`);
}

const WRONG_TOKEN =
  "does not know this http.token: it must be the one that the worker was started with (http.token, DINGBRIDGE_API_TOKEN)";

const stranger = (origin: string, status?: number) =>
  failed(
    `what answers at ${origin} is no dingbridge that can send${status === undefined ? "" : ` (HTTP ${status})`}: check http.host and http.port (DINGBRIDGE_HOST, DINGBRIDGE_PORT)`,
  );

const failed = (reason: string) => new UserError(reason, EXIT.crash);
