import type { Message } from "../message.ts";

/**
 * As many of the first messages as fit, in one: each keeps its own mention. Returns how many it took,
 * always at least the first. `bytesOf` measures a message as it would be sent.
 */
export function mergeMessages(
  messages: readonly Message[],
  bytesOf: (message: Message) => number,
  maxBytes: number,
): { readonly message: Message; readonly count: number } {
  const [first, ...others] = messages;
  if (first === undefined) throw new RangeError("nothing to merge");
  let message = first;
  let count = 1;
  for (const other of others) {
    const joined = join(message, other);
    if (bytesOf(joined) > maxBytes) break;
    message = joined;
    count++;
  }
  return { message, count };
}

function join(one: Message, other: Message): Message {
  const format = one.format === other.format ? one.format : "markdown";
  const parts = [one, other].flatMap((message) =>
    message.parts.map((part) =>
      message.format === format ? part : { ...part, text: asMarkdown(part.text) },
    ),
  );
  return { format, title: one.title || other.title, parts };
}

/**
 * Text in which nothing was meant as markup: line breaks are marked, and what markdown would swallow
 * without showing it (tags, escapes, link definitions) is escaped.
 */
function asMarkdown(text: string): string {
  return text.replace(/[\\<[&]/g, "\\$&").replace(/(?<!\n)\n(?!\n)/g, "  \n");
}
