import { afterEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { isWords, saidIn } from "../../../src/core/message.ts";
import type {
  Admission,
  Arrival,
  Delivery,
  OutboxEntry,
  Reply,
  Store,
} from "../../../src/core/store.ts";
import type { Submission } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, arrivalOf, robotData, words } from "../../support/fake-messages.ts";

export const SESSION = "agent:main:dingtalk:user:staff1";
export const HOUR = 3_600_000;
export const NOW = 1_700_000_000_000;
export const chat: Chat = {
  account: "default",
  kind: "direct",
  conversationId: "cidDirect==",
  userId: "staff1",
};
export const group: Chat = {
  account: "default",
  kind: "group",
  conversationId: "cidGroup==",
  userId: undefined,
};

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-store-"));
  folders.push(folder);
  return join(folder, "dingbridge.sqlite");
}

/** The nth message of the same chat, sent and received at its own time. */
export const message = (
  at: number,
  fields: Record<string, unknown> = {},
  account = "default",
): Arrival =>
  arrivalOf(robotData({ msgId: `msg${at}`, createAt: at, ...fields }), account, NOW + at);

/** What became of each arrival, in order. */
export async function kindsOf(taking: Promise<readonly Admission[]>): Promise<Admission["kind"][]> {
  return (await taking).map(({ kind }) => kind);
}

export async function stored(store: Store, count: number): Promise<void> {
  await store.takeIn(
    Array.from({ length: count }, (_, at) => message(at)),
    [],
    USAGE,
  );
}

export const reply = (text: string, to: Chat = chat): Reply => ({ chat: to, message: words(text) });

/** Stores one message and settles it with these replies. */
export async function answered(store: Store, replies: readonly Reply[], at = 0): Promise<void> {
  await store.takeIn([message(at)], [], USAGE);
  await settled(store, replies);
}

/** Settles the oldest message that waits. */
export async function settled(store: Store, replies: readonly Reply[] = []): Promise<void> {
  await store.settle([(await store.nextTurns(SESSION, 1))[0]?.id ?? 0], replies, NOW);
}

export async function withReplies(...texts: string[]): Promise<Store> {
  const store = openSqliteStore(":memory:");
  await answered(
    store,
    texts.map((text) => reply(text)),
  );
  return store;
}

export function textOf(entry: Pick<OutboxEntry, "message"> | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const { message } = entry;
  return isWords(message) ? message.parts.map(({ text }) => text).join("|") : saidIn(message);
}

/** What a conversation has to send, oldest first. */
export async function waitingIn(store: Store, to: Chat = chat): Promise<(string | undefined)[]> {
  return (await store.nextReplies(to, 100)).map(textOf);
}

/** The reply that is next. */
export async function headOf(store: Store, to: Chat = chat): Promise<OutboxEntry> {
  const [head] = await store.nextReplies(to, 1);
  if (head === undefined) throw new Error("nothing to send");
  return head;
}

/** One message to several people, who have no chat of their own to queue in. */
export const toPeople = (...userIds: readonly string[]): Submission["replies"][number] => ({
  chat: { account: "default", kind: "direct", conversationId: "users:1/0", userId: undefined },
  message: words("to all of you"),
  userIds,
  targets: userIds.map((userId) => `user:${userId}`),
});

export const toOne = (text: string, to: Chat = chat): Submission["replies"][number] => ({
  ...reply(text, to),
  targets: [to.userId === undefined ? `group:${to.conversationId}` : `user:${to.userId}`],
});

export const submissionOf = (
  id: string,
  replies: Submission["replies"],
  idempotencyKey?: string,
): Submission => ({ id, account: "default", idempotencyKey, replies });

/** Submits this much without a bound. */
export async function submitted(
  store: Store,
  id: string,
  ...replies: Submission["replies"]
): Promise<void> {
  await store.submit(submissionOf(id, replies), 1000, NOW);
}

export async function deliveriesOf(store: Store, id: string): Promise<readonly Delivery[]> {
  return (await store.fate(id))?.deliveries ?? [];
}

/** Target and state of each delivery, with its key or reason if it has one. */
export async function statesOf(store: Store, id: string): Promise<string[]> {
  const deliveries = await deliveriesOf(store, id);
  return deliveries.map(({ target, state, processQueryKey, reason }) =>
    [target, state, processQueryKey, reason].filter((part) => part !== undefined).join(" "),
  );
}
