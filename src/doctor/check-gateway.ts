import * as v from "valibot";
import type { AccountConfig } from "../core/config/schema.ts";
import { errorIn } from "../core/gateway/errors.ts";
import { createTools, type Invocation } from "../core/gateway/tools.ts";
import { headerValue } from "../core/header.ts";
import { parseJson } from "../core/json.ts";
import { readText } from "../core/read-text.ts";
import { finding, type Facts, type Finding } from "./codes.ts";
import { step, type Stepped, type Time } from "./step.ts";

export interface GatewayOptions {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string | undefined;
  /** One it should have. */
  readonly agentId: string;
  readonly fetch: typeof fetch;
}

/** What is known of one gateway. */
export interface GatewayLook {
  readonly findings: readonly Finding[];
  /** Agents it has, in small letters; or why that is not known. */
  readonly agents: readonly string[] | string | undefined;
  /** It would take a question. */
  readonly isReady: boolean;
}

interface Heard {
  readonly status: number;
  readonly text: string;
}

const MAX_BYTES = 256 * 1024;
/** Nothing in it can be answered. */
const NO_QUESTION = '{"model":"openclaw","messages":[]}';
const RESERVED = { "x-openclaw-session-key": "subagent:dingbridge-doctor" };
const Models = v.object({ data: v.array(v.object({ id: v.string() })) });
const AGENT = /^openclaw\/(?!default$)(.+)$/;
const Ready = v.object({ ready: v.boolean(), failing: v.optional(v.array(v.string()), []) });

/**
 * Looks at a gateway without a model call. The chat endpoint is tried with what cannot become a turn: JSON
 * that is broken, and a message list that is empty, for a session whose name the gateway keeps for itself
 * and therefore refuses by name if it looks at the header at all. Seen with OpenClaw 2026.9.6.
 */
export async function lookAtGateway(options: GatewayOptions, time: Time): Promise<GatewayLook> {
  const { url, token, fetch } = options;
  const hide = (said: string) => (token === undefined ? said : said.replaceAll(token, "***"));
  const ask = async (path: string, init: RequestInit, headers: Readonly<Record<string, string>>) =>
    await step(time, async (signal): Promise<Heard> => {
      const response = await fetch(url + path, {
        ...init,
        headers: { ...authorization(token), ...headers },
        redirect: "manual",
        signal,
      });
      return { status: response.status, text: hide(await readText(response, MAX_BYTES)) };
    });
  const post = async (body: string, headers: Readonly<Record<string, string>> = {}) =>
    await ask(
      "/v1/chat/completions",
      { method: "POST", body },
      { ...headers, "content-type": "application/json" },
    );

  const ready = await ask("/readyz", {}, {});
  if (!ready.ok) return away(url, hide(ready.said), ready.ms);
  const [endpoint, models] = await Promise.all([post("{"), ask("/v1/models", {}, {})]);
  const heard = endpoint.ok ? endpoint.value : undefined;
  const agents = models.ok ? agentsIn(models.value) : hide(models.said);
  const agent = callerAmong(agents, options.agentId);
  const [tools, session] = await Promise.all([
    step(time, async (signal) => await useTools(options, agent, { hide, ...time, signal })),
    // Only who answers as OpenClaw does is asked something that another might take for a question.
    heard?.status === 400
      ? post(NO_QUESTION, { ...RESERVED, "x-openclaw-agent-id": headerValue(agent) })
      : undefined,
  ]);
  const accepted = tokenFinding(options, [heard, models.ok ? models.value : undefined], tools);
  const isIn = accepted.is === "accepted";
  const isOpen = heard !== undefined && isThere(heard);
  const isStranger = !isReadiness(ready.value) && !isOpen;
  const said = endpoint.ok ? "" : hide(endpoint.said);
  return {
    findings: [
      finding("DB501", "reached", { url }, { ms: ready.ms }),
      readiness(ready.value, isOpen),
      accepted,
      isStranger ? finding("DB504", "untold", { said: "HTTP 404" }) : endpointFinding(heard, said),
      sessionFinding(session?.ok === true ? session.value : undefined),
      toolsFinding(tools, isIn),
    ],
    agents,
    isReady: isIn && isOpen,
  };
}

function away(url: string, said: string, ms: number): GatewayLook {
  const rest = (["DB502", "DB503", "DB504", "DB506", "DB507"] as const).map((code) =>
    finding(code, "away"),
  );
  return {
    findings: [finding("DB501", "away", { url, said }, { ms }), ...rest],
    agents: undefined,
    isReady: false,
  };
}

const isReadiness = ({ status, text }: Heard): boolean =>
  (status === 200 || status === 503) && v.is(Ready, parseJson(text));

function readiness(heard: Heard, isOpen: boolean): Finding {
  const said = `HTTP ${heard.status}`;
  if (!isReadiness(heard)) return finding("DB502", isOpen ? "hidden" : "stranger", { said });
  const { ready, failing } = v.parse(Ready, parseJson(heard.text));
  return ready
    ? finding("DB502", "ready")
    : finding("DB502", "starting", { said: failing.join(", ") || said });
}

/** A refusal of what was sent is an answer; only "there is no such thing" is none. */
const isThere = ({ status }: Heard): boolean => status !== 404 && status !== 405;

function endpointFinding(heard: Heard | undefined, said: string): Finding {
  if (heard === undefined) return finding("DB504", "untold", { said });
  if (heard.status === 404) return finding("DB504", "off");
  const isRefusal = heard.status >= 400 && heard.status <= 500;
  return isThere(heard) && isRefusal
    ? finding("DB504", "on")
    : finding("DB504", "untold", { said: `HTTP ${heard.status}` });
}

type ToolsStep = Stepped<Invocation>;

/** An agent that is not there is another finding. */
function callerAmong(agents: GatewayLook["agents"], wanted: string): string {
  if (typeof agents !== "object" || agents.includes(wanted.toLowerCase())) return wanted;
  return agents[0] ?? wanted;
}

/** What `/new`, and answers after an interruption, need. */
async function useTools(
  { url, token, fetch }: GatewayOptions,
  agent: string,
  { hide, clock, signal }: Time & { readonly hide: (said: string) => string },
): Promise<Invocation> {
  const tools = createTools({ url, headers: authorization(token), fetch, clock, hide });
  const args = { search: ":dingtalk:", limit: 1 };
  return await tools.invoke("sessions_list", args, `agent:${agent}:main`, signal);
}

/** Whichever endpoint said something about it: the chat endpoint that is off answers 404 to everybody. */
function tokenFinding(
  { token }: GatewayOptions,
  heard: readonly (Heard | undefined)[],
  tools: ToolsStep,
): Finding {
  const statuses = heard.map((each) => each?.status);
  const invoked = tools.ok ? tools.value : undefined;
  const toolsSaid = invoked?.ok === false ? invoked.reason : "";
  const toolsStatus = Number(/HTTP (\d{3})/.exec(toolsSaid)?.[1] ?? 0);
  const all = new Set([...statuses, toolsStatus]);
  const type = heard.map((each) => errorIn(parseJson(each?.text ?? ""))?.type).find(Boolean);
  if (all.has(401)) {
    const said = ["HTTP 401", type].filter(Boolean).join(", ");
    return finding("DB503", token === undefined ? "missing" : "refused", { said });
  }
  if (all.has(403)) {
    return finding("DB503", "forbidden", { said: ["HTTP 403", type].filter(Boolean).join(", ") });
  }
  const isIn = invoked?.ok === true || statuses.some((status) => status === 200 || status === 400);
  return isIn
    ? finding("DB503", "accepted")
    : finding("DB503", "untold", { said: toolsSaid || `HTTP ${statuses.join(", ")}` });
}

function sessionFinding(heard: Heard | undefined): Finding {
  if (heard === undefined) return finding("DB506", "untold");
  const message = errorIn(parseJson(heard.text))?.message ?? "";
  if (/x-openclaw-session-key/i.test(message)) return finding("DB506", "honoured");
  // It has looked at the messages, and at no header before.
  return /missing user message/i.test(message)
    ? finding("DB506", "ignored")
    : finding("DB506", "untold");
}

function toolsFinding(tools: ToolsStep, isIn: boolean): Finding {
  if (!isIn) return finding("DB507", "untold");
  if (!tools.ok) return finding("DB507", "refused", { said: tools.said });
  const { value } = tools;
  return value.ok
    ? finding("DB507", "usable")
    : finding("DB507", "refused", { said: value.reason });
}

function agentsIn({ status, text }: Heard): readonly string[] | string {
  const parsed = v.safeParse(Models, parseJson(text));
  if (status !== 200 || !parsed.success) return `HTTP ${status}`;
  return parsed.output.data.flatMap(({ id }) => AGENT.exec(id)?.[1]?.toLowerCase() ?? []);
}

/** Whether the gateway has every agent that the configuration can send to. */
export function agentsFinding(
  look: GatewayLook,
  wanted: readonly string[],
  account: string | undefined,
): Finding {
  const who = account === undefined ? {} : { account };
  const { agents: has } = look;
  if (has === undefined) return finding("DB505", "away", {}, who);
  if (typeof has === "string") return finding("DB505", "untold", { said: has }, who);
  if (has.length === 0) return finding("DB505", "untold", { said: "[]" }, who);
  const missing = wanted.filter((agent) => !has.includes(agent.toLowerCase()));
  const facts: Facts = { agents: has.join(", "), missing: missing.join(", ") };
  if (missing.length > 0) return finding("DB505", "unknown", facts, who);
  return finding("DB505", "known", { agents: wanted.join(", ") }, who);
}

/** What makes two robots' gateways one. */
export const gatewayKey = ({ gateway: { url, token } }: AccountConfig): string =>
  JSON.stringify([url, token ?? null]);

const authorization = (token: string | undefined): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
