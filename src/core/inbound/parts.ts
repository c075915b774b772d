import { objectIn, textIn, type Fields } from "./fields.ts";
import { gatherParts } from "./gather.ts";
import { addSaid } from "./kinds.ts";
import type { Said } from "./model.ts";
import { withoutOwnMention } from "./own-mention.ts";
import { quoteIn } from "./quote.ts";
import type { RawContent, RobotMessage } from "./robot-message.ts";

export type * from "./model.ts";

/** Of all texts of a message together; DingTalk's own limit is far below. */
const MAX_CHARS = 100_000;

/**
 * Everything a message says, of whatever kind it is, and what it answers to. Never throws; what is
 * missing or of a wrong type becomes an "unknown" part, or is left out where nobody would miss it.
 */
export function saidIn(message: RobotMessage): Said {
  const raw = message.raw ?? remainsOf(message);
  const { text, content } = raw;
  const quote = quoteIn(message, raw);
  if (message.overQuota && text === undefined && content === undefined) return { parts: [], quote };
  const into = gatherParts(MAX_CHARS);
  addSaid(message.msgtype, fieldsIn(text, content), into, (pieces) =>
    withoutOwnMention(pieces, message),
  );
  return { parts: into.parts(), quote };
}

/** Forwarded messages hold their words in `text` or in `content`: both are looked into. */
function fieldsIn(text: unknown, content: unknown): Fields {
  const words = objectIn(content) === undefined ? textIn(content) : undefined;
  return {
    ...(words === undefined ? {} : { text: words }),
    ...objectIn(content),
    ...objectIn(text),
  };
}

/** A message that was put together by hand, or copied, has no more than this. */
function remainsOf({ text, content }: RobotMessage): RawContent {
  const isText = text !== undefined;
  return {
    text: isText ? { content: text } : undefined,
    content: isText ? undefined : objectIn(content),
    quoteMessage: undefined,
  };
}
