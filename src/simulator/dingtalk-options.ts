import { TEMPLATES, type Template } from "./card-templates.ts";
import type { Fault, SendCall, SendOutcome, Switch } from "./faults.ts";
import type { SentBody } from "./model.ts";

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
  /** Templates that cards can be made of. */
  readonly templates: readonly Template[];
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
  templates: TEMPLATES,
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
  /** Putting a card into a chat. */
  card: Switch;
  streaming: Switch;
  /** Changing a card otherwise. */
  cardUpdate: Switch;
  upload: Switch;
  /** Both recalls. */
  recall: Switch;
  /** Reactions, put on and taken off. */
  emotion: Switch;
  /** Milliseconds a call of the OpenAPI or an upload waits before anything is done about it. */
  slow: ((path: string) => number) | null;
  /** Asked for each recipient of a send that is in order so far, whichever way it comes. */
  sends: ((call: SendCall<SentBody>) => SendOutcome) | null;
}

export const noFaults = (): Faults => ({
  open: null,
  webhook: null,
  api: null,
  token: null,
  download: null,
  card: null,
  streaming: null,
  cardUpdate: null,
  upload: null,
  recall: null,
  emotion: null,
  slow: null,
  sends: null,
});
