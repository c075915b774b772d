import { COMMANDS, type Rights } from "../../../src/core/access/model.ts";
import { MAX_MESSAGES } from "../../../src/core/bridge/burst.ts";
import { createHold } from "../../../src/core/bridge/hold.ts";
import type { Step } from "../../../src/core/bridge/lanes.ts";
import type { Compose } from "../../../src/core/bridge/question.ts";
import type { Cards } from "../../../src/core/bridge/cards.ts";
import type { Reactions } from "../../../src/core/bridge/reactions.ts";
import { createRecovery } from "../../../src/core/bridge/recovery.ts";
import { createReplies } from "../../../src/core/bridge/replies.ts";
import { createShowings } from "../../../src/core/bridge/showing.ts";
import { createStops } from "../../../src/core/desk/stops.ts";
import { createTurn, type TurnOptions } from "../../../src/core/bridge/turn.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { webhookBody } from "../../../src/core/dingtalk/render.ts";
import type { Answer, Gateway, Question } from "../../../src/core/gateway/client.ts";
import type { FailureKind } from "../../../src/core/gateway/errors.ts";
import { createGate } from "../../../src/core/gateway/gate.ts";
import type { AskedBefore, Found } from "../../../src/core/gateway/history.ts";
import { NO_METER } from "../../../src/core/meter.ts";
import type { InboxEntry, Store } from "../../../src/core/store.ts";
import { TEXTS, type Locale } from "../../../src/core/texts.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { arrivalOf } from "../../support/fake-messages.ts";

export type Ask = (...given: Parameters<Gateway["ask"]>) => Promise<Answer> | Answer;

export interface Options {
  readonly locale?: Locale;
  /** Takes the place of the store's methods named in it. */
  readonly store?: (real: Store) => Partial<Store>;
  readonly halt?: AbortController;
  readonly look?: (asked: AskedBefore) => Promise<Found> | Found;
  readonly health?: () => string | undefined;
  readonly holdMs?: number;
  /** Default: the burst's words alone. */
  readonly compose?: Compose;
  readonly windowMs?: number;
  readonly onFilesDone?: (entry: InboxEntry) => Promise<void>;
  readonly mode?: "text" | "markdown" | "card" | "auto";
  /** Default: no card is ever to be had. */
  readonly cards?: Cards;
  readonly reactions?: Reactions;
  readonly slowNoticeMs?: number;
  readonly atSender?: boolean;
  /** Default: everything. */
  /** Whoever asks may talk to the robot; default: they may. */
  readonly isWelcome?: () => boolean;
  readonly rights?: Rights;
  readonly loops?: TurnOptions["loops"];
}

export const RIGHTS: Rights = { commands: COMMANDS, media: true, files: true, proactive: "any" };

export const SYSTEM = "how to write here";

const NO_REACTIONS: Reactions = {
  begin: () => ({ end: () => undefined }),
  forget: async () => undefined,
  quiet: async () => undefined,
};

export const WINDOW_MS = 3000;

export const says = (text: string, fields: Partial<Answer & { ok: true }> = {}): Answer => ({
  ok: true,
  runId: "chatcmpl_1",
  text,
  truncated: false,
  shortened: false,
  media: [],
  ...fields,
});

export const fails = (kind: FailureKind): Answer => ({
  ok: false,
  failure: { kind, reason: "because" },
});

/** What people wrote, without who, where and when; of all else its kind. */
export const wordsOnly: Compose = async (burst) => ({
  text: burst
    .map(({ said }) =>
      said.parts.map((part) => (part.kind === "text" ? part.text : `[${part.kind}]`)).join("\n"),
    )
    .join("\n\n"),
  images: [],
});

export const USAGE = { account: "default", month: "2023-11" };

/** What the stages of a turn do to each other, over a real store and with the gateway in the test's hands. */
export function turning(ask: Ask | Answer, options: Options = {}) {
  const { locale = "zh", halt = new AbortController() } = options;
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const real = openSqliteStore(":memory:");
  /** What was done, in order. */
  const order: string[] = [];
  const asked: Question[] = [];
  const looked: AskedBefore[] = [];
  const replied: string[] = [];
  const overQuota = { times: 0 };
  /** Messages whose files are of no use any more. */
  const done: string[] = [];

  const noted = <K extends "asking" | "answering" | "broken" | "settle" | "notify">(name: K) => ({
    [name]: async (...given: unknown[]) => {
      order.push(name === "asking" && given[1] === undefined ? "not asked" : name);
      const own = options.store?.(real)[name] ?? real[name];
      return await (own as (...given: unknown[]) => Promise<unknown>)(...given);
    },
  });
  const store: Store = {
    ...real,
    ...noted("asking"),
    ...noted("answering"),
    ...noted("broken"),
    ...noted("settle"),
    ...noted("notify"),
  };
  const gateway: Gateway = {
    async ask(question, events, signal) {
      order.push("ask");
      asked.push(question);
      return typeof ask === "function" ? await ask(question, events, signal) : ask;
    },
    async look(question) {
      order.push("look");
      looked.push(question);
      return (await options.look?.(question)) ?? { kind: "absent" };
    },
    reset: async () => ({ ok: true }),
    health: async () => options.health?.(),
    quiet: async () => undefined,
  };
  const gate = createGate({
    health: gateway.health,
    ledger: real,
    clock,
    random: () => 0,
    log,
    counters,
    onReady: () => undefined,
    onOpen: () => undefined,
    onRoom: () => undefined,
  });
  const holdMs = options.holdMs ?? 3_600_000;
  const texts = TEXTS[locale];
  const hold = createHold({
    gate,
    store,
    clock,
    log,
    counters,
    holdMs,
    notice: { format: "text", title: "", parts: [{ text: texts.queued }] },
    onNotice: () => undefined,
  });
  const stops = createStops();
  const showings = createShowings({
    mode: () => options.mode ?? "markdown",
    cards: options.cards ?? { begin: () => undefined },
    reactions: options.reactions ?? NO_REACTIONS,
    store,
    slow: { format: "text", title: "", parts: [{ text: texts.slow }] },
    slowNoticeMs: options.slowNoticeMs ?? 0,
    onNotice: () => undefined,
    clock,
  });
  const run = createTurn({
    system: () => SYSTEM,
    rightsOf: () => (options.isWelcome?.() === false ? undefined : (options.rights ?? RIGHTS)),
    loops: options.loops ?? { admit: () => "ok" },
    replies: createReplies({
      formatting: () => ({
        mode: options.mode === "text" ? "text" : "markdown",
        tables: "keep",
        chunkChars: 3500,
        fallbackTitle: texts.title,
      }),
      store,
      texts,
      counters,
    }),
    showings,
    stops,
    atSender: () => options.atSender ?? true,
    gateway,
    gate,
    hold,
    recovery: createRecovery({ gateway, gate, clock, timeoutMs: 1_800_000, holdMs }),
    compose: options.compose ?? wordsOnly,
    windowMs: options.windowMs ?? WINDOW_MS,
    store,
    texts,
    clock,
    random: () => 0,
    log,
    counters,
    meter: NO_METER,
    onReplies: ({ conversationId }) => void replied.push(conversationId),
    onFilesDone: options.onFilesDone ?? (async ({ msgId }) => void done.push(msgId)),
    onQuota: (usedUp: boolean) => void (overQuota.times += usedUp ? 1 : 0),
  });

  let session = "";
  let chat = { account: "default", conversationId: "" };
  const waiting = () => real.nextTurns(session, MAX_MESSAGES);
  const nextTurn = async (): Promise<InboxEntry | undefined> => (await waiting())[0];
  return {
    clock,
    log,
    counters,
    store: real,
    gate,
    hold,
    halt,
    stops,
    showings,
    run,
    order,
    asked,
    looked,
    replied,
    overQuota,
    done,
    waiting,
    nextTurn,
    async takeIn(data: string) {
      const arrival = { ...arrivalOf(data), receivedAt: clock.now(), outageMs: gate.outageMs() };
      ({ chat } = arrival);
      const [admission] = await real.takeIn([arrival], [], USAGE);
      session = admission?.session ?? "";
    },
    /** The session's next step: what it says, or the error it ends with. */
    async step(): Promise<Step | Error> {
      return await run(await waiting(), halt.signal).catch((error: unknown) => error as Error);
    },
    /** What lies in the outbox. */
    async replies() {
      return (await real.nextReplies(chat, 100)).map(({ message }) => message);
    },
    /** The same as webhook bodies. */
    async bodies() {
      const replies = await real.nextReplies(chat, 100);
      return replies.map(({ message }) => JSON.parse(webhookBody(message) ?? "null") as unknown);
    },
  };
}

export const text = (content: string) => ({ msgtype: "text", text: { content } });

export const SESSION = "agent:main:dingtalk:user:staff1";

/** Takes one message in, runs its turn once and tells what came of it. */
export async function turnOf(data: string, answer: Ask | Answer, options: Options = {}) {
  const turn = turning(answer, options);
  await turn.takeIn(data);
  const step = await turn.step();
  const { inbox } = await turn.store.counts();
  return { ...turn, step, inbox, bodies: await turn.bodies(), counters: turn.counters.read() };
}
