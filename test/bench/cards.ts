import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeName } from "../support/runtimes.ts";
import { startCardRig, type Asked, type CardRig, type Held } from "./card-rig.ts";
import { mostWithin, watchStalls } from "./stalls.ts";
import { median, spread, type Spread } from "./statistics.ts";
import type { Writing } from "./streaming.ts";
import { atMost, fixed, verdict, type Row } from "./table.ts";

const IDLE_MS = 3000;
const WARM_UP = 10;
const TURNS = 100;
const TURN_MS = 15_000;
/** Between two single turns, of three or four calls each: the throttle never holds one back. */
const REST_MS = 500;
const CARDS = 200;
/** From the first question to the last card's last state: the throttle lets some 13 calls a second through. */
const CROWD_MS = 180_000;
/** Whether an answer comes a second time. */
const AFTERWARDS_MS = 3000;
const SECOND_MS = 1000;
const TARGETS = { firstMs: 150, calls: 15 };

export interface CardsResult {
  readonly runtime: RuntimeName;
  /** From the gateway's first chunk to a card with it, in ms. */
  readonly first: Spread;
  readonly firstMax: number;
  readonly crowd: Crowd;
}

interface Crowd {
  readonly held: readonly Held[];
  /** As `first`, of the cards that were to wait for each other. Without those that never came. */
  readonly first: readonly number[];
  /** Calls about cards in any one second, at most, as they came in. */
  readonly calls: number;
  /** The same without the seconds in which this process could not tell when they came. */
  readonly clearCalls: number;
  /** How long it could not at worst, in ms. */
  readonly stallMs: number;
  readonly refused: number;
  /** From the first question to the last chunk, and to the last answer's last state, in ms. */
  readonly writtenMs: number;
  readonly finalMs: number | undefined;
}

/** Single turns first, then many cards at once. */
export async function measureCards(runtime: RuntimeName): Promise<CardsResult> {
  const rig = await startCardRig(runtime, write);
  try {
    await rig.connected;
    await sleep(IDLE_MS);
    const first = await measureFirst(rig);
    await sleep(IDLE_MS);
    const crowd = await measureCrowd(rig);
    return { runtime, first: spread(first), firstMax: Math.max(...first), crowd };
  } finally {
    await rig.stop();
  }
}

/** A card's markdown is word for word the same. */
function write(name: string): Writing {
  const chunksOf = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      at === 0
        ? `回答 ${name}：`
        : `第 ${at} 步已经完成，镜像仓库的凭证没有问题，节点的磁盘也够用。${at % 8 === 0 ? "\n\n" : ""}`,
    );
  return name.startsWith("crowd")
    ? { chunks: chunksOf(41).concat("完。"), everyMs: 240 }
    : { chunks: chunksOf(9).concat("完。"), everyMs: 40 };
}

const delayOf = ({ firstChunkAt, shownAt = NaN }: Asked) => shownAt - firstChunkAt;

async function measureFirst(rig: CardRig): Promise<number[]> {
  const delays: number[] = [];
  for (let turn = -WARM_UP; turn < TURNS; turn++) {
    const name = `single${turn + WARM_UP}`;
    const asked = await Promise.race([rig.ask(name), sleep(TURN_MS)]);
    if (asked === undefined) throw new Error(`${name} gets no answer`);
    if (rig.held(name).cards !== 1) throw new Error(`${name} gets no card`);
    if (turn >= 0) delays.push(delayOf(asked));
    await sleep(REST_MS);
  }
  return delays;
}

async function measureCrowd(rig: CardRig): Promise<Crowd> {
  const names = Array.from({ length: CARDS }, (_, at) => `crowd${at}`);
  const refusedBefore = rig.refused();
  const watch = watchStalls();
  const from = Date.now();
  const start = performance.now();
  await Promise.race([Promise.all(names.map(rig.ask)), sleep(CROWD_MS)]);
  await sleep(AFTERWARDS_MS);
  const stalls = watch.stop();
  const times = rig.callTimes(from);
  const asked = names.flatMap((name) => rig.asked(name) ?? []);
  const finals = asked.map(({ finalAt }) => finalAt);
  return {
    held: names.map(rig.held),
    first: asked.map(delayOf).filter((ms) => !Number.isNaN(ms)),
    calls: mostWithin(SECOND_MS, times),
    clearCalls: mostWithin(SECOND_MS, times, stalls),
    stallMs: Math.max(0, ...stalls.map(({ from, to }) => to - from)),
    refused: rig.refused() - refusedBefore,
    writtenMs: Math.max(...asked.map(({ lastChunkAt }) => lastChunkAt)) - start,
    finalMs: finals.some(Number.isNaN) ? undefined : Math.max(...finals) - start,
  };
}

const seconds = (ms: number | undefined) => fixed(ms === undefined ? undefined : ms / 1000, 1);
const count = ({ crowd }: CardsResult, which: (held: Held) => boolean) =>
  crowd.held.filter(which).length;
const once = ({ cards, messages }: Held) => cards + messages === 1;

export const CARDS_ROWS: readonly Row<CardsResult>[] = [
  [
    "first token → first card text (ms, p50 / p99 / max)",
    ({ first, firstMax }) => [first.p50, first.p99, firstMax].map((ms) => fixed(ms, 1)).join(" / "),
  ],
  ["  target (p99)", ({ first }) => atMost(TARGETS.firstMs, [first.p99])],
  ["200 at once: calls in any one second, at most", ({ crowd }) => fixed(crowd.calls)],
  ["  target", ({ crowd }) => atMost(TARGETS.calls, [crowd.calls])],
  [
    "  without seconds this process stalled in; its longest stall (ms)",
    ({ crowd }) => `${crowd.clearCalls}; ${fixed(crowd.stallMs)}`,
  ],
  ["  calls refused", ({ crowd }) => `${crowd.refused} ${verdict(crowd.refused === 0)}`],
  [
    "  answers: in a finished card, as a message",
    (of) => `${count(of, ({ cards }) => cards > 0)}, ${count(of, ({ messages }) => messages > 0)}`,
  ],
  [
    "  there exactly once, with nothing else",
    (of) => {
      const right = count(of, (held) => once(held) && held.others === 0);
      return `${right} ${verdict(right === CARDS)}`;
    },
  ],
  [
    "  first token → first card text (s, median / max)",
    ({ crowd: { first } }) => `${seconds(median(first))} / ${seconds(Math.max(...first))}`,
  ],
  [
    "  updates of a card while it is written (fewest / median / most)",
    ({ crowd }) => {
      const updates = crowd.held.map((held) => held.updates);
      return `${Math.min(...updates)} / ${median(updates)} / ${Math.max(...updates)}`;
    },
  ],
  [
    "  first question → last token; all final (s)",
    ({ crowd }) => `${seconds(crowd.writtenMs)}; ${seconds(crowd.finalMs)}`,
  ],
];
