import type { Delivery } from "../../src/simulator/dingtalk.ts";
import type { Random } from "./random.ts";

export interface ChatRef {
  readonly kind: "direct" | "group";
  readonly conversationId: string;
  readonly members: readonly [string, ...string[]];
}

/** How the agent answers: with so many words, or not at all. */
export type Manner = "plain" | "markdown" | "long" | "slow" | "silent";

/** One thing somebody said to the robot, and what is known of it. */
export interface Message {
  /** In its text, and in the answer's. */
  readonly tag: string;
  readonly chat: ChatRef;
  readonly manner: Manner;
  /** Every time it was pushed over a link. */
  readonly deliveries: Delivery[];
  /** The first ack: by then it was stored. */
  acked: { readonly time: number; readonly delivery: Delivery } | undefined;
  /** Whole answers the agent has given. */
  answers: number;
  /** Sends that may or may not count as done: each allows one repetition. */
  uncertain: number;
}

export const CHATS: readonly [ChatRef, ...ChatRef[]] = [
  { kind: "direct", conversationId: "cidAda==", members: ["Ada01"] },
  { kind: "direct", conversationId: "cidBob==", members: ["bob02"] },
  { kind: "direct", conversationId: "cidCy+/c==", members: ["manager7675"] },
  { kind: "direct", conversationId: "cidDan==", members: ["用户 4"] },
  { kind: "group", conversationId: "cidGroupOne==", members: ["Ada01", "bob02", "eve"] },
  { kind: "group", conversationId: "cidgroup/two+==", members: ["manager7675", "eve"] },
  { kind: "group", conversationId: "cidGroup3==", members: ["fay"] },
];

const MANNERS: readonly [Manner, ...Manner[]] = [
  ...Array<Manner>(14).fill("plain"),
  "markdown",
  "markdown",
  "long",
  "slow",
  "slow",
  "silent",
] as unknown as readonly [Manner, ...Manner[]];

/** Above what one message takes: its answer comes in two. */
const FILLER = "这一行是为了让回答变长而写的，没有别的意思。\n".repeat(200);

export const mannerBy = (random: Random): Manner => random.pick(MANNERS);
export const textOf = ({ tag, manner }: Message) => `«${tag}» ${manner}, please`;
export const headOf = (tag: string) => `answer to «${tag}»`;
export const endOf = (tag: string) => `end of «${tag}»`;

/** The messages a text is about. */
export const tagsIn = (text: string): string[] => [
  ...new Set([...text.matchAll(/«(m\d+)»/g)].map(([, tag]) => tag ?? "")),
];

/** What the agent says, in pieces. */
export function answerTo(tag: string, manner: Manner): string[] {
  const head = headOf(tag);
  switch (manner) {
    case "silent":
      return ["DINGTALK_", "SILENT"];
    case "markdown":
      return [`**${head}**`, "\n\n- one\n", "- two"];
    case "long":
      return [`${head}\n`, FILLER, endOf(tag)];
    case "plain":
    case "slow":
      return [head.slice(0, 8), head.slice(8), "."];
  }
}

/**
 * What the agent says to several messages that one person wrote while it was busy: first of all
 * something to each, then the long parts.
 */
export function answerToAll(all: readonly { tag: string; manner: Manner }[]): string[] {
  const spoken = all.filter(({ manner }) => manner !== "silent");
  const [first] = spoken;
  if (first === undefined) return answerTo("", "silent");
  if (spoken.length === 1) return answerTo(first.tag, first.manner);
  const long = spoken.filter(({ manner }) => manner === "long");
  return [
    ...spoken.map(({ tag }) => `${headOf(tag)}.\n\n`),
    ...(long.length > 0 ? [FILLER] : []),
    ...long.map(({ tag }) => `${endOf(tag)}\n`),
  ];
}

/** All messages of a run. */
export function createMessages() {
  const byTag = new Map<string, Message>();
  return {
    add(chat: ChatRef, manner: Manner): Message {
      const tag = `m${byTag.size + 1}`;
      const message: Message = {
        tag,
        chat,
        manner,
        deliveries: [],
        acked: undefined,
        answers: 0,
        uncertain: 0,
      };
      byTag.set(tag, message);
      return message;
    },
    get: (tag: string) => byTag.get(tag),
    all: () => [...byTag.values()],
    get unacked() {
      return [...byTag.values()].filter(({ acked }) => acked === undefined).length;
    },
  };
}

export type Messages = ReturnType<typeof createMessages>;
