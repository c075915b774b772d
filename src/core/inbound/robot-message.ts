import * as v from "valibot";

/**
 * A robot message as DingTalk pushes it in `data`, checked and cut down to what the bridge needs.
 * Unknown fields pass, optional ones of a wrong type count as missing: what comes in must never be
 * lost for a field nobody reads.
 * @see https://open.dingtalk.com/document/development/receive-message-1
 */
export interface RobotMessage {
  /** Stable across redeliveries; the same for two robots that are @-ed in one group message. */
  readonly msgId: string | undefined;
  readonly msgtype: string;
  /** `conversationType` decides, never the id's prefix: both kinds start with `cid`. */
  readonly kind: "direct" | "group";
  readonly conversationId: string;
  readonly conversationTitle: string | undefined;
  /** Opaque, always there: `$:LWCP_v1:$…`. */
  readonly senderId: string | undefined;
  /** The user id inside the organisation; missing for outsiders and unpublished apps. */
  readonly senderStaffId: string | undefined;
  readonly senderNick: string | undefined;
  /** When the user sent it, ms since the epoch. */
  readonly createAt: number | undefined;
  readonly webhook: Webhook | undefined;
  /** `text.content` of a text message, mentions cut out by DingTalk, blanks left behind. */
  readonly text: string | undefined;
  /** What the sender wrote, as JSON text: part of the content fingerprint. */
  readonly content: string;
}

/** Where a conversation can be answered without a token, until `expiresAt` (ms since the epoch, if known). */
export interface Webhook {
  readonly url: string;
  readonly expiresAt: number | undefined;
}

const optionalText = v.fallback(v.optional(v.pipe(v.string(), v.trim())), undefined);
/** Ms since the epoch, as a number or as text; anything a database could not hold counts as missing. */
const optionalTime = v.fallback(
  v.optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
      v.safeInteger(),
      v.minValue(0),
    ),
  ),
  undefined,
);

const Schema = v.object({
  msgId: optionalText,
  msgtype: v.fallback(v.string(), ""),
  conversationType: v.fallback(v.optional(v.union([v.string(), v.number()])), undefined),
  conversationId: v.pipe(v.string(), v.minLength(1)),
  conversationTitle: optionalText,
  senderId: optionalText,
  senderStaffId: optionalText,
  senderNick: optionalText,
  createAt: optionalTime,
  sessionWebhook: optionalText,
  sessionWebhookExpiredTime: optionalTime,
  text: v.fallback(v.optional(v.object({ content: v.string() })), undefined),
  content: v.optional(v.unknown()),
});

export type ParsedRobotMessage =
  | { readonly ok: true; readonly message: RobotMessage }
  | { readonly ok: false; readonly reason: string };

/** Reads `data` of a robot frame. Fails only where nobody could be answered. */
export function parseRobotMessage(data: string): ParsedRobotMessage {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return { ok: false, reason: "data is not JSON" };
  }
  const parsed = v.safeParse(Schema, json);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return { ok: false, reason: `data.${v.getDotPath(issue) ?? ""}: expected ${issue.expected}` };
  }
  const raw = parsed.output;
  const senderStaffId = raw.senderStaffId || undefined;
  const senderId = raw.senderId || undefined;
  if (
    String(raw.conversationType) !== "2" &&
    senderStaffId === undefined &&
    senderId === undefined
  ) {
    return { ok: false, reason: "data: a direct message without senderStaffId and senderId" };
  }
  return {
    ok: true,
    message: {
      msgId: raw.msgId || undefined,
      msgtype: raw.msgtype,
      kind: String(raw.conversationType) === "2" ? "group" : "direct",
      conversationId: raw.conversationId,
      conversationTitle: raw.conversationTitle,
      senderId,
      senderStaffId,
      senderNick: raw.senderNick,
      createAt: raw.createAt,
      webhook: raw.sessionWebhook
        ? { url: raw.sessionWebhook, expiresAt: raw.sessionWebhookExpiredTime }
        : undefined,
      text: raw.text?.content,
      content: JSON.stringify(raw.text ?? raw.content ?? null),
    },
  };
}

/**
 * What makes a message the same message when it comes again under a new id: undefined without
 * `createAt`, since two equal texts of one person would otherwise be one.
 */
export function fingerprintOf(account: string, message: RobotMessage): string | undefined {
  if (message.createAt === undefined) return undefined;
  return JSON.stringify([
    // The time first: sorted, new fingerprints come last.
    message.createAt,
    account,
    message.conversationId,
    message.senderStaffId ?? message.senderId,
    message.msgtype,
    message.content,
  ]);
}
