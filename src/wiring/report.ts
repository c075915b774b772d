import type { Budget } from "../core/bridge/budget.ts";
import type { Intake } from "../core/bridge/intake.ts";
import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import type { Gate } from "../core/gateway/gate.ts";
import type { Readiness } from "../core/http/app.ts";
import { reasonOf } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import type { Stream } from "../core/stream/stream.ts";
import { VERSION } from "../version.ts";

/** A link that DingTalk wishes to replace may take this long about it. */
const CHANGING_MS = 10_000;
/** Failed replies that /status shows. */
const FAILURES_SHOWN = 20;

export interface ReportOptions {
  readonly account: string;
  readonly clientId: string;
  readonly runtime: string;
  readonly stream: Stream;
  readonly intake: Intake;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly store: Store;
  readonly turns: () => {
    readonly running: number;
    readonly waiting: number;
    readonly held: number;
  };
  readonly counters: Counters;
  readonly clock: Clock;
}

/** How the worker is: `readiness` for machines, `status` for people and tools. */
export function createReport(options: ReportOptions) {
  const { account, clientId, stream, intake, budget, gate, store, counters, clock } = options;
  const startedAt = clock.now();

  const readiness = async (): Promise<Readiness> => {
    const { state, problem, generation, since } = stream.status();
    const failing: { part: string; reason: string }[] = [];
    // While one link replaces another at DingTalk's wish, the old one is still there.
    const changing = state === "connecting" && generation > 1 && problem === null;
    if (state !== "connected" && !(changing && clock.now() - since < CHANGING_MS)) {
      failing.push({ part: `stream ${account}`, reason: problem?.reason ?? state });
    }
    const storeProblem = await store.probe().then(() => intake.problem, reasonOf);
    if (storeProblem !== null) failing.push({ part: "store", reason: storeProblem });
    return { ready: failing.length === 0, failing };
  };

  const status = async () => ({
    version: VERSION,
    runtime: options.runtime,
    startedAt,
    accounts: {
      [account]: {
        clientId,
        stream: stream.status(),
        budget: await budget.status().catch(reasonOf),
      },
    },
    gateway: gate.status(),
    readiness: await readiness(),
    store: await store
      .counts()
      .then((counts) => ({ ...counts, problem: intake.problem }), reasonOf),
    turns: options.turns(),
    failedReplies: await store.failedReplies(FAILURES_SHOWN).catch(reasonOf),
    counters: counters.read(),
  });

  return { readiness, status };
}
