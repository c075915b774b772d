import type { Access } from "../core/access/access.ts";
import type { Budget } from "../core/budget.ts";
import { MAX_MESSAGES } from "../core/bridge/burst.ts";
import { createHold } from "../core/bridge/hold.ts";
import { createLanes } from "../core/bridge/lanes.ts";
import type { LoopGuard } from "../core/bridge/loop-guard.ts";
import { systemMessage } from "../core/bridge/prompt.ts";
import { createCompose } from "../core/bridge/question.ts";
import type { Reception } from "../core/bridge/reception.ts";
import { createRecovery } from "../core/bridge/recovery.ts";
import type { Replies } from "../core/bridge/replies.ts";
import { createShowings } from "../core/bridge/showing.ts";
import { isDesk } from "../core/bridge/sorting.ts";
import { createTurn } from "../core/bridge/turn.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import type { Counters } from "../core/counters.ts";
import type { Stops } from "../core/desk/stops.ts";
import type { Gateway } from "../core/gateway/client.ts";
import { createGate } from "../core/gateway/gate.ts";
import { askerOf } from "../core/inbound/session.ts";
import { reasonOf } from "../core/log.ts";
import type { Shelf } from "../core/media/shelf.ts";
import { plainWords } from "../core/message.ts";
import type { Meter } from "../core/meter.ts";
import { isLoopback } from "../core/network.ts";
import { TEXTS } from "../core/texts.ts";
import type { Delivery } from "./delivery.ts";
import type { WorkerPorts } from "./ports.ts";

const TURN_RETRY_MS = 5000;
/** The bridge's own answers take no place from those of the gateway. */
const DESKS_AT_ONCE = 50;

export interface TurnsOptions {
  readonly config: AccountConfig;
  readonly ports: WorkerPorts;
  readonly access: Access;
  readonly delivery: Delivery;
  readonly gateway: Gateway;
  readonly shelf: Shelf;
  readonly replies: Replies;
  readonly stops: Stops;
  readonly loops: LoopGuard;
  readonly budget: Budget;
  readonly counters: Counters;
  readonly meter: Meter;
  /** Made after the lanes it wakes. */
  readonly reception: () => Reception;
  readonly signal: AbortSignal;
}

/** The lanes of an account and the parts that run in them: what waits in the inbox, the gateway, replies. */
export function createTurns(options: TurnsOptions) {
  const { config, ports, access, delivery, gateway, shelf, replies, stops, counters } = options;
  const { clock, random, store } = ports;
  const { outbox } = delivery;
  const texts = TEXTS[config.locale];
  const log = ports.log.child("turn");

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
    log: ports.log.child("gateway"),
    counters,
    onReady: tryNext,
    onOpen: () => sessions.rouse(),
    onRoom: () => sessions.fill(),
  });

  const hold = createHold({
    gate,
    store,
    clock,
    log,
    counters,
    holdMs: config.gateway.holdMs,
    notice: plainWords(texts.queued),
    onNotice: outbox.wake,
  });

  const showings = createShowings({
    mode: delivery.modeOf,
    cards: delivery.cards,
    reactions: delivery.reactions,
    store,
    slow: plainWords(texts.slow),
    slowNoticeMs: config.reply.slowNoticeMs,
    onNotice: outbox.wake,
    clock,
  });

  const system = systemMessage({
    agentHints: config.agentHints,
    files: config.media.roots.length > 0,
  });

  const runTurn = createTurn({
    system(chat) {
      const { systemPrompt } = access.settings(chat);
      return systemPrompt === undefined ? system : `${system}\n\n${systemPrompt}`;
    },
    replies,
    showings,
    stops,
    atSender: (chat) => access.settings(chat).reply.atSender,
    rightsOf(message, chat) {
      const decision = access.decide(chat, askerOf(message));
      return decision.allowed ? decision.rights : undefined;
    },
    loops: options.loops,
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
    log,
    counters,
    meter: options.meter,
    onReplies: outbox.wake,
    onFilesDone: shelf.drop,
    onQuota(usedUp) {
      if (usedUp) counters.count("over_quota");
      options.budget.quota(usedUp);
    },
  });

  const onCrash = (session: string, error: unknown) => {
    if (options.signal.aborted) return;
    log.error("turn could not be run or settled: trying again", {
      session,
      reason: reasonOf(error),
    });
  };

  /** Until then the works before these still run, and whatever is woken waits. */
  let isOpen = false;

  const sessions = createLanes({
    limit: () => (isOpen ? gate.capacity(config.gateway.maxInFlight) : 0),
    clock,
    retryMs: TURN_RETRY_MS,
    async step(session) {
      try {
        const waiting = await store.nextTurns(session, MAX_MESSAGES);
        const welcome = await options.reception().recheck(waiting);
        // Taken back since they were read. A turn that was begun is ended by itself.
        const here = welcome.filter(
          ({ id, asked }) => asked !== undefined || !stops.isWithdrawn(id),
        );
        if (here.length > 0) return await runTurn(here, options.signal);
        hold.release(session);
        return waiting.length > 0 ? "again" : "idle";
      } catch (error) {
        // It sleeps for its retry; as one of those held it would be the next to try, at once and for ever.
        hold.release(session);
        throw error;
      } finally {
        tryNext();
      }
    },
    onCrash,
  });

  const desks = createLanes({
    limit: () => (isOpen ? DESKS_AT_ONCE : 0),
    clock,
    retryMs: TURN_RETRY_MS,
    step: (session) => options.reception().step(session),
    onCrash,
  });

  return {
    gate,
    hold,
    sessions,
    desks,
    /** Begins with what has been woken. */
    open() {
      isOpen = true;
      sessions.fill();
      desks.fill();
    },
    /** What it waits for may be there, or has become needless. */
    rouse: sessions.rouse,
    wake: (session: string) => (isDesk(session) ? desks : sessions).wake(session),
  };
}
