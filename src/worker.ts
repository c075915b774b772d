import { MAX_MESSAGES, mediaOf, stopIn } from "./core/bridge/burst.ts";
import { createBudget } from "./core/bridge/budget.ts";
import { createHold } from "./core/bridge/hold.ts";
import { createIntake } from "./core/bridge/intake.ts";
import { createLanes } from "./core/bridge/lanes.ts";
import { createCompose } from "./core/bridge/question.ts";
import { systemMessage } from "./core/bridge/prompt.ts";
import { createRecovery } from "./core/bridge/recovery.ts";
import { createReplies } from "./core/bridge/replies.ts";
import { createShowings } from "./core/bridge/showing.ts";
import { createStops } from "./core/bridge/stops.ts";
import { createTurn } from "./core/bridge/turn.ts";
import type { Timer } from "./core/clock.ts";
import type { Config } from "./core/config/schema.ts";
import { createCounters } from "./core/counters.ts";
import { isStopButton, readCardCallback } from "./core/dingtalk/card.ts";
import { createGateway } from "./core/gateway/client.ts";
import { createGate } from "./core/gateway/gate.ts";
import { createApp } from "./core/http/app.ts";
import { userIdOf } from "./core/inbound/session.ts";
import { reasonOf } from "./core/log.ts";
import { createShelf } from "./core/media/shelf.ts";
import { plainWords } from "./core/message.ts";
import { isLoopback } from "./core/network.ts";
import { createCronDelivery } from "./core/send/cron.ts";
import { createSending } from "./core/send/sending.ts";
import { openConnection } from "./core/stream/open.ts";
import { createStream } from "./core/stream/stream.ts";
import { TEXTS } from "./core/texts.ts";
import { VERSION } from "./version.ts";
import { createDelivery } from "./wiring/delivery.ts";
import type { WorkerPorts } from "./wiring/ports.ts";
import { createReport } from "./wiring/report.ts";

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
/** Messages that others asked to be sent and that may wait. */
const SUBMISSIONS = 10_000;
const OPEN_TIMEOUT_MS = 10_000;
const DRAIN_MS = 15_000;
const TURN_RETRY_MS = 5000;
const PRUNE_EVERY_MS = 10 * 60_000;
const BUDGET_EVERY_MS = 60_000;
/** Sessions taken up at once at the start, and when the next follow. */
const WAKE_AT_ONCE = 50;
const WAKE_EVERY_MS = 2;

/** Joins the parts: link → intake → inbox → lanes → turn → outbox. The one file that knows them all. */
export function createWorker(config: Config, ports: WorkerPorts): Worker {
  const { clock, fetch, dial, store, random, log } = ports;
  const counters = createCounters();
  const texts = TEXTS[config.locale];
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
  const delivery = createDelivery({ config, ports, budget, counters, signal: halt.signal });
  const { outbox } = delivery;

  const gateway = createGateway({
    ...config.gateway,
    token: config.gateway.token,
    // Where no file may be sent there is nothing to look for.
    readMedia: config.media.roots.length > 0,
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
    downloader: delivery.downloader,
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
    notice: plainWords(texts.queued),
    onNotice: outbox.wake,
  });

  const replies = createReplies({
    formatting: delivery.formatting,
    store,
    texts,
    log: log.child("turn"),
    counters,
  });
  const stops = createStops();
  const showings = createShowings({
    mode: delivery.modeOf,
    cards: delivery.cards,
    reactions: delivery.reactions,
    store,
    slow: plainWords(texts.slow),
    slowNoticeMs: config.reply.slowNoticeMs,
    onNotice: outbox.wake,
    clock,
    log: log.child("turn"),
  });

  const runTurn = createTurn({
    agentId: config.agentId,
    system: systemMessage({
      agentHints: config.agentHints,
      files: config.media.roots.length > 0,
    }),
    replies,
    showings,
    stops,
    atSender: config.reply.atSender,
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
      const stop = stopIn(arrival.data);
      if (stop !== undefined) stops.byWord(arrival.session, userIdOf(stop), arrival.msgId);
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
    onCardCallback(data) {
      const pressed = readCardCallback(data);
      if (pressed === undefined || !isStopButton(pressed, config.card.stopAction)) return;
      const { outTrackId, userId } = pressed;
      log.info("stop button of a card pressed", { ended: stops.byCard(outTrackId, userId) });
    },
  });

  const sending = createSending({
    store,
    account: ACCOUNT,
    words: (markdown, chat) => replies.words(markdown, chat),
    recall: delivery.recall,
    newId: () => crypto.randomUUID(),
    clock,
    limit: SUBMISSIONS,
    counters,
    log: log.child("send"),
    onReplies: outbox.wake,
    signal: halt.signal,
  });

  /** Cards an earlier process left open say so: their turns come to their end in messages of their own. */
  const settleCards = async () => {
    const left = await store.openCards();
    const closing = left.map(({ chat, outTrackId }) => ({
      chat,
      message: { format: "card", outTrackId, text: texts.interrupted } as const,
    }));
    if (closing.length > 0) await store.settleCards(closing, clock.now());
  };

  const { readiness, status } = createReport({
    account: ACCOUNT,
    clientId,
    runtime: ports.runtime,
    stream,
    intake,
    budget,
    gate,
    store,
    turns: () => ({ running: sessions.running, waiting: sessions.waiting, held: hold.size }),
    counters,
    clock,
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
    apiToken: config.http.token,
    sending,
    cron: createCronDelivery({ store, sending, texts, clock }),
    log: log.child("http"),
  });

  return {
    fetch: (request) => app.fetch(request),
    async start() {
      every(PRUNE_EVERY_MS, "tidying up the store", () => store.prune(clock.now()));
      every(BUDGET_EVERY_MS, "looking at the month's budget", budget.check);
      await shelf.sweep(store.waitingIds);
      await gate.start();
      await settleCards();
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
