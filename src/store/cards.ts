import type { CardTable, OpenCard } from "../core/store.ts";
import { chatIn, type ChatColumns, type Database } from "./database.ts";

export type Cards = ReturnType<typeof openCardTable>;

/** Cards whose last text is still to come, so that a process that dies leaves none open for ever. */
export function openCardTable({ db }: Database) {
  // The same card once more is the same card.
  const insertCard = db.prepare(
    "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const deleteCard = db.prepare("DELETE FROM cards WHERE out_track_id = ?");
  const cardsOf = db.prepare(
    `SELECT out_track_id AS outTrackId, account, conversation_id AS conversationId, kind, user_id AS userId
     FROM cards WHERE account = ? ORDER BY opened_at, rowid`,
  );

  const cards: Omit<CardTable, "settleCards"> = {
    async cardOpened({ outTrackId, chat }, now) {
      const { account, conversationId, kind, userId } = chat;
      insertCard.run(outTrackId, account, conversationId, kind, userId ?? null, now);
    },
    cardGone: async (outTrackId) => void deleteCard.run(outTrackId),
    openCards: async (account) =>
      (cardsOf.all(account) as unknown as (ChatColumns & Pick<OpenCard, "outTrackId">)[]).map(
        ({ outTrackId, ...chat }) => ({ outTrackId, chat: chatIn(chat) }),
      ),
  };

  return {
    ...cards,
    /** Its last text is in the outbox now. Inside a transaction of the caller's. */
    cardClosed(outTrackId: string) {
      deleteCard.run(outTrackId);
    },
  };
}
