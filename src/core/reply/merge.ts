import type { Message, Part, Words } from "../message.ts";
import { asMarkdown } from "./markdown/escape.ts";

/**
 * As many of the first messages as fit, in one: each keeps its own mention. Returns how many it took,
 * always at least the first. Only words that @ nobody but by name share a message. `bytesOf` measures a
 * message as it would be sent.
 */
export function mergeMessages(
  messages: readonly Message[],
  bytesOf: (message: Message) => number,
  maxBytes: number,
): { readonly message: Message; readonly count: number } {
  const [first, ...others] = messages;
  if (first === undefined) throw new RangeError("nothing to merge");
  if (!isMergeable(first)) return { message: first, count: 1 };
  let message = first;
  let count = 1;
  for (const other of others) {
    if (!isMergeable(other)) break;
    const joined = join(message, other);
    if (bytesOf(joined) > maxBytes) break;
    message = joined;
    count++;
  }
  return { message, count };
}

function isMergeable(message: Message): message is Words {
  const isWords = message.format === "text" || message.format === "markdown";
  return isWords && message.at === undefined;
}

const literal = (part: Part): Part => {
  const names = part.named?.map(({ name }) => name);
  return Object.assign({}, part, { text: asMarkdown(part.text, names) });
};

function join(one: Words, other: Words): Words {
  const format = one.format === other.format ? one.format : "markdown";
  const parts = [one, other].flatMap((message) =>
    message.parts.map((part) => (message.format === format ? part : literal(part))),
  );
  return { format, title: one.title || other.title, parts };
}
