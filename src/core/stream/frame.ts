import * as v from "valibot";

/**
 * A frame DingTalk pushes over the Stream connection: one JSON object a text message, `data` a JSON
 * string. `messageId` names one push attempt, not the chat message.
 * @see https://opensource.dingtalk.com/developerpedia/docs/learn/stream/protocol
 */
export interface Frame {
  readonly type: "SYSTEM" | "EVENT" | "CALLBACK";
  readonly topic: string;
  /** Missing on some SYSTEM disconnect frames. */
  readonly messageId: string | undefined;
  readonly data: string;
}

export const ROBOT_TOPIC = "/v1.0/im/bot/messages/get";
export const CARD_TOPIC = "/v1.0/card/instances/callback";

const FrameSchema = v.object({
  type: v.picklist(["SYSTEM", "EVENT", "CALLBACK"]),
  headers: v.object({
    topic: v.string(),
    messageId: v.optional(v.string()),
  }),
  data: v.optional(v.string(), ""),
});

export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly reason: string };

/** Reads one text message. Never throws: what is not a frame comes back with a reason. */
export function parseFrame(text: string): ParsedFrame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reason: "not JSON" };
  }
  const parsed = v.safeParse(FrameSchema, json);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    return { ok: false, reason: `${v.getDotPath(issue) ?? "frame"}: expected ${issue.expected}` };
  }
  const { type, headers, data } = parsed.output;
  return { ok: true, frame: { type, topic: headers.topic, messageId: headers.messageId, data } };
}

/** Ack codes: 200 taken, 404 no such topic here, 500 could not be handled. */
export type AckCode = 200 | 404 | 500;

/** The answer to a push: echoes its `messageId`; `data` is JSON text whose meaning depends on the topic. */
export function ackFrame(
  messageId: string,
  data: string,
  code: AckCode = 200,
  message = "OK",
): string {
  return JSON.stringify({
    code,
    message,
    headers: { messageId, contentType: "application/json" },
    data,
  });
}

/** What DingTalk's own documents send back for a robot message or a card callback with nothing to say. */
export const ROBOT_ACK = '{"response":null}';
export const CARD_ACK = '{"response":{}}';
