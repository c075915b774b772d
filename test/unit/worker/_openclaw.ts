import { jsonResponse, networkError, type FakeCall } from "../../support/fake-fetch.ts";
import {
  DONE,
  createFakeStream,
  delta,
  finish,
  opening,
  streamError,
  type FakeStream,
} from "../../support/fake-stream.ts";
import { answer, recordsOf, resumePrompt, user, type HistoryEntry } from "../gateway/_history.ts";

/** One turn at the gateway, in the test's hands. */
export interface FakeTurn {
  readonly session: string;
  /** What it was asked, without the lines that say who writes, where and when. */
  readonly text: string;
  /** The same with them. */
  readonly question: string;
  readonly images: readonly string[];
  readonly runId: string;
  readonly signal: AbortSignal | undefined;
  readonly stream: FakeStream;
  /** The first words. */
  say(words: string): void;
  /** The answer, and the end. */
  end(words: string): void;
  fail(message: string): void;
  /** The answer into the records alone: whoever asked is gone. */
  endUnheard(words: string): void;
  /** The connection dies; the gateway is at it, or not. */
  breakOff(how?: { readonly goesOn: boolean }): void;
}

export const refused = () => networkError("ECONNREFUSED");
export const draining = () =>
  jsonResponse(
    503,
    {
      error: {
        message: "Gateway is temporarily unavailable while suspending or restarting",
        type: "service_unavailable",
        code: "gateway_unavailable",
      },
    },
    { "retry-after": "1" },
  );
/** Turns are taken already, and take their time. */
export const starting = (path: string): Response | undefined => {
  if (path === "/readyz") return jsonResponse(503, { ready: false, failing: ["startup-sidecars"] });
  if (path === "/tools/invoke") return jsonResponse(500, { ok: false, error: { type: "error" } });
  return undefined;
};

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

function questionIn(body: string): { question: string; images: string[] } {
  const { messages } = JSON.parse(body) as { messages: { content: string | Part[] }[] };
  const content = messages.at(-1)?.content ?? "";
  if (typeof content === "string") return { question: content, images: [] };
  return {
    question: content.map(({ text = "" }) => text).join(""),
    images: content.flatMap((part) => part.image_url?.url ?? []),
  };
}

/** The context block: it stands before a person's words, or after the line that says they come again. */
const CONTEXT = /^From: .*\n(?:Group: .*\n)?(?:Mentioned: .*\n)?Time: .*\n\n/m;

/** A gateway that keeps records as the real one does. It outlives the workers that ask it. */
export function createFakeOpenClaw(now: () => number) {
  const histories = new Map<string, HistoryEntry[]>();
  const turns: FakeTurn[] = [];
  const atWork = new Map<string, FakeTurn>();
  const state = {
    /** What it answers where it is not well. */
    away: undefined as ((path: string) => Response | Error | undefined) | undefined,
    /** What every turn fails with inside its stream. */
    error: undefined as string | undefined,
    /** Turns are answered at once with "re: " and their text; else they wait for the test. */
    prompt: true,
  };
  /** Questions asked while the session was still at another: they would be answered twice, or out of order. */
  const hasty: string[] = [];

  const take = (call: FakeCall): Response => {
    const session = call.headers.get("x-openclaw-session-key") ?? "";
    const key = session.toLowerCase();
    const { question, images } = questionIn(call.body);
    const text = question.replace(CONTEXT, "");
    const runId = `chatcmpl_${turns.length + 1}`;
    const stream = createFakeStream();
    const entries = histories.get(key) ?? [];
    histories.set(key, entries);
    const over = () => void (atWork.get(key) === turn && atWork.delete(key));
    const turn: FakeTurn = {
      session,
      text,
      question,
      images,
      runId,
      signal: call.signal,
      stream,
      say: (words) => stream.write(delta(words, runId)),
      end(words) {
        turn.endUnheard(words);
        stream.write(`${delta(words, runId)}${finish("stop", runId)}${DONE}`);
        stream.end();
      },
      fail(message) {
        over();
        stream.write(`${streamError(message)}${DONE}`);
        stream.end();
      },
      endUnheard(words) {
        over();
        entries.push(answer(words, runId));
      },
      breakOff({ goesOn } = { goesOn: false }) {
        if (!goesOn) over();
        stream.break(new TypeError("terminated", { cause: new Error("other side closed") }));
      },
    };
    turns.push(turn);
    stream.write(opening(runId));
    if (state.error !== undefined) {
      turn.fail(state.error);
    } else {
      if (atWork.has(key)) hasty.push(text);
      // Who hangs up ends the run.
      call.signal?.addEventListener("abort", over, { once: true });
      entries.push(user(question, now()));
      atWork.set(key, turn);
      if (state.prompt) turn.end(`re: ${text}`);
    }
    return stream.response(call.signal);
  };

  return {
    state,
    turns,
    hasty,
    /** The turns under way. */
    atWork: () => [...atWork.values()],
    last: () => turns.at(-1) as FakeTurn,
    /** The texts asked, in order. */
    texts: () => turns.map(({ text }) => text),
    /** Dies in the middle of all it does. */
    crash() {
      state.away = refused;
      for (const turn of atWork.values()) turn.breakOff({ goesOn: true });
    },
    /** Is back and goes on by itself with what it was at. */
    resume() {
      state.away = undefined;
      for (const key of atWork.keys()) histories.get(key)?.push(resumePrompt(now()));
    },
    /** Is back with nothing under way: what ran is over without an answer. */
    restart() {
      state.away = undefined;
      for (const turn of atWork.values()) turn.breakOff();
      atWork.clear();
    },
    /** Who asked is gone: what ran is over without an answer. */
    abandon: () => atWork.clear(),
    answer(call: FakeCall): Response | Error {
      const { pathname } = new URL(call.url);
      const unwell = state.away?.(pathname);
      if (unwell !== undefined) return unwell;
      if (pathname === "/readyz") return jsonResponse(200, { ready: true, failing: [] });
      if (pathname === "/v1/chat/completions") return take(call);
      const { args } = JSON.parse(call.body) as { args: { sessionKey?: string } };
      const rows = [...atWork.keys()].map((key) => ({ key, status: "running" }));
      const entries = histories.get(args.sessionKey?.toLowerCase() ?? "");
      return recordsOf({ entries, active: rows, rows })(call);
    },
  };
}

export type FakeOpenClaw = ReturnType<typeof createFakeOpenClaw>;
