import type { Delivery, DeliveryState, Fate } from "../store.ts";

/**
 * What became of all that was asked for: `queued` while anything waits; then `sent`, `failed` or
 * `recalled` if that is true of every addressee, else `partial`.
 */
export type FateState = DeliveryState | "partial";

/** As the HTTP API shows it. Times are ISO 8601. */
export interface FateReport {
  readonly id: string;
  readonly account: string;
  readonly createdAt: string;
  readonly state: FateState;
  readonly deliveries: readonly TargetReport[];
}

/** One addressee: all messages of a submission for them together. */
export interface TargetReport {
  readonly to: string;
  readonly state: DeliveryState;
  /** Why it failed, or waits. */
  readonly reason?: string;
  /** DingTalk's names for the messages; none for what went by a session webhook. */
  readonly processQueryKeys?: readonly string[];
  /** What the way they went could not carry. */
  readonly leftOut?: readonly string[];
  /** When the state last changed. */
  readonly at: string;
  /** Why something of it could not be taken back, if that was asked for. */
  readonly recall?: readonly string[];
}

/** Why one delivery could not be taken back. */
export interface RecallProblem {
  readonly delivery: Pick<Delivery, "outboxId" | "target">;
  readonly reason: string;
}

export function reportOf(fate: Fate, problems: readonly RecallProblem[] = []): FateReport {
  const byTarget = Map.groupBy(fate.deliveries, ({ target }) => target);
  const recalls = Map.groupBy(problems, ({ delivery }) => delivery.target);
  const deliveries = [...byTarget].map(([to, parts]) =>
    targetOf(
      to,
      parts,
      (recalls.get(to) ?? []).map(({ reason }) => reason),
    ),
  );
  return {
    id: fate.id,
    account: fate.account,
    createdAt: isoOf(fate.createdAt),
    state: stateOf(deliveries),
    deliveries,
  };
}

function targetOf(to: string, parts: readonly Delivery[], recall: readonly string[]): TargetReport {
  const reasons = unique(parts.flatMap(({ reason }) => reason ?? []));
  const keys = unique(parts.flatMap(({ processQueryKey }) => processQueryKey ?? []));
  const leftOut = unique(parts.flatMap((part) => part.leftOut));
  return {
    to,
    state: partsState(parts),
    ...(reasons.length > 0 ? { reason: reasons.join("; ") } : {}),
    ...(keys.length > 0 ? { processQueryKeys: keys } : {}),
    ...(leftOut.length > 0 ? { leftOut } : {}),
    at: isoOf(Math.max(...parts.map(({ at }) => at))),
    ...(recall.length > 0 ? { recall: unique(recall) } : {}),
  };
}

/** A long text is several messages, and is there only if all of them are. */
function partsState(parts: readonly Delivery[]): DeliveryState {
  const has = (state: DeliveryState) => parts.some((part) => part.state === state);
  if (has("failed")) return "failed";
  if (has("queued")) return "queued";
  return parts.every(({ state }) => state === "recalled") ? "recalled" : "sent";
}

function stateOf(deliveries: readonly TargetReport[]): FateState {
  const states = unique(deliveries.map(({ state }) => state));
  const [state = "sent"] = states;
  if (states.includes("queued")) return "queued";
  return states.length === 1 ? state : "partial";
}

const isoOf = (time: number) => new Date(time).toISOString();

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
