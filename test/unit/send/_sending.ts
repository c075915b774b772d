import type { ChatSettings } from "../../../src/core/access/model.ts";
import type { AuditEvent } from "../../../src/core/audit.ts";
import { createCounters } from "../../../src/core/counters.ts";
import type { Recalled } from "../../../src/core/dingtalk/recall.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Words } from "../../../src/core/message.ts";
import { createSending, type SendRequest } from "../../../src/core/send/sending.ts";
import type { Delivery, Fate, Store, Submission, Submissions } from "../../../src/core/store.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

export const idAt = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
export const ID = idAt(1);

export const directChat: Chat = {
  account: "default",
  kind: "direct",
  conversationId: "cidDirect==",
  userId: "staff1",
};
export const groupChat: Chat = {
  account: "default",
  kind: "group",
  conversationId: "cidGroup==",
  userId: undefined,
};

/** By folded key: the chats whose sessions are known. */
const SESSIONS = new Map(
  [
    { ...groupChat, session: "agent:main:dingtalk:group:cidGroup==" },
    { ...directChat, session: "agent:main:dingtalk:user:staff1" },
    { ...groupChat, account: "work", session: "agent:work:dingtalk:group:cidWork==" },
    { ...groupChat, account: "gone", session: "agent:main:dingtalk:group:cidGone==" },
  ].map((chat) => [chat.session.toLowerCase(), chat]),
);

/** Submissions kept in memory, all of them waiting until a test says otherwise. */
export function createFakeSubmissions() {
  const fates = new Map<string, Fate>();
  const taken: Submission[] = [];
  const ids = new Map<string, string>();
  let broken: Error | undefined;
  let full = false;
  let lastOutboxId = 0;

  const change = (match: (delivery: Delivery) => boolean, changes: Partial<Delivery>) => {
    for (const [id, fate] of fates) {
      const deliveries = fate.deliveries.map((delivery) =>
        match(delivery) ? { ...delivery, ...changes } : delivery,
      );
      fates.set(id, { ...fate, deliveries });
    }
  };
  const works = () => {
    if (broken !== undefined) throw broken;
  };

  const store: Submissions & Pick<Store, "chatByFoldedKey"> = {
    async submit(submission, _limit, now) {
      works();
      const { idempotencyKey } = submission;
      const key = idempotencyKey && `${submission.account} ${idempotencyKey}`;
      const known = key === undefined ? undefined : ids.get(key);
      if (known !== undefined) return { kind: "known", id: known };
      if (full) return { kind: "full" };
      if (key !== undefined) ids.set(key, submission.id);
      taken.push(submission);
      const deliveries = submission.replies.flatMap(({ chat, targets }) => {
        const outboxId = ++lastOutboxId;
        return targets.map((target) => ({
          outboxId,
          target,
          chat,
          at: now,
          leftOut: [],
          state: "queued" as const,
          reason: undefined,
          processQueryKey: undefined,
        }));
      });
      const { id, account } = submission;
      fates.set(id, { id, account, createdAt: now, deliveries });
      return { kind: "accepted", id };
    },
    async fate(id) {
      works();
      return fates.get(id);
    },
    async cancel(id, now) {
      works();
      const outboxIds = fates.get(id)?.deliveries.map(({ outboxId }) => outboxId) ?? [];
      change(
        ({ outboxId, state, reason }) =>
          outboxIds.includes(outboxId) && state === "queued" && reason !== "being sent",
        { state: "recalled", at: now },
      );
    },
    async recalled(outboxId, processQueryKey, now) {
      change(
        (delivery) =>
          delivery.outboxId === outboxId && delivery.processQueryKey === processQueryKey,
        { state: "recalled", at: now },
      );
    },
    async directChat(account, userId) {
      works();
      const isKnown = account === directChat.account && userId === directChat.userId;
      return isKnown ? directChat : undefined;
    },
    async chatByFoldedKey(key) {
      works();
      return SESSIONS.get(key);
    },
  };
  return {
    store,
    /** In order. */
    taken,
    /** What became of all deliveries of a target. */
    settle: (target: string, changes: Partial<Delivery>) =>
      change((delivery) => delivery.target === target, changes),
    settleOne: (outboxId: number, changes: Partial<Delivery>) =>
      change((delivery) => delivery.outboxId === outboxId, changes),
    /** From now on. */
    break: (error: Error) => void (broken = error),
    fill: () => void (full = true),
  };
}

/** Markdown of one message a line, as good as any other rule; comments are not seen. */
const words = (markdown: string, chat: Chat): Words[] =>
  markdown
    .split("\n")
    .filter((line) => !line.startsWith("<!--"))
    .map((line) => ({ format: "markdown", title: chat.kind, parts: [{ text: line }] }));

const settings = (systemPrompt: string | undefined): ChatSettings => ({
  requireMention: true,
  sessionScope: "group",
  systemPrompt,
  reply: { mode: "markdown", tables: "keep", chunkChars: 3500, atSender: true },
});

export interface WorldOptions {
  readonly accounts?: readonly string[];
  readonly defaultAccount?: string;
}

export function createWorld({ accounts = ["default"], defaultAccount }: WorldOptions = {}) {
  const fake = createFakeSubmissions();
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const woken: string[] = [];
  const recalls: { account: string; chat: Chat; keys: readonly string[] }[] = [];
  const audited: AuditEvent[] = [];
  const direct = settings("direct");
  const groups = settings("groups");
  const own = settings("a group of its own");
  let ids = 0;
  const world = {
    ...fake,
    clock,
    log,
    counters,
    woken,
    recalls,
    audited,
    /** What DingTalk says to a recall. */
    recall: (keys: readonly string[]): Recalled => ({ recalled: keys, failed: [] }),
    /** A group with settings of its own. */
    special: "cidSpecial==",
  };
  const robot = (account: string) => ({
    words: (markdown: string, chat: Chat) =>
      words(chat.conversationId === world.special ? `${markdown}!` : markdown, chat),
    recall: async (chat: Chat, keys: readonly string[]) => {
      recalls.push({ account, chat, keys });
      return world.recall(keys);
    },
    onReplies: ({ conversationId }: Chat) => void woken.push(conversationId),
    access: {
      settings: ({ kind, conversationId }: Chat) =>
        kind === "direct" ? direct : conversationId === world.special ? own : groups,
    },
  });
  const robots = new Map(accounts.map((id) => [id, robot(id)]));
  const sending = createSending({
    store: fake.store,
    accounts: robots,
    defaultAccount,
    newId: () => idAt(++ids),
    clock,
    limit: 10_000,
    audit: { record: (event) => void audited.push(event) },
    log,
    counters,
    signal: new AbortController().signal,
  });
  return Object.assign(world, {
    sending,
    /** A caller of the send API, where nothing else is said. */
    submit: (request: Pick<SendRequest, "to" | "content"> & Partial<SendRequest>) =>
      sending.submit({ account: "default", by: "send API", ...request }),
    /** The robot runs no longer. */
    disable: (account: string) => void robots.delete(account),
  });
}
