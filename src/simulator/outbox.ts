import type { EventLog } from "./events.ts";
import type { SendCall, Via } from "./faults.ts";

/** The webhook's shape. Kinds that it does not have are `{ msgtype: <msgKey>, ...<msgParam> }`. */
export interface SentBody {
  readonly msgtype: string;
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly title: string; readonly text: string };
  readonly at?: { readonly atUserIds?: readonly string[] };
  readonly [field: string]: unknown;
}

/** A message the robot has sent. */
export interface Sent {
  readonly conversationId: string;
  readonly time: number;
  readonly via: Via;
  readonly body: SentBody;
  /** What the OpenAPI's answer names it by; a quote of it does too. */
  readonly processQueryKey?: string | undefined;
}

/** A call or message that came too fast. Where: the API's path, or the conversation. */
export interface Violation {
  readonly time: number;
  readonly kind: "minute" | "second";
  readonly where: string;
}

export interface OutboxOptions {
  readonly events: EventLog;
  /** Messages a minute and conversation, whichever way they come. */
  readonly perMinute: number;
  /** Calls a second and API. */
  readonly perSecond: number;
}

/** What the robot has sent, and whether it kept to the limits. */
export function createOutbox({ events, perMinute, perSecond }: OutboxOptions) {
  const sent: Sent[] = [];
  const violations: Violation[] = [];
  const messages = createWindows(60_000);
  const calls = createWindows(1000);

  const violated = (kind: Violation["kind"], where: string) =>
    violations.push({ time: Date.now(), kind, where });

  const receive = (
    { via, conversationId, body }: SendCall<SentBody>,
    processQueryKey: string | undefined,
  ) => {
    const time = Date.now();
    messages.add(conversationId);
    sent.push({ conversationId, time, via, body, processQueryKey });
    events.emit({
      type: "message",
      time,
      conversationId,
      from: "robot",
      name: "dingbridge",
      msgtype: body.msgtype,
      title: body.markdown?.title,
      text: body.markdown?.text ?? body.text?.content ?? JSON.stringify(body),
      at: body.at?.atUserIds ?? [],
    });
  };

  return {
    sent,
    violations,
    /** Takes the messages, all or none: false when a conversation has had its share of the minute. */
    take(batch: readonly SendCall<SentBody>[], processQueryKey?: string): boolean {
      const full = batch.filter(
        ({ conversationId }) => messages.count(conversationId) >= perMinute,
      );
      for (const { conversationId } of full) violated("minute", conversationId);
      if (full.length > 0) return false;
      for (const call of batch) receive(call, processQueryKey);
      return true;
    },
    /** Counts a call: false, and not counted, when the API has had its share of the second. */
    call(api: string): boolean {
      if (calls.count(api) >= perSecond) {
        violated("second", api);
        return false;
      }
      calls.add(api);
      return true;
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;

/** Counts what happened under a key within the last `ms`. */
function createWindows(ms: number) {
  const times = new Map<string, number[]>();
  const recent = (key: string) => {
    const still = (times.get(key) ?? []).filter((time) => time > Date.now() - ms);
    times.set(key, still);
    return still;
  };
  return {
    count: (key: string) => recent(key).length,
    add: (key: string) => recent(key).push(Date.now()),
  };
}
