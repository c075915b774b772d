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
import {
  ended,
  environmentOf,
  runMain,
  startWorker,
  temporaryFolder,
  type Ended,
  type WorkerProcess,
} from "../support/worker-process.ts";

/** What of the worker's file may name a simulator, or files in its home. */
type Block = (around: { readonly home: string; readonly url: string }) => object;

export interface WorldOptions<Account extends string = never> {
  readonly runtime: RuntimeName;
  readonly dingtalk?: DingTalkOptions;
  /** `channels.dingtalk` of the worker's file. */
  readonly block?: Block;
  /**
   * Several robots, each at a DingTalk of its own: what is under `accounts.<id>` besides its keys and
   * addresses. Without it there is one robot, which the worker knows from its environment.
   */
  readonly accounts?: Readonly<Record<Account, object | Block>>;
  /** Robots that connect; default: all. */
  readonly links?: number;
  /** Agents the gateway has; default: whichever it is asked for. */
  readonly agents?: readonly string[];
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

/** Where a chat is to be another one than a new one of its own. */
export interface Whereabouts {
  /** Direct chats: who it is. The same person may write to several robots. */
  readonly userId?: string;
  /** Groups: which. The same group may have several robots. */
  readonly conversationId?: string;
  /** The session the worker asks in, where it is not the plain one of the robot's agent. */
  readonly session?: string;
}

/** A robot, and who is in chats with it. */
export interface Robot {
  readonly dingtalk: DingTalk;
  person(nick?: string, where?: Whereabouts): Person;
  group(where?: Whereabouts): Group;
}

/** A worker in a process of its own, between a DingTalk and a gateway of its own. */
export interface World<Account extends string = never> extends Robot {
  /** The first robot's. */
  readonly dingtalk: DingTalk;
  /** Those under `accounts`. */
  readonly robots: Readonly<Record<Account, Robot>>;
  readonly gateway: EchoGateway;
  /** The worker's home folder. */
  readonly home: string;
  readonly worker: WorkerProcess;
  /** Runs `dingbridge <args>` in the worker's runtime and home, and waits for its end. */
  command(...args: readonly string[]): Promise<Ended>;
  /** SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** More than the worker's own limits: when this process is busy, more comes together than was sent together. */
const GENEROUS: DingTalkOptions = { perMinute: 10_000, perSecond: 60 };

export async function openWorld<Account extends string = never>(
  options: WorldOptions<Account>,
): Promise<World<Account>> {
  const { runtime, env = {}, strictAborts = true, agents } = options;
  const home = temporaryFolder();
  const answers = new Map<string, Responder>();
  const gateway = await startGateway({
    strictAborts,
    ...(agents === undefined ? {} : { agents }),
    respond: (asked) => (answers.get(asked.session) ?? OK)(asked),
  });
  const ids = Object.keys(options.accounts ?? {}) as Account[];
  const dingtalks = await Promise.all(
    (ids.length === 0 ? [{}] : ids.map(robotKeys)).map(
      async (keys) => await startDingTalk({ ...GENEROUS, ...keys, ...options.dingtalk }),
    ),
  );
  const [dingtalk] = dingtalks;
  if (dingtalk === undefined) throw new Error("no robot");
  const blockOf = (block: object | Block | undefined, { url }: DingTalk) =>
    typeof block === "function" ? (block as Block)({ home: home.path, url }) : (block ?? {});
  const block = blockOf(options.block, dingtalk);
  const accounts = ids.map((id, at) => {
    const own = dingtalks[at] ?? dingtalk;
    const { clientId, clientSecret, url } = own;
    const where = { clientId, clientSecret, apiUrl: url, oapiUrl: url };
    return { id, dingtalk: own, block: { ...where, ...blockOf(options.accounts?.[id], own) } };
  });
  mkdirSync(join(home.path, ".openclaw"), { recursive: true });
  writeFileSync(
    join(home.path, ".openclaw/dingbridge.json"),
    JSON.stringify({
      channels: {
        dingtalk: {
          limits: { perMinute: 1000 },
          budget: { apiCalls: 1_000_000 },
          ...block,
          ...(accounts.length === 0
            ? {}
            : { accounts: Object.fromEntries(accounts.map(({ id, block }) => [id, block])) }),
        },
      },
    }),
  );
  const setup = {
    runtime,
    dingtalk: accounts.length === 0 ? dingtalk : undefined,
    gateway,
    home: home.path,
    env,
    links: options.links ?? dingtalks.length,
  };
  const start = async () => await inTurn(() => startWorker(setup));
  let worker = await start();
  const people = createNumbers("person");
  const groups = createNumbers("cidGroup", "/+A==");
  const robot = (own: DingTalk, agentId: string) =>
    createRobot({ dingtalk: own, gateway, agentId, answers, people, groups });
  const agentId = agentIn(block) ?? "main";
  const robots = accounts.map(
    (each) => [each.id, robot(each.dingtalk, agentIn(each.block) ?? agentId)] as const,
  );

  const kill = async () => {
    if (worker.process.exitCode === null) worker.process.kill("SIGKILL");
    await worker.exited;
  };

  return {
    ...(robots[0]?.[1] ?? robot(dingtalk, agentId)),
    robots: Object.fromEntries(robots) as Record<Account, Robot>,
    gateway,
    home: home.path,
    get worker() {
      return worker;
    },
    command: async (...args) => {
      // The worker's own port: "0" stands for any.
      const { port } = new URL(worker.http);
      return await ended(
        runMain(runtime, args, { ...environmentOf(setup), DINGBRIDGE_PORT: port }),
      );
    },
    kill,
    async start() {
      worker = await start();
    },
    async close() {
      await kill();
      await Promise.all(dingtalks.map(async (each) => await each.close()));
      await gateway.stop();
      home.remove();
    },
  };
}

const robotKeys = (id: string): DingTalkOptions => ({
  clientId: `ding${id}`,
  clientSecret: `secret of ${id}`,
});

function agentIn(block: object): string | undefined {
  return "agentId" in block && typeof block.agentId === "string" ? block.agentId : undefined;
}

function createNumbers(before: string, after = "") {
  let count = 0;
  return () => `${before}${++count}${after}`;
}

interface RobotOptions {
  readonly dingtalk: DingTalk;
  readonly gateway: EchoGateway;
  readonly agentId: string;
  /** By session. */
  readonly answers: Map<string, Responder>;
  readonly people: () => string;
  readonly groups: () => string;
}

function createRobot(options: RobotOptions): Robot {
  const { dingtalk, gateway, agentId, answers, people, groups } = options;
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
  return {
    dingtalk,
    person(nick = "小明", where = {}) {
      const { userId = people() } = where;
      const { conversationId = `cid${userId}==` } = where;
      const { session = `agent:${agentId}:dingtalk:user:${userId}` } = where;
      const who: Saying = { senderStaffId: userId, senderNick: nick, conversationId };
      return {
        ...chat(conversationId, session),
        userId,
        nick,
        say: async (text, more = {}) => await dingtalk.say({ ...who, text, ...more }),
      };
    },
    group(where = {}) {
      const { conversationId = groups() } = where;
      const { session = `agent:${agentId}:dingtalk:group:${conversationId}` } = where;
      return {
        ...chat(conversationId, session),
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
