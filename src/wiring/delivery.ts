import { createCards } from "../core/bridge/cards.ts";
import { createOutbox } from "../core/bridge/outbox.ts";
import { createReactions } from "../core/bridge/reactions.ts";
import { createSender } from "../core/bridge/sender.ts";
import type { Budget } from "../core/budget.ts";
import type { Access } from "../core/access/access.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import type { Counters } from "../core/counters.ts";
import { CARD_CALLS_PER_SECOND, createCardApi } from "../core/dingtalk/card.ts";
import { createEmotionApi } from "../core/dingtalk/emotion.ts";
import { createRecall } from "../core/dingtalk/recall.ts";
import { createRobotApi } from "../core/dingtalk/robot.ts";
import { createThrottle, type Throttle } from "../core/dingtalk/throttle.ts";
import { createTokenSource, type TokenSource } from "../core/dingtalk/token.ts";
import { createUpload } from "../core/dingtalk/upload.ts";
import type { Chat } from "../core/inbound/session.ts";
import { DOWNLOAD_LIMITS, createDownloader } from "../core/media/download.ts";
import { createGuard } from "../core/media/guard.ts";
import { MAX_UPLOAD_BYTES } from "../core/media/limits.ts";
import { createOutgoing } from "../core/media/outgoing.ts";
import { createReceive } from "../core/media/receive.ts";
import type { Words } from "../core/message.ts";
import type { Meter } from "../core/meter.ts";
import { wordsFor, type Formatting } from "../core/reply/format.ts";
import { cardTexts } from "../core/reply/markdown/card.ts";
import { titleOf } from "../core/reply/title.ts";
import { TEXTS } from "../core/texts.ts";
import type { WorkerPorts } from "./ports.ts";

export interface DeliveryOptions {
  readonly config: AccountConfig;
  readonly access: Access;
  readonly ports: WorkerPorts;
  readonly budget: Budget;
  readonly counters: Counters;
  readonly meter: Meter;
  /** Breaks everything off that is under way. */
  readonly signal: AbortSignal;
}

export type Delivery = ReturnType<typeof createDelivery>;

/** The parts that talk to DingTalk over HTTP: what goes out, and what is fetched from there. */
export function createDelivery(options: DeliveryOptions) {
  const { config, access, ports, budget, counters, meter, signal } = options;
  const { clock, store, random, log } = ports;
  const fetch = metered(ports.fetch, meter);
  const { apiUrl, oapiUrl, clientId, clientSecret, reply, card } = config;
  const { perSecond, perMinute } = config.limits;
  const texts = TEXTS[config.locale];
  const robotCode = config.robotCode ?? clientId;

  const tokens = hidden(
    createTokenSource({ apiUrl, clientId, clientSecret, fetch, clock }),
    ports.hide,
  );
  const onHeld = (api: string) => meter.held(api);
  const throttle = createThrottle({ perSecond, onHeld, clock });
  const cardThrottle = createThrottle({
    perSecond: Math.min(CARD_CALLS_PER_SECOND, perSecond),
    spread: true,
    onHeld,
    clock,
  });
  /** For calls that nothing else counts against the month's quota. */
  const counted: Throttle = {
    ...throttle,
    async take(api, signal) {
      await throttle.take(api, signal);
      await budget.spend();
    },
  };
  const robot = { apiUrl, robotCode, tokens, throttle, fetch, clock };
  const cardApi = createCardApi({
    ...robot,
    throttle: cardThrottle,
    templateId: card.templateId,
    contentKey: card.contentKey,
  });
  const guard = createGuard({
    resolve: ports.resolve,
    byName: ports.byName,
    allowHosts: config.media.allowHosts,
    apiUrls: [apiUrl, oapiUrl],
  });
  const { fetchPinned } = ports;

  const modeOf = (chat: Chat) => access.settings(chat).reply.mode;
  const formatting = (chat: Chat): Formatting => {
    const { mode, tables, chunkChars } = access.settings(chat).reply;
    return {
      mode: mode === "text" ? "text" : "markdown",
      tables,
      chunkChars,
      fallbackTitle: texts.title,
    };
  };

  /** A card's text where the card cannot hold it: in the messages' dialect, and short enough for one. */
  const asOneMessage = (piece: string): Words => {
    const { tables } = reply;
    const words = wordsFor(piece, {
      mode: "markdown",
      tables,
      chunkChars: Infinity,
      fallbackTitle: texts.title,
    });
    const text = words.flatMap(({ parts }) => parts.map((part) => part.text)).join("\n\n");
    return { format: "markdown", title: titleOf(text, texts.title), parts: [{ text }] };
  };

  const outbox = createOutbox({
    account: config.id,
    store,
    sender: createSender({
      store,
      api: createRobotApi(robot),
      cards: cardApi,
      tokens,
      throttle,
      cardThrottle,
      fetch,
      clock,
    }),
    outgoing: createOutgoing({
      upload: createUpload({ oapiUrl, tokens, throttle, fetch, clock, spend: budget.spend }),
      files: ports.outgoing(config.media.roots),
      receive: createReceive({
        guard,
        fetchPinned,
        clock,
        limits: { ...DOWNLOAD_LIMITS, maxBytes: MAX_UPLOAD_BYTES },
      }),
      allowHosts: config.media.allowHosts,
      clock,
      log: log.child("media"),
    }),
    fileNotSent: texts.fileNotSent,
    budget,
    perMinute,
    clock,
    random,
    log: log.child("outbox"),
    counters,
    meter,
    signal,
  });

  return {
    outbox,
    formatting,
    modeOf,
    cards: createCards({
      api: cardApi,
      store,
      pieces: (text) => cardTexts(text, { tables: reply.tables, maxChars: card.maxChars }),
      words: asOneMessage,
      // Who has a button for it need not be told the word.
      hint: () => (card.stopAction === undefined ? texts.writing : ""),
      throttle: cardThrottle,
      budget,
      intervalMs: card.intervalMs,
      clock,
      random,
      newId: () => crypto.randomUUID(),
      log: log.child("card"),
      counters,
    }),
    reactions: createReactions({
      api: createEmotionApi(robot),
      store,
      budget,
      text: reply.reaction,
      afterMs: reply.reactionAfterMs,
      clock,
      log: log.child("reaction"),
      counters,
      signal,
    }),
    recall: createRecall({ ...robot, throttle: counted }),
    downloader: createDownloader({
      apiUrl,
      robotCode,
      tokens,
      fetch,
      throttle: counted,
      clock,
      guard,
      fetchPinned,
      limits: { ...DOWNLOAD_LIMITS, maxBytes: config.media.maxMb * 1024 * 1024 },
    }),
  };
}

/** Counts each call by its path: DingTalk's have no ids in them. */
function metered(fetch: typeof globalThis.fetch, meter: Meter): typeof globalThis.fetch {
  const call = async (...given: Parameters<typeof fetch>) => {
    const [to] = given;
    const api = new URL(to instanceof Request ? to.url : to).pathname;
    try {
      const response = await fetch(...given);
      meter.call(api, response.status);
      return response;
    } catch (error) {
      meter.call(api, 0);
      throw error;
    }
  };
  return call as typeof globalThis.fetch;
}

/** Whatever quotes an access token, it is in no log. */
function hidden(tokens: TokenSource, hide: (secret: string) => void): TokenSource {
  let last = "";
  return {
    ...tokens,
    async get(signal) {
      const got = await tokens.get(signal);
      if (got.ok && got.token !== last) hide((last = got.token));
      return got;
    },
  };
}
