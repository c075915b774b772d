import { foldedKey, type Chat } from "../core/inbound/session.ts";
import type { Arrival } from "../core/store.ts";
import { chatIn, row, type ChatColumns, type Database } from "./database.ts";

export type Chats = ReturnType<typeof openChats>;

/** The chats that have brought a message. */
export function openChats({ db }: Database) {
  const rememberChat = db.prepare(
    `INSERT INTO chats (folded_key, session, account, kind, conversation_id, user_id, seen_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET conversation_id = excluded.conversation_id, seen_at = excluded.seen_at`,
  );
  const chatOfKey = db.prepare(
    `SELECT session, account, kind, conversation_id AS conversationId, user_id AS userId
     FROM chats WHERE folded_key = ?`,
  );
  // Somebody may have one chat with several agents, and in time several conversations.
  const chatWith = db.prepare(
    `SELECT account, kind, conversation_id AS conversationId, user_id AS userId
     FROM chats WHERE kind = 'direct' AND account = ? AND user_id = ? ORDER BY seen_at DESC LIMIT 1`,
  );

  return {
    byFoldedKey(key: string): (Chat & { readonly session: string }) | undefined {
      const found = row<ChatColumns & { readonly session: string }>(chatOfKey.get(key));
      return found === undefined ? undefined : { ...chatIn(found), session: found.session };
    },
    async directChat(account: string, userId: string): Promise<Chat | undefined> {
      const found = row<ChatColumns>(chatWith.get(account, userId));
      return found === undefined ? undefined : chatIn(found);
    },
    /**
     * One write per chat and batch, however many messages it brings. Inside a transaction of the
     * caller's.
     */
    remember(arrivals: readonly Arrival[]) {
      const newest = new Map(arrivals.map((arrival) => [arrival.session, arrival]));
      for (const [session, { chat, receivedAt }] of newest) {
        const { account, kind, conversationId, userId } = chat;
        rememberChat.run(
          foldedKey(session),
          session,
          account,
          kind,
          conversationId,
          userId ?? null,
          receivedAt,
        );
      }
    },
  };
}
