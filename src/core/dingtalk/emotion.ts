import * as v from "valibot";
import { parseJson } from "../json.ts";
import { createCaller, type CallOptions } from "./call.ts";
import { apiVerdict, type SendResult } from "./errors.ts";

/** The message a reaction is put on. */
export interface Reacted {
  readonly conversationId: string;
  /** `msgId` of the callback. */
  readonly msgId: string;
}

/**
 * Puts a word or emoji on somebody's message, and takes it off again. Known from DingTalk's generated
 * SDKs (`RobotReplyEmotion`, `RobotRecallEmotion` of robot_1_0) and from other bridges, in no document.
 * Never throws.
 */
export interface EmotionApi {
  reply(to: Reacted, text: string, signal: AbortSignal): Promise<SendResult>;
  recall(to: Reacted, text: string, signal: AbortSignal): Promise<SendResult>;
}

export interface EmotionOptions extends CallOptions {
  readonly robotCode: string;
}

const Answer = v.object({ success: v.literal(true) });

export function createEmotionApi(options: EmotionOptions): EmotionApi {
  const { robotCode, tokens, throttle } = options;
  const call = createCaller(options);

  const act = async (
    action: "reply" | "recall",
    { conversationId, msgId }: Reacted,
    text: string,
    signal: AbortSignal,
  ): Promise<SendResult> => {
    const path = `/v1.0/robot/emotion/${action}`;
    // First: calls that all wait for one token would leave together.
    await tokens.get(signal);
    try {
      await throttle.take(path, signal);
    } catch {
      return { ok: false, failure: "retry", reason: "stopped before it was sent" };
    }
    // A recall must repeat the body of the reply.
    const body = JSON.stringify({
      robotCode,
      openMsgId: msgId,
      openConversationId: conversationId,
      emotionType: 2,
      emotionName: text,
      textEmotion: { emotionId: "2659900", emotionName: text, text, backgroundId: "im_bg_1" },
    });
    const posted = await call({ path, api: path, body }, signal);
    if (!posted.ok) return posted;
    const { status, text: said } = posted;
    const done = status < 300 && v.is(Answer, parseJson(said));
    return done ? { ok: true } : { ok: false, ...apiVerdict(status, said) };
  };

  return {
    reply: (to, text, signal) => act("reply", to, text, signal),
    recall: (to, text, signal) => act("recall", to, text, signal),
  };
}
