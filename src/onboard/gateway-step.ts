import { pause } from "../core/dingtalk/device-flow.ts";
import type { FailureKind } from "../core/gateway/errors.ts";
import { askGateway, lookAtGateway, type Look } from "./gateway.ts";
import { ENABLE_ENDPOINT, type OpenClaw } from "./openclaw.ts";
import { findOpenClaw, runOpenClaw } from "./openclaw-cli.ts";
import { report, type Session } from "./session.ts";

/** Where the gateway is and how to get in. */
export interface GatewayAddress {
  readonly url: string;
  readonly token: string | undefined;
}

/** How long a gateway may take to take up what has been set. */
const RELOAD_MS = 15_000;
const RELOAD_PAUSE_MS = 1000;

/**
 * Looks whether the gateway takes questions and asks it one. It may be left for later: a robot without a
 * gateway keeps what it is told.
 * @param isFound whether anything but the default says where it is.
 */
export async function gatewayStep(
  session: Session,
  found: GatewayAddress & { readonly isFound: boolean; readonly agentId: string },
  openclaw: OpenClaw,
): Promise<GatewayAddress> {
  const { ui, texts, signal } = session;
  let at: GatewayAddress = { url: found.url, token: found.token };
  let look = await lookAt(session, at);
  if (!look.ok && look.kind === "unreachable" && !found.isFound && ui.isInteractive) {
    at = { ...at, url: await askUrl(session, at.url) };
    look = await lookAt(session, at);
  }
  while (!look.ok) {
    complain(session, look);
    const next = await choose(session, look, openclaw);
    if (next === "skip") {
      const isAway = look.kind === "unreachable" || look.kind === "busy";
      const text = isAway ? texts.gateway.skipped : texts.gateway.skippedIll;
      report(session, { name: "gateway", status: "skipped", text });
      return at;
    }
    if (next === "url") at = { ...at, url: await askUrl(session, at.url) };
    if (next === "token") at = { ...at, token: await askToken(session) };
    look = next === "run" ? await enable(session, at) : await lookAt(session, at);
  }
  report(session, { name: "gateway", status: "ok", text: texts.gateway.ready(at.url) });

  if (session.resumed.gatewayDone === true) return at;
  ui.say(texts.gateway.asking);
  const said = await askGateway(
    {
      ...at,
      agentId: found.agentId,
      text: "Say OK.",
      fetch: session.fetchFresh,
      clock: session.clock,
    },
    signal,
  );
  if (said.ok) {
    const text =
      said.answer === "" ? texts.gateway.silent : texts.gateway.answered(brief(said.answer));
    report(session, { name: "question", status: said.answer === "" ? "warning" : "ok", text });
  } else {
    const text = `${wordsFor(session, said.kind)}\n(${factsOf(said.reason)})`;
    report(session, { name: "question", status: "failed", text });
  }
  return at;
}

async function lookAt(session: Session, at: GatewayAddress): Promise<Look> {
  const { fetchFresh: fetch, clock, signal } = session;
  return await lookAtGateway({ ...at, fetch, clock }, signal);
}

function complain(session: Session, look: Extract<Look, { ok: false }>): void {
  const text = `${wordsFor(session, look.kind)}\n(${factsOf(look.reason)})`;
  const command = look.kind === "endpoint-off" ? `  openclaw ${ENABLE_ENDPOINT.join(" ")}` : "";
  report(session, { name: "gateway", status: "failed", text, copy: command });
}

const wordsFor = ({ texts }: Session, kind: FailureKind) =>
  texts.gateway.failures[kind] ?? texts.gateway.failed;

type Next = "retry" | "url" | "token" | "run" | "skip";

async function choose(
  { ui, texts }: Session,
  look: Extract<Look, { ok: false }>,
  openclaw: OpenClaw,
): Promise<Next> {
  const isOff = look.kind === "endpoint-off" && findOpenClaw() !== undefined;
  if (isOff && openclaw.hasComments) ui.warn(texts.gateway.dropsComments(openclaw.path));
  const canRun = isOff && !openclaw.hasComments && ui.isInteractive;
  if (!ui.isInteractive) return "skip";
  return await ui.choose<Next>(
    texts.gateway.whatNow,
    [
      ...(canRun ? [{ value: "run", label: texts.gateway.runCommand } as const] : []),
      ...(look.kind === "unauthorized"
        ? [{ value: "token", label: texts.gateway.otherToken } as const]
        : []),
      { value: "retry", label: texts.retry },
      { value: "url", label: texts.gateway.otherUrl },
      { value: "skip", label: texts.skip },
    ],
    canRun ? "run" : look.kind === "unauthorized" ? "token" : "retry",
  );
}

/** Turns the endpoint on, and waits until the gateway has noticed. */
async function enable(session: Session, at: GatewayAddress): Promise<Look> {
  const { ui, texts, clock, signal } = session;
  const program = findOpenClaw();
  const ran =
    program === undefined
      ? { ok: false, said: "openclaw" }
      : await runOpenClaw(program, ENABLE_ENDPOINT, signal);
  if (!ran.ok) {
    ui.bad(texts.gateway.notRun(ran.said));
    return await lookAt(session, at);
  }
  ui.say(texts.gateway.ran);
  const until = clock.monotonic() + RELOAD_MS;
  for (;;) {
    const look = await lookAt(session, at);
    if (look.ok || clock.monotonic() >= until) return look;
    await pause(clock, RELOAD_PAUSE_MS, signal);
  }
}

async function askUrl({ ui, texts }: Session, usual: string): Promise<string> {
  const answer = await ui.ask(texts.gateway.url, usual, (url) =>
    isAddress(url) ? undefined : texts.gateway.badUrl,
  );
  return answer.replace(/\/+$/, "");
}

async function askToken({ ui, texts }: Session): Promise<string | undefined> {
  return (await ui.askSecret(texts.gateway.token, () => undefined)) || undefined;
}

/** As the configuration takes it. */
export function isAddress(url: string): boolean {
  const parsed = URL.parse(url);
  return (
    parsed !== null &&
    /^https?:$/.test(parsed.protocol) &&
    parsed.username === "" &&
    !/[?#]/.test(url)
  );
}

const brief = (answer: string) => {
  const line = answer.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
};

/** The words above say what to do already: of the reason only what the gateway said. */
const factsOf = (reason: string) => /\(gateway: (.*)\)$/s.exec(reason)?.[1] ?? reason;
