import type { Chat } from "../inbound/session.ts";
import type { Store } from "../store.ts";
import { nameOf, type Address } from "./address.ts";

/** The robots that can send. */
export interface KnownAccounts {
  readonly ids: readonly string[];
  /** `defaultAccount`, if it is set. */
  readonly usual: string | undefined;
}

export type ChosenAccount =
  | { readonly ok: true; readonly account: string }
  | { readonly ok: false; readonly reason: string };

/** The robot that is to send: the one that is named, else the only one, the usual one, or "default". */
export function accountFor(named: unknown, { ids, usual }: KnownAccounts): ChosenAccount {
  const known = ids.map((id) => JSON.stringify(id)).join(" or ");
  const [only, ...others] = ids;
  const chosen =
    named !== undefined ? named : others.length === 0 ? only : (usual ?? DEFAULT_ACCOUNT);
  if (typeof chosen === "string" && ids.includes(chosen)) return { ok: true, account: chosen };
  return {
    ok: false,
    reason: named === undefined ? `is missing: expected ${known}` : `expected ${known}`,
  };
}

/** What the only robot is called where the configuration names none. */
const DEFAULT_ACCOUNT = "default";

/** One message's way: a chat, or several people whom one call reaches. */
export interface Recipient {
  readonly chat: Chat;
  readonly userIds?: readonly string[];
  /** As they were given. */
  readonly targets: readonly string[];
}

export interface RecipientsOptions {
  readonly account: string;
  /** Of the submission: people who are sent to together have no chat of their own to queue in. */
  readonly id: string;
  readonly store: Pick<Store, "directChat">;
}

/**
 * People DingTalk takes in one call.
 * @see https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
 */
const USERS_AT_ONCE = 20;

/** A chat as it is, or addressees, each once. */
export async function recipientsOf(
  to: readonly Address[] | Chat,
  options: RecipientsOptions,
): Promise<Recipient[]> {
  if ("account" in to) return [{ chat: to, targets: [nameOf(addressOf(to))] }];
  const idsOf = (kind: Address["kind"]) => [
    ...new Set(to.flatMap((address) => (address.kind === kind ? [address.id] : []))),
  ];
  const users = idsOf("user");
  const recipients: Recipient[] = [];
  for (let at = 0; at < users.length; at += USERS_AT_ONCE) {
    recipients.push(await people(users.slice(at, at + USERS_AT_ONCE), recipients.length, options));
  }
  for (const id of idsOf("group")) {
    recipients.push({
      chat: { account: options.account, kind: "group", conversationId: id, userId: undefined },
      targets: [nameOf({ kind: "group", id })],
    });
  }
  return recipients;
}

async function people(
  userIds: readonly string[],
  at: number,
  { account, id, store }: RecipientsOptions,
): Promise<Recipient> {
  const targets = userIds.map((userId) => nameOf({ kind: "user", id: userId }));
  const direct = { account, kind: "direct" } as const;
  const [only = "", ...others] = userIds;
  if (others.length > 0) {
    const chat = { ...direct, conversationId: `users:${id}/${at}`, userId: undefined };
    return { chat, userIds, targets };
  }
  // In the chat we know the message keeps its place among the answers.
  const known = await store.directChat(account, only);
  return { chat: known ?? { ...direct, conversationId: `user:${only}`, userId: only }, targets };
}

/** How a caller would name a chat. */
export function addressOf({ kind, conversationId, userId }: Chat): Address {
  return kind === "group"
    ? { kind, id: conversationId }
    : { kind: "user", id: userId ?? conversationId };
}
