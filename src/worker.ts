import type { Timer } from "./core/clock.ts";
import type { Config } from "./core/config/schema.ts";
import { createCounters } from "./core/counters.ts";
import { createApp } from "./core/http/app.ts";
import { reasonOf } from "./core/log.ts";
import { isLoopback } from "./core/network.ts";
import { createCronDelivery } from "./core/send/cron.ts";
import { createSending } from "./core/send/sending.ts";
import { TEXTS } from "./core/texts.ts";
import { createAccount, type Account } from "./wiring/account.ts";
import { notesOf } from "./wiring/notes.ts";
import type { WorkerPorts } from "./wiring/ports.ts";
import { createMayDeliver } from "./wiring/proactive.ts";
import { createReport } from "./wiring/report.ts";

/** Edge-style: `fetch` answers HTTP requests, whoever serves them. */
export interface Worker {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Takes up what an earlier process left and connects. */
  start(): Promise<void>;
  /** Stops taking in, lets what runs finish for some seconds, parks the rest in the store. */
  stop(): Promise<void>;
  status(): Promise<unknown>;
}

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
  const accounts: ReadonlyMap<string, Account> = new Map(
    config.accounts.map((each) => {
      const own = {
        ...ports,
        store: notesOf(store, each.id),
        log: several ? log.child(each.id) : log,
      };
      return [each.id, createAccount({ config: each, ports: own, counters, robots })];
    }),
  );

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

  const { readiness, status } = createReport({
    accounts: [...accounts.values()],
    runtime: ports.runtime,
    store,
    counters,
    clock,
  });

  const app = createApp({
    readiness,
    status,
    token: isLoopback(config.http.host) ? null : config.http.token,
    apiToken: config.http.token,
    sending,
    cron: createCronDelivery({
      store,
      sending,
      texts: TEXTS[config.accounts[0]?.locale ?? "zh"],
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

  const all = async (act: (account: Account) => Promise<void>) =>
    void (await Promise.all([...accounts.values()].map(act)));

  return {
    fetch: (request) => app.fetch(request),
    async start() {
      prune();
      await accounts.values().next().value?.sweep();
      await tellOfOthers();
      await all((account) => account.start());
    },
    async stop() {
      pruning?.cancel();
      await all((account) => account.stop());
      halt.abort(new Error("dingbridge has stopped"));
    },
    status,
  };
}
