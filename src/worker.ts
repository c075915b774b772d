import type { Timer } from "./core/clock.ts";
import type { AccountConfig, Config } from "./core/config/schema.ts";
import { createCounters } from "./core/counters.ts";
import { createApp } from "./core/http/app.ts";
import { reasonOf } from "./core/log.ts";
import { isLoopback } from "./core/network.ts";
import { createCronDelivery } from "./core/send/cron.ts";
import { createSending } from "./core/send/sending.ts";
import { TEXTS } from "./core/texts.ts";
import { createAccount, type Account } from "./wiring/account.ts";
import type { Change } from "./wiring/changes.ts";
import { notesOf } from "./wiring/notes.ts";
import type { WorkerPorts } from "./wiring/ports.ts";
import { createMayDeliver } from "./wiring/proactive.ts";
import { createReport } from "./wiring/report.ts";

/** Edge-style: `fetch` answers HTTP requests, whoever serves them. */
export interface Worker {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Takes up what an earlier process left and connects. */
  start(): Promise<void>;
  /**
   * Works by this configuration from now on, as far as it is about robots: links stay up unless their own
   * keys have changed. The rest is the process's. Resolves when that is done, one line for each robot.
   */
  reload(config: Config): Promise<readonly string[]>;
  /** Stops taking in, lets what runs finish for some seconds, parks the rest in the store. */
  stop(): Promise<void>;
  status(): Promise<unknown>;
}

const TOLD: Readonly<Record<Change, string>> = {
  nothing: "nothing changed",
  access: "who may talk changed",
  works: "settings changed, the connection stayed",
  links: "connected anew",
};

/** Messages that others asked to be sent and that may wait. */
const SUBMISSIONS = 10_000;
const PRUNE_EVERY_MS = 10 * 60_000;

/** Joins the robots, which share the store, and the HTTP API, which serves them all. */
export function createWorker(config: Config, ports: WorkerPorts): Worker {
  const { clock, store, audit, log } = ports;
  const counters = createCounters();
  const robots = new Set<string>();
  const halt = new AbortController();
  let pruning: Timer | undefined;

  const several = config.accounts.length > 1;
  const accountFor = (each: AccountConfig): Account => {
    const own = {
      ...ports,
      store: notesOf(store, each.id),
      log: several || each.id !== "default" ? log.child(each.id) : log,
    };
    return createAccount({ config: each, ports: own, counters, robots });
  };
  const accounts = new Map(config.accounts.map((each) => [each.id, accountFor(each)]));

  const sending = createSending({
    store,
    accounts,
    defaultAccount: config.defaultAccount,
    newId: () => crypto.randomUUID(),
    clock,
    limit: SUBMISSIONS,
    audit,
    counters,
    log: log.child("send"),
    signal: halt.signal,
  });

  const { readiness, status, snapshot } = createReport({
    accounts: () => [...accounts.values()],
    runtime: ports.runtime,
    store,
    counters,
    clock,
  });

  const app = createApp({
    readiness,
    status,
    metrics: async () => await ports.metrics.render(await snapshot()),
    token: isLoopback(config.http.host) ? null : config.http.token,
    apiToken: config.http.token,
    sending,
    cron: createCronDelivery({
      store,
      sending,
      textsOf: (account) => TEXTS[accounts.get(account)?.config.locale ?? "zh"],
      mayDeliver: createMayDeliver(accounts),
      clock,
    }),
    log: log.child("http"),
  });

  const prune = () => {
    pruning = clock.after(PRUNE_EVERY_MS, prune);
    store.prune(clock.now()).catch((error: unknown) => {
      log.warn("tidying up the store failed", { reason: reasonOf(error) });
    });
  };

  const tellOfOthers = async () => {
    for (const { account, messages } of await store.accountsWaiting()) {
      if (accounts.has(account)) continue;
      log.warn(
        "messages wait for a robot that does not run: enable its account to have them answered",
        {
          account,
          messages,
        },
      );
    }
  };

  const reload = async (next: Config): Promise<readonly string[]> => {
    const wanted = new Map(next.accounts.map((each) => [each.id, each]));
    const gone = [...accounts.values()].filter(({ id }) => !wanted.has(id));
    const told = await Promise.all([
      ...gone.map(async (account) => {
        accounts.delete(account.id);
        await account.stop();
        return `${account.id}: stopped`;
      }),
      ...next.accounts.map(async (each) => {
        const known = accounts.get(each.id);
        if (known !== undefined) return `${each.id}: ${TOLD[await known.reload(each)]}`;
        const account = accountFor(each);
        accounts.set(each.id, account);
        await account.start();
        return `${each.id}: started`;
      }),
    ]);
    return told;
  };

  /** One after the other: a file may be saved again before the last change is through. */
  let reloading: Promise<unknown> = Promise.resolve();

  const all = async (act: (account: Account) => Promise<void>) =>
    void (await Promise.all([...accounts.values()].map(act)));

  return {
    fetch: (request) => app.fetch(request),
    async start() {
      prune();
      await accounts.values().next().value?.works.sweep();
      await tellOfOthers();
      await all((account) => account.start());
    },
    reload(next) {
      const done = reloading.then(() => reload(next));
      reloading = done.catch(() => undefined);
      return done;
    },
    async stop() {
      pruning?.cancel();
      await reloading;
      await all((account) => account.stop());
      halt.abort(new Error("dingbridge has stopped"));
    },
    status,
  };
}
