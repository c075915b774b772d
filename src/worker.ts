import { createIntake } from "./core/bridge/intake.ts";
import { createLanes } from "./core/bridge/lanes.ts";
import { createOutbox } from "./core/bridge/outbox.ts";
import { createTurn } from "./core/bridge/turn.ts";
import type { Clock, Timer } from "./core/clock.ts";
import type { Config } from "./core/config/schema.ts";
import { createCounters } from "./core/counters.ts";
import { createGateway } from "./core/gateway/client.ts";
import { createApp, isLoopback, type Readiness } from "./core/http/app.ts";
import { reasonOf, type Log } from "./core/log.ts";
import type { Dial } from "./core/socket.ts";
import type { Store } from "./core/store.ts";
import { openConnection } from "./core/stream/open.ts";
import { createSupervisor } from "./core/stream/supervisor.ts";
import { TEXTS } from "./core/texts.ts";
import { VERSION } from "./version.ts";

/** All a worker needs from outside. Passed in, never imported: two workers can live in one process. */
export interface WorkerPorts {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** For the gateway: a new connection each time, kept open in silence for as long as a turn may take. */
  readonly fetchFresh: typeof fetch;
  readonly dial: Dial;
  readonly store: Store;
  readonly log: Log;
  readonly random: () => number;
  /** Goes into /status and the user agent: "bun 1.4.5". */
  readonly runtime: string;
}

/** Edge-style: `fetch` answers HTTP requests, whoever serves them. */
export interface Worker {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Takes up what an earlier process left and connects. */
  start(): Promise<void>;
  /** Stops taking in, lets what runs finish for `DRAIN_MS` at most, parks the rest in the store. */
  stop(): Promise<void>;
  status(): Promise<unknown>;
}

const ACCOUNT = "default";
const OPEN_TIMEOUT_MS = 10_000;
const DRAIN_MS = 15_000;
const CHANGING_MS = 10_000;
const TURN_RETRY_MS = 5000;
const PRUNE_EVERY_MS = 10 * 60_000;

/** Joins the parts: link → intake → inbox → lanes → turn → outbox. The one file that knows them all. */
export function createWorker(config: Config, ports: WorkerPorts): Worker {
  const { clock, fetch, dial, store, random } = ports;
  const log = ports.log;
  const counters = createCounters();
  const startedAt = clock.now();
  const halt = new AbortController();
  let pruning: Timer | undefined;

  const outbox = createOutbox({
    store,
    fetch,
    clock,
    random,
    log: log.child("outbox"),
    counters,
    signal: halt.signal,
  });

  const runTurn = createTurn({
    agentId: config.agentId,
    gateway: createGateway({
      ...config.gateway,
      token: config.gateway.token,
      fetch: ports.fetchFresh,
      clock,
    }),
    store,
    texts: TEXTS[config.locale],
    clock,
    log: log.child("turn"),
    counters,
    onReplies: outbox.wake,
  });

  const sessions = createLanes({
    limit: config.gateway.maxInFlight,
    clock,
    retryMs: TURN_RETRY_MS,
    async step(session) {
      const entry = await store.nextTurn(session);
      if (entry === undefined) return "idle";
      await runTurn(entry, halt.signal);
      return "again";
    },
    onCrash(session, error) {
      if (halt.signal.aborted) return;
      log.error("turn could not be run or settled: trying again", {
        session,
        reason: reasonOf(error),
      });
    },
  });

  const intake = createIntake({
    account: ACCOUNT,
    agentId: config.agentId,
    oapiUrl: config.oapiUrl,
    store,
    clock,
    log: log.child("intake"),
    counters,
    onStored: sessions.wake,
  });

  const stream = createSupervisor({
    open: () =>
      openConnection({
        apiUrl: config.apiUrl,
        clientId: config.clientId,
        clientSecret: config.clientSecret,
        fetch,
        clock,
        timeoutMs: OPEN_TIMEOUT_MS,
        userAgent: `dingbridge/${VERSION}`,
      }),
    dial,
    clock,
    random,
    log: log.child("stream"),
    counters,
    heartbeat: { intervalMs: config.stream.pingIntervalMs, misses: config.stream.pingMisses },
    onRobotMessage: intake.offer,
  });

  const readiness = async (): Promise<Readiness> => {
    const { state, problem, generation, since } = stream.status();
    const failing: { part: string; reason: string }[] = [];
    // While one link replaces another at DingTalk's wish, the old one is still there.
    const changing = state === "connecting" && generation > 1 && problem === null;
    if (state !== "connected" && !(changing && clock.now() - since < CHANGING_MS)) {
      failing.push({ part: `stream ${ACCOUNT}`, reason: problem?.reason ?? state });
    }
    const storeProblem = await store.probe().then(() => intake.problem, reasonOf);
    if (storeProblem !== null) failing.push({ part: "store", reason: storeProblem });
    return { ready: failing.length === 0, failing };
  };

  const status = async () => ({
    version: VERSION,
    runtime: ports.runtime,
    startedAt,
    accounts: { [ACCOUNT]: { clientId: config.clientId, stream: stream.status() } },
    readiness: await readiness(),
    store: await store
      .counts()
      .then((counts) => ({ ...counts, problem: intake.problem }), reasonOf),
    turns: { running: sessions.running, waiting: sessions.waiting },
    counters: counters.read(),
  });

  const prune = () => {
    pruning = clock.after(PRUNE_EVERY_MS, prune);
    store.prune(clock.now()).catch((error: unknown) => {
      log.warn("old records could not be deleted", { reason: reasonOf(error) });
    });
  };

  const app = createApp({
    readiness,
    status,
    token: isLoopback(config.http.host) ? null : config.http.token,
  });

  return {
    fetch: (request) => app.fetch(request),
    async start() {
      prune();
      await outbox.resume();
      for (const session of await store.sessionsWaiting()) sessions.wake(session);
      stream.start();
    },
    async stop() {
      pruning?.cancel();
      // What has arrived is committed and acked while the links are still there to carry the acks.
      await intake.settled();
      stream.stop();
      await intake.settled();
      const limit = clock.after(DRAIN_MS, () => halt.abort(new Error("dingbridge is stopping")));
      await sessions.drain();
      await outbox.quiet();
      await outbox.drain();
      limit.cancel();
    },
    status,
  };
}
