import * as v from "valibot";
import type { Chat } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import { createCaller, type CallOptions } from "./call.ts";
import { apiVerdict } from "./errors.ts";
import type { Posted } from "./post.ts";

/** What became of messages that were to be taken back; every key is in one of the two. */
export interface Recalled {
  /** By `processQueryKey`. */
  readonly recalled: readonly string[];
  readonly failed: readonly { readonly key: string; readonly reason: string }[];
}

/**
 * Takes back messages the robot sent by the OpenAPI within the last 24 hours; the chat shows no trace of
 * them. Direct chats need not be told apart: any of them stands for all. Never throws.
 * @see https://open.dingtalk.com/document/development/batch-message-recall-chat
 * @see https://open.dingtalk.com/document/development/enterprise-chatbot-withdraws-internal-group-messages
 */
export type Recall = (
  chat: Chat,
  keys: readonly string[],
  signal: AbortSignal,
) => Promise<Recalled>;

/** Keys DingTalk takes in one call. */
const KEYS_AT_ONCE = 20;

const Answer = v.object({
  successResult: v.optional(v.fallback(v.array(v.string()), []), []),
  failedResult: v.optional(v.fallback(v.record(v.string(), v.unknown()), {}), {}),
});

export interface RecallOptions extends CallOptions {
  readonly robotCode: string;
}

export function createRecall(options: RecallOptions): Recall {
  const { robotCode, throttle } = options;
  const call = createCaller(options);

  const some = async (chat: Chat, keys: readonly string[], signal: AbortSignal) => {
    const api = apiOf(chat);
    const group = chat.kind === "group" ? { openConversationId: chat.conversationId } : {};
    const body = JSON.stringify({ robotCode, ...group, processQueryKeys: keys });
    try {
      await throttle.take(api, signal);
    } catch {
      return none(keys, "stopped before it was recalled");
    }
    return outcome(keys, await call({ path: api, api, body }, signal));
  };

  return async (chat, keys, signal) => {
    const outcomes: Recalled[] = [];
    const all = [...new Set(keys)];
    for (let at = 0; at < all.length; at += KEYS_AT_ONCE) {
      outcomes.push(await some(chat, all.slice(at, at + KEYS_AT_ONCE), signal));
    }
    return {
      recalled: outcomes.flatMap(({ recalled }) => recalled),
      failed: outcomes.flatMap(({ failed }) => failed),
    };
  };
}

/** `oto` in small letters here: sending is `oToMessages`. */
function apiOf({ kind }: Chat): string {
  return kind === "direct"
    ? "/v1.0/robot/otoMessages/batchRecall"
    : "/v1.0/robot/groupMessages/recall";
}

const none = (keys: readonly string[], reason: string): Recalled => ({
  recalled: [],
  failed: keys.map((key) => ({ key, reason })),
});

function outcome(keys: readonly string[], posted: Posted): Recalled {
  if (!posted.ok) return none(keys, posted.reason);
  const { status, text } = posted;
  const parsed = v.safeParse(Answer, parseJson(text));
  const { successResult = [], failedResult = {} } = parsed.success ? parsed.output : {};
  const said = successResult.length + Object.keys(failedResult).length;
  if (status >= 300 || said === 0) return none(keys, apiVerdict(status, text).reason);
  const recalled = keys.filter((key) => successResult.includes(key));
  return {
    recalled,
    failed: keys
      .filter((key) => !recalled.includes(key))
      .map((key) => ({ key, reason: refusal(failedResult[key]) })),
  };
}

function refusal(reason: unknown): string {
  return typeof reason === "string" && reason.trim() !== ""
    ? `DingTalk did not recall it (${reason.slice(0, 200)})`
    : "DingTalk did not recall it and does not say why";
}
