import { createLiveAccess } from "../core/access/live.ts";
import type { Roster } from "../core/access/roster.ts";
import { createBudget } from "../core/budget.ts";
import { mediaOf } from "../core/bridge/burst.ts";
import { createIntake } from "../core/bridge/intake.ts";
import { createLoopGuard, type LoopGuard } from "../core/bridge/loop-guard.ts";
import { createReception } from "../core/bridge/reception.ts";
import { createReplies } from "../core/bridge/replies.ts";
import { createSorting } from "../core/bridge/sorting.ts";
import { createWithdrawal } from "../core/bridge/withdrawal.ts";
import type { Timer } from "../core/clock.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import type { Counters } from "../core/counters.ts";
import { createStops } from "../core/desk/stops.ts";
import { createGateway } from "../core/gateway/client.ts";
import { chatIdOf, type Chat } from "../core/inbound/session.ts";
import { reasonOf } from "../core/log.ts";
import { createShelf } from "../core/media/shelf.ts";
import type { Stream } from "../core/stream/stream.ts";
import { TEXTS } from "../core/texts.ts";
import { createCardPress } from "./card-press.ts";
import { createDelivery } from "./delivery.ts";
import { createFrontDesk } from "./front-desk.ts";
import type { WorkerPorts } from "./ports.ts";
import { createTurns } from "./turns.ts";

export interface WorksOptions {
  readonly config: AccountConfig;
  /** The notes of its store are its own. */
  readonly ports: WorkerPorts;
  readonly counters: Counters;
  /** Robots of this worker by their own opaque ids; grows. */
  readonly robots: Set<string>;
  readonly roster: Roster;
  readonly stream: Pick<Stream, "status">;
}

const DRAIN_MS = 15_000;
const BUDGET_EVERY_MS = 60_000;
/** How soon an approval on the command line counts. */
const ROSTER_EVERY_MS = 1000;
/** Sessions taken up at once at the start, and when the next follow. */
const WAKE_AT_ONCE = 50;
const WAKE_EVERY_MS = 2;
/** Where the robot's own id is kept. */
const ROBOT_NOTE = "robot";

export type Works = ReturnType<typeof createWorks>;

/**
 * All of a robot but its links: intake → inbox → lanes → turn → outbox, as one configuration wants it.
 * Until `start` it takes messages in and does nothing else about them.
 */
export function createWorks(options: WorksOptions) {
  const { config, ports, counters, robots, roster, stream } = options;
  const { clock, store, log } = ports;
  const account = config.id;
  const halt = new AbortController();
  const timers = new Map<string, Timer>();

  const meter = ports.metrics.of(account);
  const access = createLiveAccess({ config, roster });
  const budget = createBudget({
    account,
    limits: { api: config.budget.apiCalls, stream: config.budget.stream },
    store,
    clock,
    log: log.child("budget"),
  });
  const delivery = createDelivery({
    config,
    access,
    ports,
    budget,
    counters,
    meter,
    signal: halt.signal,
  });
  const { outbox } = delivery;
  const gateway = createGateway({
    ...config.gateway,
    token: config.gateway.token,
    // Where no file may be sent there is nothing to look for.
    readMedia: config.media.roots.length > 0,
    fetch: ports.fetchFresh,
    clock,
  });
  const shelf = createShelf({
    downloader: delivery.downloader,
    files: ports.files,
    log: log.child("media"),
    signal: halt.signal,
  });
  const replies = createReplies({
    formatting: delivery.formatting,
    store,
    texts: TEXTS[config.locale],
    counters,
  });
  const stops = createStops();
  const guard = createLoopGuard({ ...config.loopGuard, clock });
  const loops: LoopGuard = {
    admit(chat, message) {
      const verdict = guard.admit(chat, message);
      if (verdict === "stop") {
        const { kind } = chat;
        ports.audit.record({ event: "loop-stopped", account, chat: { kind, id: chatIdOf(chat) } });
      }
      return verdict;
    },
  };

  const turns = createTurns({
    config,
    ports,
    access,
    delivery,
    gateway,
    shelf,
    replies,
    stops,
    loops,
    budget,
    counters,
    meter,
    reception: () => reception,
    signal: halt.signal,
  });

  /**
   * Looks whether who may talk has changed. If so, what was said about that in a chat is sent, and what
   * waits is looked at again.
   */
  const refresh = async () => {
    const hasChanged = await roster.refresh();
    if (!hasChanged) return false;
    stops.review();
    await outbox.wakeAll();
    return true;
  };

  const sort = createSorting({ account, access, robots });
  const reception = createReception({
    sort,
    lookAgain: refresh,
    loops,
    loopNotice: TEXTS[config.locale].loop,
    desk: createFrontDesk({
      config,
      ports,
      access,
      roster,
      stops,
      withdraw: createWithdrawal({
        store,
        stops,
        clock,
        log: log.child("desk"),
        onFilesDone: shelf.drop,
        onWithdrawn: turns.rouse,
      }),
      gateway,
      gate: turns.gate,
      budget,
      stream,
      refresh,
      signal: halt.signal,
    }),
    words: replies.words,
    atSender: (chat) => access.settings(chat).reply.atSender,
    store,
    clock,
    log: log.child("desk"),
    counters,
    onReplies: outbox.wake,
    onRefiled: turns.wake,
  });

  const remember = (robotId: string | undefined) => {
    if (robotId === undefined || robots.has(robotId)) return;
    robots.add(robotId);
    store.setNote(ROBOT_NOTE, robotId).catch((error: unknown) => {
      log.debug("the robot's own id could not be stored", { reason: reasonOf(error) });
    });
  };

  const intake = createIntake({
    account,
    placeOf(message) {
      remember(message.chatbotUserId);
      return sort(message);
    },
    oapiUrl: config.oapiUrl,
    store,
    budget,
    outageMs: turns.gate.outageMs,
    clock,
    log: log.child("intake"),
    counters,
    meter,
    onStored({ place, data, msgId }, session) {
      const media = "desk" in place ? [] : mediaOf(data);
      if (media.length > 0) shelf.begin({ account, msgId }, media);
      turns.wake(session);
    },
  });

  /** Cards an earlier process left open say so: their turns come to their end in messages of their own. */
  const settleCards = async () => {
    const text = TEXTS[config.locale].interrupted;
    const closing = (await store.openCards(account)).map(({ chat, outTrackId }) => ({
      chat,
      message: { format: "card", outTrackId, text } as const,
    }));
    if (closing.length > 0) await store.settleCards(closing, clock.now());
  };

  /** Now and then, until the account stops. A failure is told and tried again the next time. */
  const every = (ms: number, name: string, work: () => Promise<void>) => {
    timers.set(
      name,
      clock.after(ms, () => every(ms, name, work)),
    );
    work().catch((error: unknown) => log.warn(`${name} failed`, { reason: reasonOf(error) }));
  };

  /** A few at a time, so that the links are not kept waiting. */
  const wakeInTurn = (waiting: readonly string[]) => {
    for (const session of waiting.slice(0, WAKE_AT_ONCE)) turns.wake(session);
    if (waiting.length <= WAKE_AT_ONCE) return;
    const others = waiting.slice(WAKE_AT_ONCE);
    timers.set(
      "waking",
      clock.after(WAKE_EVERY_MS, () => wakeInTurn(others)),
    );
  };

  const warnIfOpen = ({ dmPolicy }: AccountConfig) => {
    if (!access.unowned || dmPolicy !== "open") return;
    log.warn(
      "anyone who can write to this robot is treated as the owner of the machine behind the agent: " +
        'set owners to your user id (send the robot /whoami), or dmPolicy to "pairing"',
    );
  };

  let started = false;

  return {
    access,
    budget,
    gate: turns.gate,
    intake,
    onCardCallback: createCardPress({
      stopAction: config.card.stopAction,
      access,
      stops,
      log: log.child("card"),
    }),
    recall: delivery.recall,
    words: replies.words,
    /** Replies for this chat are in the outbox. */
    onReplies(chat: Chat) {
      if (started) outbox.wake(chat);
    },
    sweep: () => shelf.sweep(store.waitingIds),
    turns: () => ({
      running: turns.sessions.running,
      waiting: turns.sessions.waiting,
      held: turns.hold.size,
    }),
    /** Whoever writes directly is taken for the owner of the machine behind the agent; null: not known yet. */
    get unowned() {
      return started ? access.unowned : null;
    },
    /** Who may talk is another matter from now on. */
    useAccess(next: AccountConfig) {
      access.use(next);
      stops.review();
      warnIfOpen(next);
    },
    /** Takes up what has been left: by an earlier process, or by the works before these. */
    async start() {
      remember(await store.note(ROBOT_NOTE));
      await roster.refresh();
      started = true;
      warnIfOpen(config);
      every(BUDGET_EVERY_MS, "looking at the month's budget", budget.check);
      every(ROSTER_EVERY_MS, "looking who may talk", async () => void (await refresh()));
      await turns.gate.start();
      await settleCards();
      await outbox.resume();
    },
    /** Begins with what waits. */
    async wake() {
      turns.open();
      wakeInTurn(await store.sessionsWaiting(account));
    },
    /** Lets what runs finish for `DRAIN_MS` at most, parks the rest in the store. */
    async stop(beforeLast: () => void = () => undefined) {
      for (const timer of timers.values()) timer.cancel();
      // First: a turn that still looks for its answer, or reads a file, waits for the next start.
      await turns.gate.stop();
      // What has arrived is committed and acked while the links are still there to carry the acks.
      await intake.settled();
      beforeLast();
      await intake.settled();
      const limit = clock.after(DRAIN_MS, () => halt.abort(new Error("dingbridge is stopping")));
      await Promise.all([turns.sessions.drain(), turns.desks.drain()]);
      await outbox.quiet();
      await outbox.drain();
      limit.cancel();
      // The gateway must not be left before that does no harm.
      await gateway.quiet();
    },
  };
}
