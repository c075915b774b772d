import type { Submissions } from "../core/store.ts";
import { row, type Database } from "./database.ts";
import type { Deliveries } from "./deliveries.ts";
import type { OutboxTable } from "./outbox.ts";

/** What became of a submission, and its idempotency key, are known this long after its last change. */
const FATE_MS = 7 * 24 * 60 * 60 * 1000;

export interface SubmissionsOptions {
  readonly outbox: OutboxTable;
  readonly deliveries: Deliveries;
}

/** What others ask to be sent. */
export function openSubmissions({ db, transaction }: Database, options: SubmissionsOptions) {
  const { outbox, deliveries } = options;
  const idOfKey = db.prepare(
    "SELECT id FROM submissions WHERE account = ? AND idempotency_key = ?",
  );
  const submissionOf = db.prepare(
    "SELECT id, account, created_at AS createdAt FROM submissions WHERE id = ?",
  );
  const insertSubmission = db.prepare("INSERT INTO submissions VALUES (?, ?, ?, ?)");
  const countWaiting = db.prepare(
    "SELECT count(*) AS waiting FROM outbox WHERE submission IS NOT NULL AND failed_at IS NULL",
  );
  const takeOut = db.prepare(
    `DELETE FROM outbox WHERE submission = ? AND failed_at IS NULL AND sending = 0 RETURNING id`,
  );
  const forgetSubmissions = db.prepare(
    `DELETE FROM submissions WHERE created_at < ?1 AND NOT EXISTS (
       SELECT 1 FROM deliveries
       WHERE submission = submissions.id AND (state = 'queued' OR at >= ?1)
     ) RETURNING id`,
  );

  const find = (id: string) =>
    row<{ readonly id: string; readonly account: string; readonly createdAt: number }>(
      submissionOf.get(id),
    );

  const submissions: Omit<Submissions, "directChat"> = {
    submit: async ({ id, account, idempotencyKey, replies }, limit, now) =>
      transaction(() => {
        const first =
          idempotencyKey === undefined ? undefined : idOfKey.get(account, idempotencyKey)?.["id"];
        const known = first ?? find(id)?.id;
        if (known !== undefined) return { kind: "known", id: String(known) };
        const waiting = Number(countWaiting.get()?.["waiting"]);
        if (waiting + replies.length > limit) return { kind: "full" };
        insertSubmission.run(id, account, idempotencyKey ?? null, now);
        for (const reply of replies) {
          const outboxId = outbox.insert(reply, now, { submission: id });
          deliveries.add(outboxId, id, reply.chat, reply.targets, now);
        }
        return { kind: "accepted", id };
      }),
    async fate(id) {
      const found = find(id);
      return found === undefined ? undefined : { ...found, deliveries: deliveries.of(id) };
    },
    cancel: async (id, now) =>
      transaction(() => {
        for (const { id: outboxId } of takeOut.all(id)) deliveries.cancelled(Number(outboxId), now);
      }),
    recalled: async (outboxId, key, now) => deliveries.recalled(outboxId, key, now),
  };

  return {
    ...submissions,
    prune(now: number) {
      for (const { id } of forgetSubmissions.all(now - FATE_MS)) deliveries.forget(String(id));
    },
  };
}
