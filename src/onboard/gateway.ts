import { deadline, type Clock } from "../core/clock.ts";
import { createGateway } from "../core/gateway/client.ts";
import { classify, errorIn, type FailureKind } from "../core/gateway/errors.ts";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { readText } from "../core/read-text.ts";

export interface LookOptions {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** `reason`: one line, no secret. */
export type Look =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: FailureKind; readonly reason: string };

export type Said =
  | { readonly ok: true; readonly answer: string }
  | { readonly ok: false; readonly kind: FailureKind; readonly reason: string };

const LOOK_MS = 5000;
const ANSWER_MS = 180_000;
/** The client does not hang up on a gateway before this is safe; nobody waits longer than that. */
const QUIET_MS = 16_000;
const MAX_BYTES = 64 * 1024;

/** Whether the gateway takes questions: it is ready, the endpoint is on, the token right. Asks no model. */
export async function lookAtGateway(options: LookOptions, signal: AbortSignal): Promise<Look> {
  const { url, token, fetch, clock } = options;
  signal.throwIfAborted();
  const ill = await createGateway({ ...options, timeoutMs: LOOK_MS, readMedia: false }).health();
  signal.throwIfAborted();
  if (ill !== undefined) {
    return { ok: false, kind: ill.startsWith("its /readyz") ? "busy" : "unreachable", reason: ill };
  }
  const limit = deadline(clock, LOOK_MS, signal);
  const hide = (said: string) => (token === undefined ? said : said.replaceAll(token, "***"));
  try {
    // It is there when the chat endpoint is, and costs nothing.
    const response = await fetch(`${url}/v1/models`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: "manual",
      signal: limit.signal,
    });
    const body = hide(await readText(response, MAX_BYTES));
    const json = parseJson(body);
    if (response.ok && typeof json === "object" && json !== null && "data" in json) {
      return { ok: true };
    }
    const error = errorIn(json);
    const { kind, reason } = classify({
      status: response.status,
      type: error?.type ?? "",
      message: error?.message ?? body.slice(0, 200),
    });
    return { ok: false, kind, reason };
  } catch (error) {
    signal.throwIfAborted();
    return { ok: false, kind: "unreachable", reason: hide(reasonOf(error)) };
  } finally {
    limit.clear();
  }
}

/** One question, in a session of its own. Rejects only if `signal` was aborted, with its reason. */
export async function askGateway(
  options: LookOptions & { readonly agentId: string; readonly text: string },
  signal: AbortSignal,
): Promise<Said> {
  const { agentId, text } = options;
  const gateway = createGateway({ ...options, timeoutMs: ANSWER_MS, readMedia: false });
  const session = `agent:${agentId}:dingtalk:onboard`;
  const question = { agentId, session, system: "", text, images: [] };
  try {
    const answer = await gateway.ask(
      question,
      { onRun: () => undefined, onContent: () => undefined },
      signal,
    );
    return answer.ok ? { ok: true, answer: answer.text.trim() } : { ok: false, ...answer.failure };
  } finally {
    const limit = deadline(options.clock, QUIET_MS);
    const over = new Promise<void>((resolve) => {
      limit.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([gateway.quiet(), over]);
    limit.clear();
  }
}
