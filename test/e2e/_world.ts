import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  startDingTalk,
  type Card,
  type DingTalk,
  type DingTalkOptions,
  type Saying,
  type Send,
} from "../../src/simulator/dingtalk.ts";
import {
  startGateway,
  type Asked,
  type EchoGateway,
  type Responder,
} from "../../src/simulator/gateway.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { startWorker, temporaryFolder, type WorkerProcess } from "../support/worker-process.ts";

export interface WorldOptions {
  readonly runtime: RuntimeName;
  readonly dingtalk?: DingTalkOptions;
  /** `channels.dingtalk` of the worker's file, which may name the simulator or files in its home. */
  readonly block?: (around: { readonly home: string; readonly url: string }) => object;
  readonly env?: Readonly<Record<string, string>>;
  /** A worker that hangs up too early ruins the gateway, as it may a real one; default: true. */
  readonly strictAborts?: boolean;
}

/** A chat nobody else speaks in, so that tests can run at the same time in one worker. */
export interface Chat {
  readonly conversationId: string;
  readonly session: string;
  /** What the agent answers here from now on; without it "好的". */
  answers(answer: string | Responder): void;
  /** What it was asked here. */
  asked(): readonly Asked[];
  /** What the robot has sent here, in order. */
  sends(): readonly Send[];
  /** Waits for that many messages. */
  replies(count: number, ms?: number): Promise<readonly Send[]>;
  cards(): readonly Card[];
}

export interface Person extends Chat {
  readonly userId: string;
  readonly nick: string;
  /** Says it in a direct chat. Resolves when the worker has acked it. */
  say(text: string, more?: Saying): Promise<{ readonly msgId: string }>;
}

export interface Group extends Chat {
  says(who: Person, text: string, more?: Saying): Promise<{ readonly msgId: string }>;
}

/** A worker in a process of its own, between a DingTalk and a gateway of its own. */
export interface World {
  readonly dingtalk: DingTalk;
  readonly gateway: EchoGateway;
  /** The worker's home folder. */
  readonly home: string;
  readonly worker: WorkerProcess;
  person(nick?: string): Person;
  group(): Group;
  /** SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** More than the worker's own limits: when this process is busy, more comes together than was sent together. */
const GENEROUS: DingTalkOptions = { perMinute: 10_000, perSecond: 60 };

export async function openWorld(options: WorldOptions): Promise<World> {
  const { runtime, env = {}, strictAborts = true } = options;
  const home = temporaryFolder();
  const dingtalk = await startDingTalk({ ...GENEROUS, ...options.dingtalk });
  const answers = new Map<string, Responder>();
  const gateway = await startGateway({
    strictAborts,
    respond: (asked) => (answers.get(asked.session) ?? OK)(asked),
  });
  const block = options.block?.({ home: home.path, url: dingtalk.url }) ?? {};
  mkdirSync(join(home.path, ".openclaw"), { recursive: true });
  writeFileSync(
    join(home.path, ".openclaw/dingbridge.json"),
    JSON.stringify({
      channels: {
        dingtalk: { limits: { perMinute: 1000 }, budget: { apiCalls: 1_000_000 }, ...block },
      },
    }),
  );
  const start = async () =>
    await inTurn(() => startWorker({ runtime, dingtalk, gateway, home: home.path, env }));
  let worker = await start();
  let people = 0;
  let groups = 0;

  const chat = (conversationId: string, session: string): Chat => {
    const sends = () => dingtalk.sends().filter((each) => each.chat === conversationId);
    return {
      conversationId,
      session,
      answers(answer) {
        answers.set(session, typeof answer === "string" ? saying(answer) : answer);
      },
      asked: () => gateway.asked.filter((each) => each.session === session),
      sends,
      replies: async (count, ms) =>
        await until(
          `${count} messages, not ${JSON.stringify(sends())}`,
          () => sends().length >= count && sends(),
          ms,
        ),
      cards: () => dingtalk.cards().filter((each) => each.conversationId === conversationId),
    };
  };

  const kill = async () => {
    if (worker.process.exitCode === null) worker.process.kill("SIGKILL");
    await worker.exited;
  };

  return {
    dingtalk,
    gateway,
    home: home.path,
    get worker() {
      return worker;
    },
    person(nick = "小明") {
      const userId = `person${++people}`;
      const conversationId = `cid${userId}==`;
      const who: Saying = { senderStaffId: userId, senderNick: nick, conversationId };
      return {
        ...chat(conversationId, `agent:main:dingtalk:user:${userId}`),
        userId,
        nick,
        say: async (text, more = {}) => await dingtalk.say({ ...who, text, ...more }),
      };
    },
    group() {
      const conversationId = `cidGroup${++groups}/+A==`;
      return {
        ...chat(conversationId, `agent:main:dingtalk:group:${conversationId}`),
        says: async ({ userId, nick }, text, more = {}) =>
          await dingtalk.say({
            kind: "group",
            conversationId,
            senderStaffId: userId,
            senderNick: nick,
            text,
            ...more,
          }),
      };
    },
    kill,
    async start() {
      worker = await start();
    },
    async close() {
      await kill();
      await dingtalk.close();
      await gateway.stop();
      home.remove();
    },
  };
}

/** One start after the other: several at once keep each other from being in time on a busy machine. */
let starts: Promise<unknown> = Promise.resolve();
function inTurn<T>(start: () => Promise<T>): Promise<T> {
  const started = starts.then(start);
  starts = started.catch(() => undefined);
  return started;
}

/** Answers at once. */
export const saying = (text: string): Responder =>
  async function* () {
    yield text;
  };

const OK = saying("好的");

/** Answers piece by piece, with a pause after each. */
export const writing = (pieces: readonly string[], pauseMs: number): Responder =>
  async function* () {
    for (const piece of pieces) {
      yield piece;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

/** Says something, and the rest only when it is let go. */
export function holding(first: string, rest: string) {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const respond: Responder = async function* () {
    yield first;
    await held;
    yield rest;
  };
  return { respond, release };
}

/** Of a message, whichever way it went: what it says. */
export function textOf(send: Send | undefined): string {
  const said = send?.param["text"] ?? send?.param["content"];
  return typeof said === "string" ? said : "";
}
