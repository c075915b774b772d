import { MAX_MESSAGES, mediaOf } from "./core/bridge/burst.ts";
import { createBudget } from "./core/bridge/budget.ts";
import { createHold } from "./core/bridge/hold.ts";
import { createIntake } from "./core/bridge/intake.ts";
import { createLanes } from "./core/bridge/lanes.ts";
import { createOutbox } from "./core/bridge/outbox.ts";
import { createCompose, type ExtractText } from "./core/bridge/question.ts";
import { createRecovery } from "./core/bridge/recovery.ts";
import { createSender } from "./core/bridge/sender.ts";
import { createTurn } from "./core/bridge/turn.ts";
import type { Clock, Timer } from "./core/clock.ts";
import type { Config } from "./core/config/schema.ts";
import { createCounters } from "./core/counters.ts";
import { createRobotApi } from "./core/dingtalk/robot.ts";
import { createThrottle } from "./core/dingtalk/throttle.ts";
import { createTokenSource } from "./core/dingtalk/token.ts";
import { createGateway } from "./core/gateway/client.ts";
import { createGate } from "./core/gateway/gate.ts";
import { createApp, type Readiness } from "./core/http/app.ts";
import { reasonOf, type Log } from "./core/log.ts";
import { DOWNLOAD_LIMITS, createDownloader } from "./core/media/download.ts";
import { createGuard } from "./core/media/guard.ts";
import type { FetchPinned, Resolve } from "./core/media/port.ts";
import { createShelf, type MediaFiles } from "./core/media/shelf.ts";
import { isLoopback } from "./core/network.ts";
import type { Dial } from "./core/socket.ts";
import type { Store } from "./core/store.ts";
import { openConnection } from "./core/stream/open.ts";
import { createStream } from "./core/stream/stream.ts";
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
  /** Every address of a host. */
  readonly resolve: Resolve;
  readonly fetchPinned: FetchPinned;
  readonly files: MediaFiles;
  readonly extractText: ExtractText;
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
const BUDGET_EVERY_MS = 60_000;
/** Sessions taken up at once at the start, and when the next follow. */
const WAKE_AT_ONCE = 50;
const WAKE_EVERY_MS = 2;
/** Failed replies that /status shows. */
const FAILURES_SHOWN = 20;

/** Joins the parts: link → intake → inbox → lanes → turn → outbox. The one file that knows them all. */
export function createWorker(config: Config, ports: WorkerPorts): Worker {
  const { clock, fetch, dial, store, random, log } = ports;
  const counters = createCounters();
  const texts = TEXTS[config.locale];
  const startedAt = clock.now();
  const halt = new AbortController();
  const timers = new Map<string, Timer>();

  const budget = createBudget({
    account: ACCOUNT,
    limits: { api: config.budget.apiCalls, stream: config.budget.stream },
    store,
    clock,
    log: log.child("budget"),
  });

  const { apiUrl, clientId, clientSecret } = config;
  const tokens = createTokenSource({ apiUrl, clientId, clientSecret, fetch, clock });
  const throttle = createThrottle({ perSecond: config.limits.perSecond, clock });
  const robotCode = config.robotCode ?? clientId;
  const outbox = createOutbox({
    store,
    sender: createSender({
      store,
      api: createRobotApi({ apiUrl, robotCode, tokens, throttle, fetch, clock }),
      tokens,
      throttle,
      fetch,
      clock,
    }),
    budget,
    perMinute: config.limits.perMinute,
    clock,
    random,
    log: log.child("outbox"),
    counters,
    signal: halt.signal,
  });

  const gateway = createGateway({
    ...config.gateway,
    token: config.gateway.token,
    fetch: ports.fetchFresh,
    clock,
  });

  /** One turn after the other may try whether the gateway is back. */
  const tryNext = () => {
    const session = gate.state === "ready" && !gate.probing ? hold.first() : undefined;
    if (session !== undefined) sessions.rouse(session);
  };

  const gate = createGate({
    health: gateway.health,
    ledger: store,
    clock,
    random,
    log: log.child("gateway"),
    counters,
    onReady: tryNext,
    onOpen: () => sessions.rouse(),
    onRoom: () => sessions.fill(),
  });

  const shelf = createShelf({
    downloader: createDownloader({
      apiUrl,
      robotCode,
      tokens,
      fetch,
      throttle: {
        async take(api, signal) {
          await throttle.take(api, signal);
          // An estimate: not worth failing a download for.
          await store.spend(budget.current(), "api").catch(() => undefined);
        },
      },
      clock,
      guard: createGuard({
        resolve: ports.resolve,
        allowHosts: config.media.allowHosts,
        apiUrls: [apiUrl, config.oapiUrl],
      }),
      fetchPinned: ports.fetchPinned,
      limits: { ...DOWNLOAD_LIMITS, maxBytes: config.media.maxMb * 1024 * 1024 },
    }),
    files: ports.files,
    log: log.child("media"),
    signal: halt.signal,
  });

  const hold = createHold({
    gate,
    store,
    clock,
    log: log.child("turn"),
    counters,
    holdMs: config.gateway.holdMs,
    notice: { format: "text", title: "", parts: [{ text: texts.queued }] },
    onNotice: outbox.wake,
  });

  const runTurn = createTurn({
    agentId: config.agentId,
    gateway,
    gate,
    hold,
    compose: createCompose({
      shelf,
      extractText: ports.extractText,
      store,
      context: config.messageContext,
      sameMachine: isLoopback(new URL(config.gateway.url).hostname),
    }),
    windowMs: config.burst.windowMs,
    recovery: createRecovery({
      gateway,
      gate,
      clock,
      timeoutMs: config.gateway.timeoutMs,
      holdMs: config.gateway.holdMs,
    }),
    store,
    texts,
    clock,
    random,
    log: log.child("turn"),
    counters,
    onReplies: outbox.wake,
    onFilesDone: shelf.drop,
    onQuota(usedUp) {
      if (usedUp) counters.count("over_quota");
      budget.quota(usedUp);
    },
  });

  const sessions = createLanes({
    limit: () => gate.capacity(config.gateway.maxInFlight),
    clock,
    retryMs: TURN_RETRY_MS,
    async step(session) {
      const waiting = await store.nextTurns(session, MAX_MESSAGES);
      try {
        return await runTurn(waiting, halt.signal);
      } catch (error) {
        // It sleeps for its retry; as one of those held it would be the next to try, at once and for ever.
        hold.release(session);
        throw error;
      } finally {
        tryNext();
      }
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
    budget,
    outageMs: gate.outageMs,
    clock,
    log: log.child("intake"),
    counters,
    onStored(arrival) {
      const media = mediaOf(arrival.data);
      if (media.length > 0) shelf.begin({ account: ACCOUNT, msgId: arrival.msgId }, media);
      sessions.wake(arrival.session);
    },
  });

  const stream = createStream({
    links: config.stream.links,
    open: (signal) =>
      openConnection({
        apiUrl,
        clientId,
        clientSecret,
        fetch,
        clock,
        timeoutMs: OPEN_TIMEOUT_MS,
        userAgent: `dingbridge/${VERSION}`,
        signal,
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
    accounts: {
      [ACCOUNT]: {
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
    turns: { running: sessions.running, waiting: sessions.waiting, held: hold.size },
    failedReplies: await store.failedReplies(FAILURES_SHOWN).catch(reasonOf),
    counters: counters.read(),
  });

  /** Now and then, until the worker stops. A failure is told and tried again the next time. */
  const every = (ms: number, name: string, work: () => Promise<void>) => {
    timers.set(
      name,
      clock.after(ms, () => every(ms, name, work)),
    );
    work().catch((error: unknown) => log.warn(`${name} failed`, { reason: reasonOf(error) }));
  };

  /** A few at a time, so that the links are not kept waiting. */
  const wakeInTurn = (waiting: readonly string[]) => {
    for (const session of waiting.slice(0, WAKE_AT_ONCE)) sessions.wake(session);
    if (waiting.length <= WAKE_AT_ONCE) return;
    const others = waiting.slice(WAKE_AT_ONCE);
    timers.set(
      "waking",
      clock.after(WAKE_EVERY_MS, () => wakeInTurn(others)),
    );
  };

  const app = createApp({
    readiness,
    status,
    token: isLoopback(config.http.host) ? null : config.http.token,
  });

  return {
    fetch: (request) => app.fetch(request),
    async start() {
      every(PRUNE_EVERY_MS, "tidying up the store", () => store.prune(clock.now()));
      every(BUDGET_EVERY_MS, "looking at the month's budget", budget.check);
      await shelf.sweep(store.waitingIds);
      await gate.start();
      await outbox.resume();
      // First: what an earlier process left may be much, and new messages must not wait for it.
      stream.start();
      wakeInTurn(await store.sessionsWaiting());
    },
    async stop() {
      for (const timer of timers.values()) timer.cancel();
      // First: a turn that still looks for its answer, or reads a file, waits for the next start.
      await gate.stop();
      // What has arrived is committed and acked while the links are still there to carry the acks.
      await intake.settled();
      stream.stop();
      await intake.settled();
      const limit = clock.after(DRAIN_MS, () => halt.abort(new Error("dingbridge is stopping")));
      await sessions.drain();
      await outbox.quiet();
      await outbox.drain();
      limit.cancel();
      // The gateway must not be left before that does no harm.
      await gateway.quiet();
    },
    status,
  };
}
