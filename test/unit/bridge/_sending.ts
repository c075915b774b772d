import { createOutbox, type Outbox } from "../../../src/core/bridge/outbox.ts";
import { createSender } from "../../../src/core/bridge/sender.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { createRobotApi } from "../../../src/core/dingtalk/robot.ts";
import type { CardApi } from "../../../src/core/dingtalk/card.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import { NO_METER } from "../../../src/core/meter.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Outgoing } from "../../../src/core/media/outgoing.ts";
import type { Attachment, Message } from "../../../src/core/message.ts";
import type { Store } from "../../../src/core/store.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, never, type FakeCall } from "../../support/fake-fetch.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import {
  USAGE,
  WEBHOOK,
  arrivalOf,
  groupData,
  robotData,
  words,
} from "../../support/fake-messages.ts";

export type Answer = Response | Promise<Response> | Error;
export const ok = () => jsonResponse(200, { errcode: 0, errmsg: "ok", processQueryKey: "k" });
export const errcode = (code: unknown, errmsg = "no") =>
  jsonResponse(200, { errcode: code, errmsg });
export const refusal = (code: string, status = 400) =>
  jsonResponse(status, { code, message: "no" });

const API = "https://api.dingtalk.com";
export const isApi = ({ url }: FakeCall) => url.startsWith(API);

/** What a person reads of a message on its way. */
export function said({ body }: FakeCall): string {
  const sent = JSON.parse(body) as {
    text?: { content: string };
    markdown?: { text: string };
    msgParam?: string;
  };
  const param = JSON.parse(sent.msgParam ?? "{}") as { content?: string; text?: string };
  return sent.text?.content ?? sent.markdown?.text ?? param.content ?? param.text ?? "";
}

const uploaded = (message: Attachment): Attachment => ({
  ...message,
  source: { mediaId: "@media" },
});

export interface World {
  /** Fields of the message that opens each conversation: its webhook and its sender. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly group?: boolean;
  readonly perMinute?: number;
  /** Default: every file is there and has been uploaded. */
  readonly prepare?: Outgoing["prepare"];
  /** Finishes cards; default: it works. */
  readonly finish?: CardApi["finish"];
  /** Stands between the outbox and its store. */
  readonly wrap?: (real: Store) => Partial<Store>;
}

/** A DingTalk that answers as told, and an outbox that sends to it. */
export function createWorld(answer: (call: FakeCall, at: number) => Answer, world: World = {}) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const store = openSqliteStore(":memory:");
  const calls: FakeCall[] = [];
  const mints: FakeCall[] = [];
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken")) {
      mints.push(call);
      return jsonResponse(200, { accessToken: `token${mints.length}`, expireIn: 7200 });
    }
    calls.push(call);
    return answer(call, calls.length - 1);
  });
  const halt = new AbortController();

  /**
   * A process: what it remembers is its own, the store is the same for all. Once `dead` it sends nothing
   * more; that its store hears no more of it is `wrap`'s work.
   */
  const boot = (
    signal = halt.signal,
    wrap = world.wrap,
    dead: () => boolean = () => false,
  ): Outbox => {
    const living = (...args: Parameters<typeof fetch>) => (dead() ? never() : fetch(...args));
    const ports = { fetch: living as typeof fetch, clock };
    const seen: Store = { ...store, ...wrap?.(store) };
    const tokens = createTokenSource({
      apiUrl: API,
      clientId: "client",
      clientSecret: "s3cret",
      ...ports,
    });
    const throttle = createThrottle({ perSecond: 1000, clock });
    return createOutbox({
      account: "default",
      store: seen,
      sender: createSender({
        store: seen,
        api: createRobotApi({ apiUrl: API, robotCode: "robot", tokens, throttle, ...ports }),
        cards: { finish: world.finish ?? (async () => ({ ok: true })) },
        tokens,
        throttle,
        cardThrottle: throttle,
        ...ports,
      }),
      outgoing: {
        prepare: world.prepare ?? (async (message) => ({ ok: true, message: uploaded(message) })),
      },
      fileNotSent: TEXTS.en.fileNotSent,
      budget: { current: () => USAGE, spend: async () => undefined },
      perMinute: world.perMinute ?? 20,
      clock,
      random: () => 0,
      log,
      counters,
      meter: NO_METER,
      signal,
    });
  };

  let at = 0;
  /** A message of this conversation comes in and waits for its turn. */
  const receive = async (name: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const data = (world.group === true ? groupData : robotData)({
      msgId: `msg${++at}`,
      createAt: at,
      conversationId: name,
      senderStaffId: name,
      sessionWebhook: `${WEBHOOK}-${name}`,
      sessionWebhookExpiredTime: clock.now() + 5_400_000,
      ...world.fields,
      ...fields,
    });
    const arrival = arrivalOf(data);
    await store.takeIn([arrival], [], USAGE);
    return arrival;
  };
  /** The same, and its turn ends with these replies. Nobody wakes the outbox. */
  const reply = async (name: string, ...texts: (string | Message)[]): Promise<Chat> => {
    const { chat, session } = await receive(name);
    const replies = texts.map((text) => ({
      chat,
      message: typeof text === "string" ? words(text) : text,
    }));
    await store.settle([(await store.nextTurns(session, 1))[0]?.id ?? 0], replies, clock.now());
    return chat;
  };
  /** Puts a notice into the outbox. */
  const notify = async (name: string, text: string): Promise<Chat> => {
    const { chat, session } = await receive(name);
    await store.notify(session, { chat, message: words(text) }, clock.now(), clock.now());
    return chat;
  };
  const counted = () => counters.read();
  const left = async () => (await store.counts()).outbox;
  const reasons = async () => (await store.failedReplies(100)).map(({ reason }) => reason);
  const texts = () => calls.map(said);
  return {
    clock,
    log,
    store,
    calls,
    mints,
    halt,
    boot,
    receive,
    reply,
    notify,
    counted,
    left,
    reasons,
    texts,
  };
}

/** The same with an outbox and one conversation per name. */
export async function sending(
  answer: (call: FakeCall, at: number) => Answer,
  conversations: Readonly<Record<string, readonly (string | Message)[]>>,
  options: World = {},
) {
  const world = createWorld(answer, options);
  for (const [name, texts] of Object.entries(conversations)) await world.reply(name, ...texts);
  return { ...world, outbox: world.boot() };
}
