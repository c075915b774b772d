import type { EventLog } from "./events.ts";
import type { SendCall, Via } from "./faults.ts";
import type { SentBody } from "./model.ts";
import { postOf, postText } from "./posts.ts";

/** A message the robot has sent. */
export interface Sent {
  readonly conversationId: string;
  readonly time: number;
  readonly via: Via;
  readonly body: SentBody;
  /** What the OpenAPI's answer names it by; a quote of it does too. */
  readonly processQueryKey?: string | undefined;
  /** When it was taken back. */
  readonly recalledAt?: number;
}

/** The same with what it carries, whichever way it came. */
export interface Send {
  readonly chat: string;
  readonly time: number;
  readonly via: Via;
  /** Of a webhook its msgtype. */
  readonly msgKey: string;
  readonly param: Readonly<Record<string, unknown>>;
  readonly processQueryKey: string | undefined;
  readonly recalled: boolean;
}

/** How long a message can be taken back. */
const RECALL_MS = 24 * 3_600_000;

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
    const post = postOf(body);
    messages.add(conversationId);
    sent.push({ conversationId, time, via, body, processQueryKey });
    events.emit({
      type: "message",
      time,
      conversationId,
      from: "robot",
      name: "dingbridge",
      msgtype: body.msgtype,
      id: processQueryKey,
      title: body.markdown?.title,
      text:
        body.markdown?.text ??
        body.text?.content ??
        (post === undefined ? JSON.stringify(body) : postText(post)),
      at: body.at?.atUserIds ?? [],
      atAll: body.at?.isAtAll === true,
      post,
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
    /** All of it, with what each carries. */
    sends: (): readonly Send[] => sent.map(sendOf),
    /** Takes a message back that came this way, in a group from there. Why not, if not. */
    recall(key: string, via: Via, conversationId?: string): string | undefined {
      const found = [...sent.entries()].filter(
        ([, it]) =>
          it.processQueryKey === key &&
          it.via === via &&
          (conversationId === undefined || it.conversationId === conversationId),
      );
      const time = Date.now();
      if (found.length === 0) return "processQueryKey不存在";
      if (found.some(([, it]) => it.recalledAt !== undefined)) return "消息已撤回";
      if (found.some(([, it]) => it.time < time - RECALL_MS)) return "消息发送超过24小时";
      for (const [at, it] of found) {
        sent[at] = { ...it, recalledAt: time };
        events.emit({ type: "recalled", time, conversationId: it.conversationId, id: key });
      }
      return undefined;
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

function sendOf({ conversationId, time, via, body, processQueryKey, recalledAt }: Sent): Send {
  const { msgtype, ...rest } = body;
  const inner = body[msgtype];
  const isNested = typeof inner === "object" && inner !== null;
  const key = { text: "sampleText", markdown: "sampleMarkdown" }[msgtype];
  return {
    chat: conversationId,
    time,
    via,
    msgKey: via === "webhook" ? msgtype : (key ?? msgtype),
    param: isNested ? (inner as Send["param"]) : rest,
    processQueryKey,
    recalled: recalledAt !== undefined,
  };
}

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
