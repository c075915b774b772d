import type { Clock } from "../clock.ts";
import type { Recall } from "../dingtalk/recall.ts";
import type { Delivery, Store } from "../store.ts";
import { reportOf, type FateReport, type RecallProblem } from "./fate.ts";

export interface WithdrawOptions {
  readonly store: Pick<Store, "fate" | "cancel" | "recalled">;
  readonly recall: Recall;
  readonly clock: Clock;
  /** Breaks off the calls. */
  readonly signal: AbortSignal;
}

/**
 * What DingTalk recalls.
 * @see https://open.dingtalk.com/document/development/batch-message-recall-chat
 */
const RECALLABLE_MS = 24 * 60 * 60 * 1000;

const NO_KEY =
  "DingTalk gave no key for it, as for all that goes by a session webhook: it cannot be recalled";
const TOO_OLD = "sent more than 24 hours ago: DingTalk recalls nothing older";
const ON_ITS_WAY = "it is being sent right now: ask again in a moment";

/**
 * Takes back what is queued, recalls what was sent, and says of the rest why it stays. Undefined: the id
 * is not known. Rejects if the store fails.
 */
export async function withdraw(
  id: string,
  options: WithdrawOptions,
): Promise<FateReport | undefined> {
  const { store, clock } = options;
  if ((await store.fate(id)) === undefined) return undefined;
  await store.cancel(id, clock.now());
  const deliveries = (await store.fate(id))?.deliveries ?? [];

  const problems: RecallProblem[] = [];
  const recallable: Delivery[] = [];
  for (const delivery of deliveries) {
    const reason = obstacle(delivery, clock.now());
    if (reason !== undefined) problems.push({ delivery, reason });
    else if (delivery.state === "sent") recallable.push(delivery);
  }
  // A recall in direct chats names messages only, one in a group its group.
  const byChat = Map.groupBy(recallable, ({ chat }) =>
    chat.kind === "direct" ? "" : chat.conversationId,
  );
  for (const together of byChat.values()) {
    problems.push(...(await recallTogether(together, options)));
  }
  const fate = await store.fate(id);
  return fate === undefined ? undefined : reportOf(fate, problems);
}

function obstacle({ state, processQueryKey, at }: Delivery, now: number): string | undefined {
  if (state === "queued") return ON_ITS_WAY;
  if (state !== "sent") return undefined;
  if (processQueryKey === undefined) return NO_KEY;
  return now - at > RECALLABLE_MS ? TOO_OLD : undefined;
}

/** One message may have several addressees: its key stands for all of them. */
async function recallTogether(
  deliveries: readonly Delivery[],
  { store, recall, clock, signal }: WithdrawOptions,
): Promise<RecallProblem[]> {
  const [first] = deliveries;
  if (first === undefined) return [];
  const byKey = Map.groupBy(deliveries, ({ processQueryKey = "" }) => processQueryKey);
  const { recalled, failed } = await recall(first.chat, [...byKey.keys()], signal);
  for (const key of recalled) {
    for (const outboxId of new Set(byKey.get(key)?.map((delivery) => delivery.outboxId))) {
      await store.recalled(outboxId, key, clock.now());
    }
  }
  return failed.flatMap(({ key, reason }) =>
    (byKey.get(key) ?? []).map((delivery) => ({ delivery, reason })),
  );
}
