/** Names of everything the worker counts. */
export type CounterName =
  | "frames"
  | "frames_malformed"
  | "frames_oversize"
  | "frames_unknown_topic"
  | "acks"
  | "acks_unsent"
  | "links_opened"
  | "links_lost"
  | "opens_failed"
  | "messages_stored"
  | "messages_not_stored"
  | "duplicates_by_id"
  | "duplicates_by_content"
  | "quarantined"
  /** Of robots, or said to somebody else. */
  | "messages_ignored"
  /** Messages the bridge itself has seen to: commands, and people who are not let in. */
  | "desk_answers"
  | "turns"
  | "turns_answered"
  | "turns_silent"
  | "turns_failed"
  | "turns_crashed"
  /** The connection to the gateway broke in mid-turn. */
  | "turns_broken"
  /** Answers found in the gateway's history after a break. */
  | "turns_recovered"
  | "turns_asked_again"
  | "gateway_outages"
  | "notices"
  | "replies_sent"
  | "replies_retried"
  | "replies_failed"
  /** Sent again although the first try may have gone out: a time-out, a lost connection, a crash. */
  | "replies_uncertain"
  | "replies_merged"
  /** Sent by the OpenAPI instead of the session webhook. */
  | "replies_by_api"
  /** Files and pictures sent. */
  | "attachments_sent"
  /** Files and pictures that a line of text stands for. */
  | "attachments_refused"
  | "cards_opened"
  | "card_updates"
  /** Cards given up: the answer went as messages. */
  | "cards_failed"
  | "reactions"
  | "reactions_failed"
  | "turns_stopped"
  /** Messages others asked to be sent. */
  | "submissions"
  | "over_quota"
  | "webhooks_refused";

/** Counters since the start; one that never counted is missing. */
export interface Counters {
  count(name: CounterName, by?: number): void;
  read(): Readonly<Partial<Record<CounterName, number>>>;
}

export function createCounters(): Counters {
  const values: Partial<Record<CounterName, number>> = {};
  return {
    count(name, by = 1) {
      values[name] = (values[name] ?? 0) + by;
    },
    read: () => ({ ...values }),
  };
}
