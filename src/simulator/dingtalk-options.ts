import type { Fault, SendCall, SendOutcome } from "./faults.ts";
import type { SentBody } from "./outbox.ts";

export interface DingTalkSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redeliverAfterMs: number;
  readonly disconnectGraceMs: number;
  readonly webhookTtlMs: number;
  readonly tokenTtlMs: number;
  /** Messages a minute and conversation, then errcode 130101 or `send.too.fast`. */
  readonly perMinute: number;
  /** Calls a second and OpenAPI, then 403. */
  readonly perSecond: number;
  /** Where links are to be dialled, like `http://127.0.0.1:8000`; undefined: at the simulator itself. */
  readonly streamUrl: string | undefined;
}

export type DingTalkOptions = Partial<DingTalkSettings>;

export const DEFAULTS: DingTalkSettings = {
  clientId: "dingsimulated",
  clientSecret: "simulated-secret",
  redeliverAfterMs: 3000,
  disconnectGraceMs: 10_000,
  webhookTtlMs: 90 * 60_000,
  tokenTtlMs: 7_200_000,
  perMinute: 20,
  perSecond: 20,
  streamUrl: undefined,
};

/** What the API answers instead of doing its work, until set back to null. */
export interface Faults {
  /** Opening a connection. */
  open: Fault | null;
  webhook: Fault | null;
  /** Both OpenAPI sends. */
  api: Fault | null;
  token: Fault | null;
  /** Asking where a file is. */
  download: Fault | null;
  /** Asked for each recipient of a send that is in order so far, whichever way it comes. */
  sends: ((call: SendCall<SentBody>) => SendOutcome) | null;
}
