import type { Clock } from "../core/clock.ts";
import type { Counters } from "../core/counters.ts";
import type { Readiness } from "../core/http/app.ts";
import { reasonOf } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import { VERSION } from "../version.ts";
import type { Account } from "./account.ts";
import type { AccountSnapshot, Snapshot } from "./snapshot.ts";

/** A link that DingTalk wishes to replace may take this long about it. */
const CHANGING_MS = 10_000;
/** Failed replies that /status shows. */
const FAILURES_SHOWN = 20;

export interface ReportOptions {
  readonly accounts: () => readonly Account[];
  readonly runtime: string;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** How the worker is: `readiness` for machines, `status` for people and tools, `snapshot` for metrics. */
export function createReport({ accounts, runtime, store, counters, clock }: ReportOptions) {
  const startedAt = clock.now();

  const intakeProblem = () =>
    accounts()
      .map(({ works }) => works.intake.problem)
      .find((problem) => problem !== null) ?? null;

  const streamProblem = ({ stream }: Account): string | undefined => {
    const { state, problem, generation, since } = stream.status();
    // While one link replaces another at DingTalk's wish, the old one is still there.
    const changing = state === "connecting" && generation > 1 && problem === null;
    if (state === "connected" || (changing && clock.now() - since < CHANGING_MS)) return undefined;
    return problem?.reason ?? state;
  };

  const readiness = async (): Promise<Readiness> => {
    const failing = accounts().flatMap((account) => {
      const reason = streamProblem(account);
      return reason === undefined ? [] : [{ part: `stream ${account.id}`, reason }];
    });
    const storeProblem = await store.probe().then(intakeProblem, reasonOf);
    if (storeProblem !== null) failing.push({ part: "store", reason: storeProblem });
    return { ready: failing.length === 0, failing };
  };

  const accountStatus = async ({ config, stream, works }: Account) => ({
    clientId: config.clientId,
    ...(config.name === undefined ? {} : { name: config.name }),
    stream: stream.status(),
    gateway: works.gate.status(),
    turns: works.turns(),
    budget: await works.budget.status().catch(reasonOf),
    access: {
      dmPolicy: config.dmPolicy,
      groupPolicy: config.groupPolicy,
      // Whoever writes directly is taken for the owner of the machine behind the agent.
      unowned: works.unowned,
    },
  });

  const status = async () => ({
    version: VERSION,
    runtime,
    startedAt,
    accounts: Object.fromEntries(
      await Promise.all(
        accounts().map(async (account) => [account.id, await accountStatus(account)] as const),
      ),
    ),
    readiness: await readiness(),
    // Of all of them.
    turns: total(accounts().map(({ works }) => works.turns())),
    store: await store
      .counts()
      .then((counts) => ({ ...counts, problem: intakeProblem() }), reasonOf),
    failedReplies: await store.failedReplies(FAILURES_SHOWN).catch(reasonOf),
    counters: counters.read(),
  });

  const snapshot = async (): Promise<Snapshot> => ({
    accounts: await Promise.all(accounts().map(accountSnapshot)),
    store: await store.counts().catch(() => undefined),
    ready: (await readiness()).ready,
    counters: counters.read(),
    now: clock.now(),
  });

  return { readiness, status, snapshot };
}

async function accountSnapshot({ id, stream, works }: Account): Promise<AccountSnapshot> {
  const { links, lastFrameAt } = stream.status();
  const budget = await works.budget.status().catch(() => undefined);
  return {
    id,
    connected: links.filter(({ state }) => state === "connected").length,
    links: links.length,
    lastFrameAt,
    gatewayOpen: works.gate.state === "open",
    turns: works.turns(),
    // Nothing but these: each is measured under its name.
    budget: budget === undefined ? undefined : { api: budget.api, stream: budget.stream },
  };
}

type Turns = ReturnType<Account["works"]["turns"]>;

const total = (each: readonly Turns[]): Turns => ({
  running: sum(each.map(({ running }) => running)),
  waiting: sum(each.map(({ waiting }) => waiting)),
  held: sum(each.map(({ held }) => held)),
});

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
