import * as v from "valibot";
import { DeadlineError, deadline, type Clock } from "../clock.ts";
import { agentIn, foldedKey } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { NOT_CONNECTED } from "../network.ts";
import { readText } from "../read-text.ts";
import { errorIn } from "./errors.ts";

export interface ToolsOptions {
  readonly url: string;
  /** Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Takes secrets out of what others say. */
  readonly hide: (text: string) => string;
}

export type Invocation =
  | {
      readonly ok: true;
      /** `result.details`: what the tool gives programs. */
      readonly details: unknown;
      /** How far the gateway's clock is ahead of ours, as exactly as its `Date` header tells. */
      readonly skewMs: number;
    }
  | {
      readonly ok: false;
      /** `unreachable`: not connected, or the gateway is going away. */
      readonly kind: "unreachable" | "timeout" | "refused";
      /** For the log: tool, HTTP status, type of the error. Never the body, which may hold what people have said. */
      readonly reason: string;
    };

/** The gateway's tools, called without a turn over `POST /tools/invoke`, which it always serves. */
export interface Tools {
  /**
   * @param session what the tool is to work on, as it travels in the header.
   * Rejects only if `signal` was aborted, with its reason.
   */
  invoke(tool: string, args: object, session: string, signal?: AbortSignal): Promise<Invocation>;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;

const Invoked = v.object({ result: v.object({ details: v.unknown() }) });
const Models = v.object({ data: v.array(v.object({ id: v.string() })) });
const MODEL = /^openclaw\/(?!default$)(.+)$/;

type Answered = Invocation & { readonly denied?: boolean };

/**
 * Every call is made on behalf of an agent, whose policy decides which tools there are: a gateway with
 * several agents refuses a call that names none, and an agent that is kept short may have no tool for
 * sessions at all. Then another agent's is taken, as far as the gateway lets agents see each other's
 * sessions. Seen with OpenClaw 2026.9.6.
 */
export function createTools(options: ToolsOptions): Tools {
  const { url, clock, fetch, hide } = options;
  /** By agent: the one whose tools work where its own do not. */
  const deputies = new Map<string, string>();

  const post = async (body: object, tool: string, signal: AbortSignal): Promise<Answered> => {
    const response = await fetch(`${url}/tools/invoke`, {
      method: "POST",
      headers: { ...options.headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal,
    });
    const json = parseJson(await readText(response, MAX_BYTES));
    const parsed = v.safeParse(Invoked, json);
    const { status } = response;
    if (response.ok && parsed.success) {
      const date = Date.parse(response.headers.get("date") ?? "");
      const skewMs = Number.isNaN(date) ? 0 : date - clock.now();
      return { ok: true, details: parsed.output.result.details, skewMs };
    }
    const reason = `${tool}: HTTP ${status} ${errorIn(json)?.type ?? ""}`.trimEnd();
    const kind = status === 503 ? "unreachable" : "refused";
    return { ok: false, kind, reason: hide(reason), denied: status === 403 || status === 404 };
  };

  /** Every agent the gateway has; none if it does not say. */
  const agents = async (signal: AbortSignal): Promise<readonly string[]> => {
    const init = { headers: options.headers, redirect: "manual", signal } as const;
    const response = await fetch(`${url}/v1/models`, init);
    const parsed = v.safeParse(Models, parseJson(await readText(response, MAX_BYTES)));
    if (!response.ok || !parsed.success) return [];
    return parsed.output.data.flatMap(({ id }) => MODEL.exec(id)?.[1] ?? []);
  };

  const asAnyone = async (
    tool: string,
    args: object,
    session: string,
    signal: AbortSignal,
  ): Promise<Answered> => {
    const target = foldedKey(session);
    const own = agentIn(target);
    const as = async (agent: string) =>
      await post({ tool, args, ...callerFor(agent, tool, target) }, tool, signal);
    const usual = deputies.get(own) ?? own;
    const first = await as(usual);
    if (first.ok || first.denied !== true) return first;
    deputies.delete(own);
    const others = await agents(signal).catch(() => []);
    signal.throwIfAborted();
    for (const agent of others) {
      if (agent === usual) continue;
      const next = await as(agent);
      if (next.ok) deputies.set(own, agent);
      if (next.denied !== true) return next;
    }
    return first;
  };

  return {
    async invoke(tool, args, session, signal) {
      const limit = deadline(clock, TIMEOUT_MS, signal);
      try {
        const answered = await asAnyone(tool, args, session, limit.signal);
        if (answered.ok) return answered;
        const { kind, reason } = answered;
        return { ok: false, kind, reason };
      } catch (error) {
        signal?.throwIfAborted();
        const reason = hide(reasonOf(error));
        const timedOut = limit.signal.reason instanceof DeadlineError;
        const away = NOT_CONNECTED.test(reason) ? "unreachable" : "refused";
        return { ok: false, kind: timedOut ? "timeout" : away, reason: `${tool}: ${reason}` };
      } finally {
        limit.clear();
      }
    },
  };
}

/**
 * The agent's main session calls, unless that is the one to be reset: nothing may reset the session it
 * runs in.
 */
function callerFor(agent: string, tool: string, target: string): object {
  if (agent === "") return {};
  return tool === "sessions" && target === `agent:${agent}:main`
    ? { agentId: agent, sessionKey: `agent:${agent}:dingtalk:dingbridge` }
    : { agentId: agent };
}
