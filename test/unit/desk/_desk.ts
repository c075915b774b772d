import type { Choice, Grant, Pairing, Role } from "../../../src/core/access/model.ts";
import { createAccess } from "../../../src/core/access/access.ts";
import { createRoster } from "../../../src/core/access/roster.ts";
import type { AuditEvent } from "../../../src/core/audit.ts";
import type { Agents } from "../../../src/core/config/schema.ts";
import { createDesk, type DeskOptions, type DeskStatus } from "../../../src/core/desk/desk.ts";
import { createStops } from "../../../src/core/desk/stops.ts";
import { DESK_TEXTS } from "../../../src/core/desk/texts.ts";
import type { ResetOutcome } from "../../../src/core/gateway/client.ts";
import { parseRobotMessage, type RobotMessage } from "../../../src/core/inbound/robot-message.ts";
import {
  askerOf,
  chatOf,
  type Chat,
  type SessionClaim,
} from "../../../src/core/inbound/session.ts";
import { saidIn, type Message } from "../../../src/core/message.ts";
import type { Approval } from "../../../src/core/store.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { accountOf } from "../access/_access.ts";

export const START = 1_700_000_000_000;

export function messageOf(data: string): RobotMessage {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

/** Tables in memory, which do what the store promises. */
export function createTables(givenGrants: readonly Grant[] = []) {
  const tables = {
    version: 1,
    failure: undefined as Error | undefined,
    grantList: [...givenGrants],
    choiceList: [] as Choice[],
    pairingList: [] as Pairing[],
    notices: [] as { readonly chat: Chat; readonly message: Message }[],
    requests: 0,
    approvals: 0,
    async accessVersion() {
      return tables.version;
    },
    async grants() {
      return [...tables.grantList];
    },
    async choices() {
      return [...tables.choiceList];
    },
    async requestPairing(wish: Pairing, since: number, limit: number) {
      tables.requests++;
      if (tables.failure !== undefined) throw tables.failure;
      tables.pairingList = tables.pairingList.filter(({ createdAt }) => createdAt > since);
      const known = tables.pairingList.find(({ userId }) => userId === wish.userId);
      if (known !== undefined) return known;
      if (tables.pairingList.length >= limit) return undefined;
      tables.pairingList.push(wish);
      return wish;
    },
    async approve({ account, code, since, by, now, roleOf, notice }: Approval) {
      tables.approvals++;
      const pairing = tables.pairingList.find(
        (each) => each.code === code && each.createdAt > since,
      );
      if (pairing === undefined) return undefined;
      const { userId, nick, chat } = pairing;
      const hasOwner = tables.grantList.some(({ role }) => role === "owner");
      const grant = { account, userId, nick, by, at: now, role: roleOf(pairing, hasOwner) };
      tables.pairingList = tables.pairingList.filter((each) => each !== pairing);
      tables.grantList.push(grant);
      tables.notices.push({ chat, message: notice(pairing, grant.role) });
      tables.version++;
      return grant;
    },
    async choose(choice: Omit<Choice, "agentId">, agentId: string | undefined) {
      const { kind, chatId, userId } = choice;
      tables.choiceList = tables.choiceList.filter(
        (each) => each.kind !== kind || each.chatId !== chatId || each.userId !== userId,
      );
      if (agentId !== undefined) tables.choiceList.push({ ...choice, agentId });
      tables.version++;
    },
    async claim(_chat: Chat, { wanted }: SessionClaim) {
      if (tables.failure !== undefined) throw tables.failure;
      return wanted;
    },
  };
  return tables;
}

export interface Situation {
  readonly block?: object;
  readonly known?: readonly string[];
  readonly grants?: readonly Grant[];
  readonly options?: Partial<DeskOptions>;
}

export const STATUS: DeskStatus = {
  link: { state: "connected", since: START - 3_900_000 },
  gateway: { state: "open", since: null },
  session: { waiting: 2, running: true },
  inbox: 3,
  outbox: 1,
  budget: { api: { used: 120, limit: 5000 }, stream: { used: 80, limit: 3000 } },
};

/** A desk with the real rules of access, and people who write to it. */
export async function atDesk({
  block = {},
  known = [],
  grants = [],
  options = {},
}: Situation = {}) {
  const clock = createFakeClock(START);
  const tables = createTables(grants);
  const agents: Partial<Agents> = { known };
  const config = accountOf(block, agents);
  const roster = createRoster({ account: "work", store: tables });
  await roster.refresh();
  const access = createAccess({ config, roster });
  const stops = createStops();
  const log = createFakeLog();
  const audit: AuditEvent[] = [];
  const asked: { readonly session: string }[] = [];
  const resets: string[] = [];
  /** How many messages each session's people have waiting. */
  const waiting = new Map<string, number>();
  const gateway = { outcome: { ok: true } as ResetOutcome };
  let bytes = 0;
  let messages = 0;

  const desk = createDesk({
    account: "work",
    robot: "小白",
    texts: DESK_TEXTS.en,
    denialNotice: config.denialNotice,
    access,
    roster,
    store: tables,
    stops,
    withdraw: async ({ asker }, session) => waiting.get(`${session} ${asker.userId}`) ?? 0,
    gateway: {
      async reset(session) {
        resets.push(session);
        return gateway.outcome;
      },
    },
    async status(_chat, session) {
      asked.push({ session });
      return STATUS;
    },
    agents: config.agents,
    audit: { record: (event) => void audit.push(event) },
    clock,
    // Every code is another one.
    randomBytes: (count) => Uint8Array.from({ length: count }, () => bytes++ % 200),
    log,
    signal: new AbortController().signal,
    async onAccessChanged() {
      await roster.refresh();
    },
    ...options,
  });

  const send = (data: string, msgId = `msg${++messages}`) => {
    const message = messageOf(data);
    const chat = chatOf("work", message);
    const asker = askerOf(message);
    const decision = access.decide(chat, asker);
    return desk.handle({ message, chat, asker, decision, msgId, id: messages });
  };

  return {
    access,
    asked,
    audit,
    clock,
    gateway,
    log,
    resets,
    stops,
    tables,
    waiting,
    send,
    /** Writes in the direct chat with the robot. */
    says: (userId: string, content: string, msgId?: string) =>
      send(directFrom(userId, content), msgId),
    /** Writes in the group. */
    saysInGroup: (userId: string, content: string, msgId?: string) =>
      send(groupFrom(userId, content), msgId),
    events: () => audit.map(({ event }) => event),
  };
}

const person = (userId: string) => ({
  senderStaffId: userId,
  senderId: `$:LWCP_v1:$${userId}`,
  senderNick: userId.toUpperCase(),
});

export const directFrom = (userId: string, content: string) =>
  robotData({ ...person(userId), conversationId: `cid-of-${userId}`, text: { content } });

export const groupFrom = (userId: string, content: string) =>
  groupData({ ...person(userId), text: { content: ` ${content}` } });

export const granted = (userId: string, role: Role): Grant => ({
  account: "work",
  userId,
  role,
  nick: undefined,
  by: "command line",
  at: 1,
});

/** An owner, a member, and an agent for guests. */
export const HOUSE = {
  owners: ["boss"],
  members: ["mia"],
  roles: { guest: { agentId: "lobby" } },
};

export const directChat = (userId: string): Chat => ({
  account: "work",
  kind: "direct",
  conversationId: `cid-of-${userId}`,
  userId,
});

export const GROUP: Chat = {
  account: "work",
  kind: "group",
  conversationId: "cidGroup==",
  userId: undefined,
};

export const wordsOf = (message: Message | undefined): string =>
  message === undefined ? "" : saidIn(message);
