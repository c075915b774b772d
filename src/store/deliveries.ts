import type { Chat } from "../core/inbound/session.ts";
import type { Delivered, Delivery } from "../core/store.ts";
import { chatIn, type ChatColumns, type Database } from "./database.ts";

export type Deliveries = ReturnType<typeof openDeliveries>;

/**
 * What became of each message of a submission for each of its addressees. Every change is made inside a
 * transaction of the caller's, and what has come to an end is not changed by what comes late.
 */
export function openDeliveries({ db }: Database) {
  const insertDelivery = db.prepare(
    `INSERT INTO deliveries
       (outbox_id, position, submission, target, account, conversation_id, kind, user_id, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // The left ones are user ids; who is sent to together is always addressed as a user.
  const setSent = db.prepare(
    `UPDATE deliveries SET state = 'sent', key = ?, left_out = ?, at = ?
     WHERE outbox_id = ? AND state = 'queued'
       AND target NOT IN (SELECT 'user:' || value FROM json_each(?))`,
  );
  const setRefused = db.prepare(
    `UPDATE deliveries SET state = 'failed', reason = ?, at = ?
     WHERE outbox_id = ? AND state = 'queued' AND target = 'user:' || ?`,
  );
  const setFailed = db.prepare(
    `UPDATE deliveries SET state = 'failed', reason = ?, at = ?
     WHERE outbox_id = ? AND state = 'queued'`,
  );
  const setCancelled = db.prepare(
    "UPDATE deliveries SET state = 'recalled', at = ? WHERE outbox_id = ? AND state = 'queued'",
  );
  const setRecalled = db.prepare(
    `UPDATE deliveries SET state = 'recalled', at = ?
     WHERE outbox_id = ? AND state = 'sent' AND key = ?`,
  );
  // Ids of the outbox ascend, so that this is the order of the submission.
  const deliveriesOf = db.prepare(
    `SELECT outbox_id AS outboxId, target, state, reason, key, left_out AS leftOut, at,
       account, conversation_id AS conversationId, kind, user_id AS userId
     FROM deliveries WHERE submission = ? ORDER BY outbox_id, position`,
  );
  const deleteDeliveries = db.prepare("DELETE FROM deliveries WHERE submission = ?");

  return {
    add(
      outboxId: number,
      submission: string,
      { account, conversationId, kind, userId }: Chat,
      targets: readonly string[],
      now: number,
    ) {
      for (const [position, target] of targets.entries()) {
        insertDelivery.run(
          outboxId,
          position,
          submission,
          target,
          account,
          conversationId,
          kind,
          userId ?? null,
          now,
        );
      }
    },
    /** @param left of several addressees, those who are still to get it, by user id. */
    sent(
      outboxId: number,
      { key, leftOut = [], refused = [] }: Delivered,
      left: readonly string[],
      now: number,
    ) {
      for (const { userId, reason } of refused) setRefused.run(reason, now, outboxId, userId);
      setSent.run(key ?? null, JSON.stringify(leftOut), now, outboxId, JSON.stringify(left));
    },
    failed(outboxId: number, reason: string, now: number) {
      setFailed.run(reason, now, outboxId);
    },
    /** It has left the outbox unsent. */
    cancelled(outboxId: number, now: number) {
      setCancelled.run(now, outboxId);
    },
    recalled(outboxId: number, key: string, now: number) {
      setRecalled.run(now, outboxId, key);
    },
    of: (submission: string): Delivery[] =>
      (deliveriesOf.all(submission) as unknown as Row[]).map(deliveryOf),
    forget(submission: string) {
      deleteDeliveries.run(submission);
    },
  };
}

type Row = Pick<Delivery, "outboxId" | "target" | "state" | "at"> &
  ChatColumns & {
    readonly reason: string | null;
    readonly key: string | null;
    readonly leftOut: string;
  };

function deliveryOf({ outboxId, target, state, at, reason, key, leftOut, ...chat }: Row): Delivery {
  return {
    outboxId,
    target,
    state,
    reason: reason ?? undefined,
    processQueryKey: key ?? undefined,
    leftOut: JSON.parse(leftOut) as string[],
    chat: chatIn(chat),
    at,
  };
}
