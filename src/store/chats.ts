import { foldedKey, type Chat, type SessionClaim } from "../core/inbound/session.ts";
import type { Arrival, KnownChat } from "../core/store.ts";
import { createClaimed } from "./claimed.ts";
import { chatIn, row, type ChatColumns, type Database } from "./database.ts";

/** Claims known by heart: the conversations of a large organisation. */
const KNOWN_CLAIMS = 20_000;

export type Chats = ReturnType<typeof openChats>;
export type Visits = ReturnType<Chats["visits"]>;

/** A message that comes to its place. */
export type Visit = Pick<Arrival, "chat" | "place" | "receivedAt">;

/** Where messages wait. */
export interface Lane {
  readonly session: string;
  /** Of the session's row in `chats`; the desk has none. */
  readonly key: string | undefined;
}

/** The sessions that chats have with agents: whose each key is, and where its answers go. Kept for good. */
export function openChats({ db, transaction }: Database) {
  const insertChat = db.prepare(
    `INSERT INTO chats
       (folded_key, session, account, kind, conversation_id, user_id, seen_at, owner, member)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const updateChat = db.prepare(
    "UPDATE chats SET conversation_id = ?, seen_at = ? WHERE folded_key = ?",
  );
  const holderOf = db.prepare("SELECT session, owner FROM chats WHERE folded_key = ?");
  const chatOfKey = db.prepare(
    `SELECT session, member, account, kind, conversation_id AS conversationId, user_id AS userId
     FROM chats WHERE folded_key = ?`,
  );
  // Somebody may have one chat with several agents, and in time several conversations.
  const chatWith = db.prepare(
    `SELECT account, kind, conversation_id AS conversationId, user_id AS userId
     FROM chats WHERE kind = 'direct' AND account = ? AND user_id = ? ORDER BY seen_at DESC LIMIT 1`,
  );

  /** What claims have been given. A key never changes hands, so that this cannot become wrong. */
  const known = createClaimed<Lane>(KNOWN_CLAIMS);

  /** True if the key was free, and is this owner's from now on. */
  const take = (
    key: string,
    session: string,
    { owner, member }: SessionClaim,
    { chat, receivedAt }: Visit,
  ): boolean => {
    const { account, kind, conversationId, userId } = chat;
    const { changes } = insertChat.run(
      key,
      session,
      account,
      kind,
      conversationId,
      userId ?? null,
      receivedAt,
      owner,
      member ?? null,
    );
    return changes > 0;
  };

  /** What the messages of one transaction, which is the caller's, do to the chats. */
  const visits = () => {
    const given = createClaimed<Lane>();
    /** Rows made in this transaction, each by whom it was made, and the newest visit of all rows. */
    const made = new Map<string, Visit>();
    const newest = new Map<string, Visit>();

    /** The first of `wanted`, `wanted~2`, `wanted~3` … that is free or that this owner has already. */
    const resolve = (claim: SessionClaim, visit: Visit): Lane => {
      // As it will be read back.
      const wanted = claim.wanted.toWellFormed();
      for (let suffix = 1; ; suffix++) {
        const session = suffix === 1 ? wanted : `${wanted}~${suffix}`;
        const key = foldedKey(session);
        if (take(key, session, claim, visit)) {
          made.set(key, visit);
          return { session, key };
        }
        const holder = row<{ readonly session: string; readonly owner: string }>(holderOf.get(key));
        if (holder?.owner === claim.owner) return { session: holder.session, key };
      }
    };

    return {
      laneOf(visit: Visit): Lane {
        const { place } = visit;
        if ("desk" in place) return { session: place.desk, key: undefined };
        const found = known.of(place) ?? given.of(place);
        if (found !== undefined) return found;
        const lane = resolve(place, visit);
        given.keep(place, lane);
        return lane;
      },
      /** A message waits there. */
      add({ key }: Lane, visit: Visit) {
        if (key !== undefined) newest.set(key, visit);
      },
      /** One write per chat and batch at most, however many messages it brings. */
      write() {
        for (const [key, visit] of newest) {
          if (made.get(key) === visit) continue;
          updateChat.run(visit.chat.conversationId, visit.receivedAt, key);
        }
      },
      /** Only when it is committed: what was rolled back has given nothing to anybody. */
      committed() {
        for (const [claim, lane] of given) known.keep(claim, lane);
      },
    };
  };

  return {
    visits,
    /** A chat that is known already stays as it was. */
    claim(chat: Chat, claim: SessionClaim, now: number): string {
      const found = known.of(claim);
      if (found !== undefined) return found.session;
      const claiming = visits();
      const lane = transaction(() => claiming.laneOf({ chat, place: claim, receivedAt: now }));
      claiming.committed();
      return lane.session;
    },
    byFoldedKey(key: string): KnownChat | undefined {
      const found = row<Known>(chatOfKey.get(key));
      if (found === undefined) return undefined;
      const { session, member } = found;
      return { ...chatIn(found), session, ...(member === null ? {} : { member }) };
    },
    async directChat(account: string, userId: string): Promise<Chat | undefined> {
      const found = row<ChatColumns>(chatWith.get(account, userId));
      return found === undefined ? undefined : chatIn(found);
    },
  };
}

type Known = ChatColumns & { readonly session: string; readonly member: string | null };
