import * as v from "valibot";
import { isDeeperThan, type Fields } from "./fields.ts";
import { atUsersIn, type Mentioned } from "./at-users.ts";

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
  /** DingTalk left the content out: the organisation's monthly quota is used up. */
  readonly overQuota: boolean;
  readonly senderUnionId?: string | undefined;
  /** The client somebody wrote with: "Mac", "Win" … No robot has one. */
  readonly senderPlatform?: string | undefined;
  /** Of the organisation; not said while the app is unpublished. */
  readonly isAdmin?: boolean | undefined;
  /** Groups: the robot is @-ed, as it is in everything DingTalk delivers. */
  readonly isInAtList?: boolean | undefined;
  /** Everyone @-ed, the robot included. */
  readonly atUsers?: readonly Mentioned[] | undefined;
  /** The robot's own opaque id. */
  readonly chatbotUserId?: string | undefined;
  /** The message this one answers to; undocumented. */
  readonly originalMsgId?: string | undefined;
  /** What DingTalk answered when the robot sent that message; undocumented. */
  readonly originalProcessQueryKey?: string | undefined;
  /** What the message says and quotes, as it came: `saidIn` reads it. */
  readonly raw?: RawContent | undefined;
}

export interface RawContent {
  readonly text: unknown;
  readonly content: unknown;
  readonly quoteMessage: unknown;
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

const optionalFlag = v.fallback(
  v.optional(
    v.union([
      v.boolean(),
      v.pipe(
        v.picklist(["true", "false"]),
        v.transform((flag) => flag === "true"),
      ),
    ]),
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
  // One document writes errorCode, another errCode.
  errorCode: v.optional(v.unknown()),
  errCode: v.optional(v.unknown()),
  senderUnionId: optionalText,
  senderPlatform: optionalText,
  isAdmin: optionalFlag,
  isInAtList: optionalFlag,
  atUsers: v.optional(v.unknown()),
  chatbotUserId: optionalText,
  originalMsgId: optionalText,
  originalProcessQueryKey: optionalText,
  quoteMessage: v.optional(v.unknown()),
});

/** @see https://open.dingtalk.com/document/development/receive-message-1 */
const QUOTA_USED_UP = "20001";

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
  const message = {
    msgId: raw.msgId || undefined,
    msgtype: raw.msgtype,
    kind: String(raw.conversationType) === "2" ? ("group" as const) : ("direct" as const),
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
    content: jsonText(raw.text ?? raw.content ?? null),
    overQuota: [raw.errorCode, raw.errCode].some(
      (code) => code === QUOTA_USED_UP || code === Number(QUOTA_USED_UP),
    ),
  };
  const fields = json as Fields;
  return {
    ok: true,
    message: {
      ...message,
      senderUnionId: raw.senderUnionId || undefined,
      senderPlatform: raw.senderPlatform || undefined,
      isAdmin: raw.isAdmin,
      isInAtList: raw.isInAtList,
      atUsers: atUsersIn(raw.atUsers),
      chatbotUserId: raw.chatbotUserId || undefined,
      originalMsgId: raw.originalMsgId || undefined,
      originalProcessQueryKey: raw.originalProcessQueryKey || undefined,
      raw: { text: fields["text"], content: raw.content, quoteMessage: raw.quoteMessage },
    },
  };
}

/** Nobody's content is nested so deep. Bun needs seconds to write what is, and Node cannot do it at all. */
const MAX_LEVELS = 1000;

function jsonText(value: unknown): string {
  return isDeeperThan(value, MAX_LEVELS) ? "" : JSON.stringify(value);
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
