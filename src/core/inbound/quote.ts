import { idIn, firstText, nameIn, objectIn, textIn, type Fields } from "./fields.ts";
import { gatherParts } from "./gather.ts";
import { addSaid } from "./kinds.ts";
import type { Quote } from "./model.ts";
import type { RawContent, RobotMessage } from "./robot-message.ts";

/** A quote in a quote in a quote: nobody has seen more. */
const MAX_DEPTH = 3;
/** More than anyone shows of a quote. */
const MAX_CHARS = 8000;

/**
 * What a message answers to. DingTalk documents none of this: where the quoted message stands
 * (`text` or `content`), what it looks like and whether it is there at all depends on the kinds of both
 * messages. In groups a quoted file comes without content, on some clients there is only its id.
 * Shapes: captures in the tests of soimy/openclaw-channel-dingtalk and multica-ai/multica.
 */
export function quoteIn(message: RobotMessage, raw: RawContent): Quote | undefined {
  const { originalMsgId, originalProcessQueryKey } = message;
  const text = objectIn(raw.text);
  const content = objectIn(raw.content);
  const snapshot =
    objectIn(text?.["repliedMsg"]) ?? objectIn(content?.["repliedMsg"]) ?? legacy(raw, content);
  const isReply = text?.["isReplyMsg"] === true || content?.["isReplyMsg"] === true;
  const known = snapshot ?? originalMsgId ?? originalProcessQueryKey;
  if (known === undefined && !isReply) return undefined;
  const quote = quoteOf(snapshot ?? {}, message, 1);
  return {
    ...quote,
    msgId: quote.msgId ?? originalMsgId,
    processQueryKey: originalProcessQueryKey,
    // There is such a key only for what the robot sent.
    fromRobot: quote.fromRobot || originalProcessQueryKey !== undefined,
  };
}

function legacy(raw: RawContent, content: Fields | undefined): Fields | undefined {
  const words = content?.["quoteContent"];
  const text = textIn(words);
  return (
    objectIn(raw.quoteMessage) ?? objectIn(words) ?? (text === undefined ? undefined : { text })
  );
}

function quoteOf(snapshot: Fields, message: RobotMessage, depth: number): Quote {
  const fields = contentOf(snapshot);
  const senderId = idIn(snapshot["senderId"]);
  const into = gatherParts(MAX_CHARS);
  const msgtype = firstText(snapshot, "msgType", "msgtype") ?? guess(fields);
  if (msgtype !== undefined) addSaid(msgtype, fields, into);
  const inner = objectIn(fields["repliedMsg"]) ?? objectIn(snapshot["repliedMsg"]);
  const isSender = senderId !== undefined && senderId === message.senderId;
  return {
    who: nameIn(snapshot["senderNick"]) ?? (isSender ? nameIn(message.senderNick) : undefined),
    senderId,
    fromRobot: senderId !== undefined && senderId === message.chatbotUserId,
    msgId: idIn(snapshot["msgId"]),
    parts: into.parts(),
    quote:
      inner === undefined || depth >= MAX_DEPTH ? undefined : quoteOf(inner, message, depth + 1),
  };
}

/** The content of a quoted message: an object, its JSON text, bare words, or in the old shape `text`. */
function contentOf(snapshot: Fields): Fields {
  const { content, text, biz_custom_action_url } = snapshot;
  const url = biz_custom_action_url === undefined ? {} : { biz_custom_action_url };
  const words = textIn(content) ?? textIn(text);
  return {
    ...url,
    ...(objectIn(content) ?? objectIn(text) ?? (words === undefined ? {} : { text: words })),
  };
}

/** Older clients do not name the kind. */
function guess(fields: Fields): string | undefined {
  if (fields["richText"] !== undefined) return "richText";
  if (fields["cardContent"] !== undefined) return "interactiveCard";
  return firstText(fields, "text", "content") === undefined ? undefined : "text";
}
