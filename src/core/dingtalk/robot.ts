import * as v from "valibot";
import type { Clock } from "../clock.ts";
import type { Chat } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import type { Message } from "../message.ts";
import { createCaller } from "./call.ts";
import { apiVerdict, type SendResult } from "./errors.ts";
import type { Posted } from "./post.ts";
import { apiPayload } from "./render.ts";
import type { Throttle } from "./throttle.ts";
import type { TokenSource } from "./token.ts";

export interface RobotOptions {
  /** `https://api.dingtalk.com`, without a trailing slash. */
  readonly apiUrl: string;
  readonly robotCode: string;
  readonly tokens: TokenSource;
  /** For the second try with a new token; the first one's slot is the caller's business. */
  readonly throttle: Throttle;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** Sends to any chat at any time, but counts against the organisation's API quota and cannot @. */
export interface RobotApi {
  /**
   * Never throws; if `signal` breaks it off, it is to be tried again.
   * @param userIds several people who get it instead of the one the chat is with, at most 20.
   */
  send(
    chat: Chat,
    message: Message,
    signal: AbortSignal,
    userIds?: readonly string[],
  ): Promise<SendResult>;
}

const FLOW_CONTROL_MS = 60_000;

const ids = v.optional(v.fallback(v.array(v.unknown()), []));
const Answered = v.object({
  processQueryKey: v.fallback(v.string(), ""),
  invalidStaffIdList: ids,
  flowControlledStaffIdList: ids,
});

/** The API that reaches a chat, by its path: DingTalk's rate limits are per app and API. */
export function apiOf(chat: Chat): string {
  return chat.kind === "direct"
    ? "/v1.0/robot/oToMessages/batchSend"
    : "/v1.0/robot/groupMessages/send";
}

/**
 * Whether the API can reach a chat at all. Outsiders have no user id; what stands for it, their
 * `senderId` (`$:LWCP_v1:$…`), only serves to tell them apart.
 */
export function isAddressable(chat: Chat): boolean {
  if (chat.kind === "group") return chat.conversationId !== "";
  return chat.userId !== undefined && chat.userId !== "" && !chat.userId.startsWith("$:");
}

/**
 * @see https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
 * @see https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
 */
export function createRobotApi(options: RobotOptions): RobotApi {
  const { robotCode } = options;
  const call = createCaller(options);

  return {
    async send(chat, message, signal, userIds) {
      if (userIds === undefined && !isAddressable(chat)) return UNREACHABLE;
      const people = userIds ?? [chat.userId ?? ""];
      const address =
        chat.kind === "direct" ? { userIds: people } : { openConversationId: chat.conversationId };
      const { leftOut, ...payload } = apiPayload(message);
      const body = JSON.stringify({ robotCode, ...address, ...payload });
      const api = apiOf(chat);
      const result = resultOf(await call({ path: api, api, body }, signal), people);
      return result.ok && leftOut.length > 0 ? { ...result, leftOut } : result;
    },
  };
}

const UNREACHABLE: SendResult = {
  ok: false,
  failure: "final",
  reason:
    "the addressee has no user id in the robot's organisation, so only an answer to a new message of theirs can reach them",
};

const NOT_A_MEMBER =
  "the addressee is not a member of the robot's organisation, or not in the app's visible range (invalidStaffIdList)";

function resultOf(posted: Posted, people: readonly string[]): SendResult {
  if (!posted.ok) return posted;
  const { status, text } = posted;
  const parsed = v.safeParse(Answered, parseJson(text));
  if (status >= 300 || !parsed.success) return { ok: false, ...apiVerdict(status, text) };
  const { processQueryKey, invalidStaffIdList, flowControlledStaffIdList } = parsed.output;
  // One person is addressed, so whoever is listed is that person, however it is spelled.
  const among = (list: readonly unknown[] = []) =>
    people.length === 1 ? people.slice(0, list.length) : people.filter((id) => list.includes(id));
  const refused = among(invalidStaffIdList);
  if (refused.length === people.length)
    return { ok: false, failure: "final", reason: NOT_A_MEMBER };
  const limited = among(flowControlledStaffIdList).filter((id) => !refused.includes(id));
  if (refused.length === 0 && limited.length === people.length) {
    return {
      ok: false,
      failure: "retry",
      reason: "too many messages to one person in a short time (flowControlledStaffIdList)",
      waitMs: FLOW_CONTROL_MS,
    };
  }
  const lists = invalidStaffIdList ?? flowControlledStaffIdList;
  if (processQueryKey === "" && lists === undefined) {
    return { ok: false, ...apiVerdict(status, text) };
  }
  return {
    ok: true,
    ...(processQueryKey === "" ? {} : { processQueryKey }),
    ...(refused.length === 0
      ? {}
      : { refused: refused.map((userId) => ({ userId, reason: NOT_A_MEMBER })) }),
    ...(limited.length === 0 ? {} : { limited }),
  };
}
