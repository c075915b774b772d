import type { RuntimeName } from "../support/runtimes.ts";
import { silentFor, startAnswering, startEndless } from "./answering.ts";
import { startGenerator, type Generator, type Target } from "./load-generator.ts";
import { runBridge, runScript } from "./processes.ts";
import { median, percentile } from "./statistics.ts";
import { atMost, fixed, type Row } from "./table.ts";

const PER_SECOND = 1000;
const ROUNDS = 5;
const ROUND_MS = 4000;
const WARM_UP_MS = 5000;
const SESSIONS = 1000;
/** How long a turn of the busy worker takes: so many end each second that all of its places stay taken. */
const turnMs = () => 10_000 + Math.random() * 20_000;
const TARGET_P99_MS = 10;

/** From a frame's send to its ack, in ms. */
interface Round {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly lateMs: number;
}

export interface AcksResult {
  readonly runtime: RuntimeName;
  /** All messages of one session whose turn never ends: the intake alone. */
  readonly quiet: readonly Round[];
  /** In turns with these: a client that only acks. */
  readonly reference: readonly Round[];
  /** Messages of 1 000 sessions, each with a turn in flight: what the worker does at its limit. */
  readonly busy: readonly Round[];
  /** Turns that ended while the busy rounds lasted. */
  readonly turns: number;
}

const round = async (generator: Generator, target: Target, ms = ROUND_MS): Promise<Round> => {
  const { acks, lateMs } = await generator.pushPaced(target, PER_SECOND, ms);
  return { p50: median(acks), p99: percentile(acks, 0.99), max: Math.max(...acks), lateMs };
};

/** How long an ack takes under an even load, with the commit before it. */
export async function measureAcks(runtime: RuntimeName): Promise<AcksResult> {
  const generator = await startGenerator();
  try {
    const alone = await measureAlone(runtime, generator);
    return { runtime, ...alone, ...(await measureBusy(runtime, generator)) };
  } finally {
    await generator.stop();
  }
}

async function measureAlone(runtime: RuntimeName, generator: Generator) {
  const { url } = generator;
  const endless = startEndless();
  const client = runScript(runtime, "ack-client.ts", [url, "reference"]);
  const bridge = runBridge({
    runtime,
    clientId: "quiet",
    api: url,
    oapi: url,
    gateway: endless.url,
  });
  try {
    for (const name of ["quiet", "reference"]) await round(generator, { client: name }, WARM_UP_MS);
    const quiet: Round[] = [];
    const reference: Round[] = [];
    while (quiet.length < ROUNDS) {
      quiet.push(await round(generator, { client: "quiet" }));
      reference.push(await round(generator, { client: "reference" }));
    }
    return { quiet, reference };
  } finally {
    await Promise.all([bridge.stop(), client.stop(), endless.stop()]);
  }
}

async function measureBusy(runtime: RuntimeName, generator: Generator) {
  const answering = startAnswering(silentFor(turnMs));
  const bridge = runBridge({
    runtime,
    clientId: "busy",
    api: generator.url,
    oapi: answering.url,
    gateway: answering.url,
  });
  const ended = async () => (await bridge.counters())["turns_answered"] ?? 0;
  try {
    const target = { client: "busy", webhook: answering.url, sessions: SESSIONS };
    // Turns begin to end after 10 s only: the rounds are to see both their beginning and their end.
    await round(generator, target, 2 * WARM_UP_MS);
    const before = await ended();
    const busy: Round[] = [];
    while (busy.length < ROUNDS) busy.push(await round(generator, target));
    return { busy, turns: (await ended()) - before };
  } finally {
    await bridge.stop();
    await answering.stop();
  }
}

const middle = (rounds: readonly Round[], field: keyof Round) =>
  median(rounds.map((each) => each[field]));
const worst = (rounds: readonly Round[], field: keyof Round) =>
  Math.max(...rounds.map((each) => each[field]));
const all = (rounds: readonly Round[]) =>
  `${fixed(middle(rounds, "p50"), 2)} / ${fixed(middle(rounds, "p99"), 2)} / ${fixed(worst(rounds, "max"), 1)}`;
const span = (rounds: readonly Round[]) =>
  `${fixed(Math.min(...rounds.map(({ p99 }) => p99)), 2)}–${fixed(worst(rounds, "p99"), 2)}`;

export const ACKS_ROWS: readonly Row<AcksResult>[] = [
  ["a client that only acks (ms, p50 / p99 / max)", ({ reference }) => all(reference)],
  ["  p99, round by round", ({ reference }) => span(reference)],
  ["dingbridge, no turns (ms, p50 / p99 / max)", ({ quiet }) => all(quiet)],
  ["  p99, round by round", ({ quiet }) => span(quiet)],
  [
    "  beside that client (p50 / p99)",
    ({ quiet, reference }) =>
      (["p50", "p99"] as const)
        .map((field) => `${fixed(middle(quiet, field) / middle(reference, field), 1)} ×`)
        .join(" / "),
  ],
  ["dingbridge, 1 000 turns in flight (ms)", ({ busy }) => all(busy)],
  ["  p99, round by round", ({ busy }) => span(busy)],
  ["  turns that ended a second", ({ turns }) => fixed((turns * 1000) / (ROUNDS * ROUND_MS))],
  [
    "p99, target (ms)",
    ({ quiet, busy }) => atMost(TARGET_P99_MS, [middle(quiet, "p99"), middle(busy, "p99")]),
  ],
  [
    "generator late by at most (ms)",
    ({ quiet, reference, busy }) => fixed(worst([...quiet, ...reference, ...busy], "lateMs"), 1),
  ],
];
