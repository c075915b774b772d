import { startDingTalk } from "../../src/simulator/dingtalk.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { runBridge } from "./processes.ts";
import { startStreaming, type Writing } from "./streaming.ts";

/** One person's question and what became of it. Times are those of `performance.now()`. */
export interface Asked {
  readonly name: string;
  readonly answer: string;
  /** The gateway's first chunk left. */
  readonly firstChunkAt: number;
  readonly lastChunkAt: number;
  /** It came up in the chat with words of the answer in it; undefined: not yet. */
  readonly shownAt: number | undefined;
  /** A card, or a message, with the whole answer came. */
  readonly finalAt: number;
}

/** What a chat holds of an answer at the end. */
export interface Held {
  /** Cards that look finished, with the whole answer in them. */
  readonly cards: number;
  /** Messages that are the whole answer. */
  readonly messages: number;
  /** Whatever else the robot has put there. */
  readonly others: number;
  /** Updates its cards got while it was written. */
  readonly updates: number;
}

const CARD_CALL = /^\/v1\.0\/card\//;
/** The month's quota is not what is measured. */
const SETTINGS = { reply: { mode: "card" }, budget: { apiCalls: 1_000_000 } };

/**
 * A worker that answers in cards, with DingTalk's stand-in and the gateway in this process. `write` says how
 * the answer to a person is written.
 */
export async function startCardRig(runtime: RuntimeName, write: (name: string) => Writing) {
  const asked = new Map<string, Asked>();
  const waiting = new Map<string, (asked: Asked) => void>();

  const note = (name: string, what: Partial<Asked>) => {
    const known = asked.get(name);
    if (known !== undefined) asked.set(name, { ...known, ...what });
  };
  const nameIn = (question: string) => /问题 (\w+)/.exec(question)?.[1] ?? "";
  const chatOf = (name: string) => `cid${name}==`;
  const nameOf = (conversationId: string) => /^cid(\w+)==$/.exec(conversationId)?.[1] ?? "";

  const dingtalk = await startDingTalk();
  const gateway = startStreaming({
    write: (question) => write(nameIn(question)),
    onChunk(question, chunk, at) {
      const name = nameIn(question);
      note(name, chunk === 0 ? { firstChunkAt: at, lastChunkAt: at } : { lastChunkAt: at });
    },
  });

  const isFinal = (name: string, finalAt: number) => {
    const known = asked.get(name);
    if (known === undefined || !Number.isNaN(known.finalAt)) return;
    note(name, { finalAt });
    waiting.get(name)?.({ ...known, finalAt });
  };
  dingtalk.events.subscribe((event) => {
    const at = performance.now();
    if (event.type !== "card" && event.type !== "message") return;
    if (event.type === "message" && event.from === "person") return;
    const name = nameOf(event.conversationId);
    const known = asked.get(name);
    if (known === undefined) return;
    const [first = ""] = write(name).chunks;
    if (known.shownAt === undefined && event.text.includes(first)) note(name, { shownAt: at });
    const ended = event.type === "message" || event.state === "finished";
    if (ended && event.text === known.answer) isFinal(name, at);
  });

  const bridge = runBridge({
    runtime,
    clientId: dingtalk.clientId,
    api: dingtalk.url,
    oapi: dingtalk.url,
    gateway: gateway.url,
    settings: SETTINGS,
  });

  return {
    connected: bridge.connected,
    /** Says something in this person's own chat. Resolves when the answer is there. */
    async ask(name: string): Promise<Asked> {
      const answer = write(name).chunks.join("");
      const final = new Promise<Asked>((resolve) => {
        waiting.set(name, resolve);
      });
      const never = { firstChunkAt: NaN, lastChunkAt: NaN, shownAt: undefined, finalAt: NaN };
      asked.set(name, { name, answer, ...never });
      const text = `问题 ${name}：昨天的部署为什么失败？`;
      await dingtalk.say({ senderStaffId: name, conversationId: chatOf(name), text });
      return await final;
    },
    asked: (name: string) => asked.get(name),
    held(name: string): Held {
      const { answer } = asked.get(name) ?? {};
      const cards = dingtalk.cards().filter((card) => card.conversationId === chatOf(name));
      const sends = dingtalk.sends().filter(({ chat }) => chat === chatOf(name));
      const right = cards.filter(({ state, text }) => state === "finished" && text === answer);
      const same = sends.filter(({ param }) => (param["text"] ?? param["content"]) === answer);
      const frames = cards.flatMap((card) => card.frames);
      return {
        cards: right.length,
        messages: same.length,
        others: cards.length - right.length + sends.length - same.length,
        updates: frames.filter(({ isFinalize }) => !isFinalize).length,
      };
    },
    /** When each call about cards came in since the epoch's `from`, in ms. */
    callTimes: (from: number) =>
      dingtalk.calls
        .filter(({ api, time }) => CARD_CALL.test(api) && time >= from)
        .map(({ time }) => time),
    /** Calls about cards that did not succeed. */
    refused: () =>
      dingtalk.calls.filter(({ api, status }) => CARD_CALL.test(api) && status >= 300).length,
    async stop() {
      await bridge.stop();
      await Promise.all([gateway.stop(), dingtalk.close()]);
    },
  };
}

export type CardRig = Awaited<ReturnType<typeof startCardRig>>;
