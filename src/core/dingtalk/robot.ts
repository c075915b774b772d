import * as v from "valibot";
import type { Clock } from "../clock.ts";
import type { Chat } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import type { Message } from "../message.ts";
import { apiVerdict, refusesToken, type SendResult } from "./errors.ts";
import { post, type Posted } from "./post.ts";
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
  /** Never throws; if `signal` breaks it off, it is to be tried again. */
  send(chat: Chat, message: Message, signal: AbortSignal): Promise<SendResult>;
}

const FLOW_CONTROL_MS = 60_000;

const ids = v.optional(v.fallback(v.array(v.unknown()), []));
const Sent = v.object({
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
  const { apiUrl, robotCode, tokens, throttle, fetch, clock } = options;

  const call = (chat: Chat, body: string, token: string, signal: AbortSignal): Promise<Posted> => {
    const hide = (said: string) => without(token, said);
    const headers = { "x-acs-dingtalk-access-token": token };
    return post({ url: apiUrl + apiOf(chat), body, headers, fetch, clock, signal, hide });
  };

  return {
    async send(chat, message, signal) {
      if (!isAddressable(chat)) return UNREACHABLE;
      const address =
        chat.kind === "direct"
          ? { userIds: [chat.userId] }
          : { openConversationId: chat.conversationId };
      const body = JSON.stringify({ robotCode, ...address, ...apiPayload(message) });

      const first = await tokens.get(signal);
      if (!first.ok) return first;
      const posted = await call(chat, body, first.token, signal);
      if (!posted.ok || !refusesToken(posted.status, posted.text))
        return resultOf(posted, first.token);

      tokens.drop(first.token);
      const second = await tokens.get(signal);
      if (!second.ok) return second;
      try {
        await throttle.take(apiOf(chat), signal);
      } catch {
        return STOPPED;
      }
      return resultOf(await call(chat, body, second.token, signal), second.token);
    },
  };
}

const STOPPED: SendResult = {
  ok: false,
  failure: "retry",
  reason: "stopped before it was sent again",
};

const UNREACHABLE: SendResult = {
  ok: false,
  failure: "final",
  reason:
    "the addressee has no user id in the robot's organisation, so only an answer to a new message of theirs can reach them",
};

const without = (token: string, said: string) => said.replaceAll(token, "***");

function resultOf(posted: Posted, token: string): SendResult {
  if (!posted.ok) return posted;
  const { status } = posted;
  // What DingTalk says may quote what it was sent.
  const text = without(token, posted.text);
  const parsed = v.safeParse(Sent, parseJson(text));
  if (status >= 300 || !parsed.success) return { ok: false, ...apiVerdict(status, text) };
  const { processQueryKey, invalidStaffIdList, flowControlledStaffIdList } = parsed.output;
  // One person is addressed, so whoever is listed is that person; the rest of the answer is a success.
  if (invalidStaffIdList !== undefined && invalidStaffIdList.length > 0) {
    return {
      ok: false,
      failure: "final",
      reason:
        "the addressee is not a member of the robot's organisation, or not in the app's visible range (invalidStaffIdList)",
    };
  }
  if (flowControlledStaffIdList !== undefined && flowControlledStaffIdList.length > 0) {
    return {
      ok: false,
      failure: "retry",
      reason: "too many messages to one person in a short time (flowControlledStaffIdList)",
      waitMs: FLOW_CONTROL_MS,
    };
  }
  if (processQueryKey !== "") return { ok: true, processQueryKey };
  const lists = invalidStaffIdList ?? flowControlledStaffIdList;
  return lists === undefined ? { ok: false, ...apiVerdict(status, text) } : { ok: true };
}
