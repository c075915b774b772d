/** Where a message's time goes, one stage after the other. */
export type Stage =
  /** From its frame to its ack; of messages acked together the longest. */
  | "ack"
  /** From its frame to the question at the gateway. */
  | "wait"
  /** From there to the agent's first word. */
  | "first_word"
  /** From the question to the whole answer. */
  | "answer"
  /** From a reply in the outbox to DingTalk's word that it has it. */
  | "delivery";

/** What is measured of one robot. Labels are few: never an id, never what somebody has written. */
export interface Meter {
  stage(stage: Stage, ms: number): void;
  /** How a turn ended: "answered", "silent", "stopped", or the kind of its failure. */
  turn(outcome: string): void;
  /** How a try to send ended: "sent", or what is to be done about it. */
  send(outcome: string): void;
  /** A call of DingTalk's API, by its path; `status` of the answer, 0: none came. */
  call(api: string, status: number): void;
  /** Our own limit has held a call back. */
  held(api: string): void;
}

export const NO_METER: Meter = {
  stage: () => undefined,
  turn: () => undefined,
  send: () => undefined,
  call: () => undefined,
  held: () => undefined,
};
