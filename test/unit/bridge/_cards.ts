import { createCards } from "../../../src/core/bridge/cards.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { CARD_CALLS, type CardApi } from "../../../src/core/dingtalk/card.ts";
import type { CardResult } from "../../../src/core/dingtalk/card-errors.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Words } from "../../../src/core/message.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

export const direct: Chat = { account: "a", kind: "direct", conversationId: "c1", userId: "u1" };
export const group: Chat = { account: "a", kind: "group", conversationId: "c2", userId: undefined };

export interface CardCall {
  readonly what: "create" | "stream" | "finish";
  readonly id: string;
  readonly text: string;
  /** Ms since the start. */
  readonly at: number;
  readonly asker?: string | undefined;
}

export interface Carding {
  /** What DingTalk says; undefined: it does what it is told. */
  readonly answer?: (call: CardCall, calls: readonly CardCall[]) => CardResult | undefined;
  readonly latencyMs?: number;
  readonly perSecond?: number;
  readonly maxChars?: number;
  readonly hint?: string;
  readonly allows?: () => boolean;
  readonly cardOpened?: () => Promise<void>;
}

export const ok: CardResult = { ok: true };
export const lost = (): CardResult => ({
  ok: false,
  failure: "retry",
  reason: "no answer",
  uncertain: true,
});
export const refused = (more: object = {}): CardResult => ({
  ok: false,
  failure: "final",
  reason: "refused",
  ...more,
});
export const tooFast = (waitMs = 1000): CardResult => ({
  ok: false,
  failure: "retry",
  reason: "rate limit",
  waitMs,
});

/** Cards in a chat that is only imagined: `chat` is what people see, `calls` what DingTalk was asked. */
export function carding(options: Carding = {}) {
  const { latencyMs = 50, perSecond = 15, maxChars = 1000, hint } = options;
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const throttle = createThrottle({ perSecond, clock });
  const stop = new AbortController();
  const start = clock.monotonic();
  const calls: CardCall[] = [];
  /** Every call that left, those a `finish` is made of each for itself. */
  const left: number[] = [];
  const chat = new Map<string, { text: string; finished: boolean }>();
  const rows = new Set<string>();
  let inFlight = 0;
  let spent = 0;
  let id = 0;

  const leaves = async (signal: AbortSignal): Promise<boolean> => {
    left.push(clock.monotonic() - start);
    await new Promise<void>((resolve) => {
      const timer = clock.after(latencyMs, resolve);
      signal.addEventListener("abort", () => {
        timer.cancel();
        resolve();
      });
    });
    return !signal.aborted;
  };

  const call = async (
    made: Omit<CardCall, "at">,
    signal: AbortSignal,
    act: () => void,
  ): Promise<CardResult> => {
    const noted = { ...made, at: clock.monotonic() - start };
    calls.push(noted);
    inFlight++;
    try {
      if (!(await leaves(signal))) return lost();
      const answer = options.answer?.(noted, calls);
      if (answer?.ok === false) return answer;
      act();
      return (
        answer ?? {
          ok: true,
          ...(made.what === "create" ? { processQueryKey: `key-${made.id}` } : {}),
        }
      );
    } finally {
      inFlight--;
    }
  };

  const api: CardApi = {
    ready: async () => {},
    create: ({ outTrackId, text, asker }, signal) => {
      if (!rows.has(outTrackId)) throw new Error("made before it was committed");
      const made = { what: "create", id: outTrackId, text, asker: asker?.nick } as const;
      return call(made, signal, () => chat.set(outTrackId, { text, finished: false }));
    },
    stream: ({ outTrackId, text }, _guid, signal) =>
      call({ what: "stream", id: outTrackId, text }, signal, () =>
        chat.set(outTrackId, { text, finished: false }),
      ),
    async finish(outTrackId, text, signal) {
      const result = await call({ what: "finish", id: outTrackId, text }, signal, () =>
        chat.set(outTrackId, { text, finished: true }),
      );
      if (!result.ok) return result;
      await throttle.take(CARD_CALLS, signal);
      return (await leaves(signal)) ? result : lost();
    },
  };

  const words = (piece: string): Words => ({
    format: "markdown",
    title: "t",
    parts: [{ text: piece }],
  });

  const cards = createCards({
    api,
    store: {
      async cardOpened({ outTrackId }) {
        await options.cardOpened?.();
        rows.add(outTrackId);
      },
      async cardGone(outTrackId) {
        rows.delete(outTrackId);
      },
    },
    pieces: (text) => split(text, maxChars),
    words,
    throttle,
    budget: {
      allows: options.allows ?? (() => true),
      async spend() {
        spent++;
      },
    },
    intervalMs: 800,
    clock,
    random: () => 0,
    newId: () => `id${++id}`,
    log,
    counters,
    ...(hint === undefined ? {} : { hint: () => hint }),
  });

  const begin = (where: Chat = direct) => {
    const card = cards.begin(where, { userId: "u1", nick: "小明" }, log);
    if (card === undefined) throw new Error("no card");
    return card;
  };

  return {
    cards,
    begin,
    clock,
    log,
    counters,
    throttle,
    stop,
    api,
    calls,
    left,
    chat,
    rows,
    words,
    /** What a call was about, in short. */
    said: () => calls.map(({ what, id: card, text }) => `${what} ${card} ${text}`),
    seen: () => [...chat.values()].map(({ text }) => text),
    get inFlight() {
      return inFlight;
    },
    get spent() {
      return spent;
    },
  };
}

/** Whole lines, as many as fit; a block of code that is cut is closed and goes on as one. */
function split(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  let lines: string[] = [];
  let fenced = false;
  for (const line of text.split("\n")) {
    if (lines.length > 0 && [...lines, line].join("\n").length > maxChars) {
      pieces.push([...lines, ...(fenced ? ["```"] : [])].join("\n"));
      lines = fenced ? ["```"] : [];
    }
    if (line.startsWith("```")) fenced = !fenced;
    lines.push(line);
  }
  return [...pieces, lines.join("\n")].filter((piece) => piece !== "");
}
