import type { Named } from "../core/message.ts";
import type { Arrival, ConversationRef } from "../core/store.ts";
import type { Database } from "./database.ts";

/** Names known by heart: those of a large organisation that writes in many groups. */
const KNOWN_NAMES = 20_000;

export type Members = ReturnType<typeof openMembers>;

/**
 * What people are called: all by any of their ids, members of a group also by the group. Both are kept
 * for good: there is one short row for each who has ever written, and who has been silent for a year can
 * still be named.
 */
export function openMembers({ db }: Database) {
  const rememberPerson = db.prepare(
    "INSERT INTO people VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET nick = excluded.nick",
  );
  const rememberMember = db.prepare(
    `INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET nick = excluded.nick
     WHERE excluded.nick <> members.nick`,
  );
  const personOf = db.prepare("SELECT nick FROM people WHERE account = ? AND id = ?");
  const membersOf = db.prepare(
    `SELECT user_id AS userId FROM members
     WHERE account = ? AND conversation_id = ? AND nick = ? LIMIT 2`,
  );

  /**
   * Names known to be stored already, by ids, which hold no blanks: people write more often than they
   * change their names.
   */
  const known = new Map<string, string>();

  return {
    async nickOf(account: string, id: string): Promise<string | undefined> {
      const nick = personOf.get(account, id)?.["nick"];
      return nick === undefined ? undefined : String(nick);
    },
    async membersNamed(
      { account, conversationId }: ConversationRef,
      names: readonly string[],
    ): Promise<Named[]> {
      return [...new Set(names)].flatMap((name) => {
        const [one, another] = membersOf.all(account, conversationId, name);
        return one === undefined || another !== undefined
          ? []
          : [{ name, userId: String(one["userId"]) }];
      });
    },
    /**
     * Inside a transaction of the caller's, who calls what it returns when that is committed: what was
     * rolled back must be written when it comes again.
     */
    remember(arrivals: readonly Arrival[]): () => void {
      const written = new Map<string, string>();
      const isNew = (key: string, nick: string) => {
        if ((written.get(key) ?? known.get(key)) === nick) return false;
        written.set(key, nick);
        return true;
      };
      for (const { chat, sender, memberId } of arrivals) {
        if (sender === undefined) continue;
        const { account, conversationId } = chat;
        const { ids, nick } = sender;
        for (const id of ids) {
          if (isNew(`${account} ${id}`, nick)) rememberPerson.run(account, id, nick);
        }
        if (memberId === undefined) continue;
        if (isNew(`${account} ${conversationId} ${memberId}`, nick)) {
          rememberMember.run(account, conversationId, memberId, nick);
        }
      }
      return () => {
        if (known.size > KNOWN_NAMES) known.clear();
        for (const [key, nick] of written) known.set(key, nick);
      };
    },
  };
}
