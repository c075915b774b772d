import type { Mention, Message } from "../message.ts";

/**
 * Bytes a message may take in its longer form, so that it fits either path: the OpenAPI takes 15 000
 * of `msgParam`, a webhook 20 000 of the whole body.
 * @see https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
 */
export const MAX_MESSAGE_BYTES = 14_000;

/** DingTalk's ids and names are much shorter; what is longer must not take the answer's place. */
const MAX_NAME_CHARS = 200;

/** What the OpenAPI's two ways to send have in common; `msgParam` is JSON text. */
export interface ApiPayload {
  readonly msgKey: "sampleText" | "sampleMarkdown";
  readonly msgParam: string;
}

/**
 * The body for a session webhook, as JSON text. A mention needs both the list and the words in the
 * text; whoever has no id is only named.
 * @see https://open.dingtalk.com/document/development/custom-robots-send-group-messages
 */
export function webhookBody(message: Message): string {
  const content = contentOf(message, (mention) =>
    mention.userId === undefined ? nickOf(mention) : idOf(mention),
  );
  const ids = message.parts.flatMap(({ mention }) => idOf(mention) ?? []);
  const at = ids.length > 0 ? { at: { atUserIds: [...new Set(ids)] } } : {};
  return JSON.stringify(
    message.format === "markdown"
      ? { msgtype: "markdown", markdown: { title: titleOf(message), text: content }, ...at }
      : { msgtype: "text", text: { content }, ...at },
  );
}

/** The message for the OpenAPI, which cannot @ anyone: people are named only. */
export function apiPayload(message: Message): ApiPayload {
  const content = contentOf(message, nickOf);
  return message.format === "markdown"
    ? {
        msgKey: "sampleMarkdown",
        msgParam: JSON.stringify({ title: titleOf(message), text: content }),
      }
    : { msgKey: "sampleText", msgParam: JSON.stringify({ content }) };
}

const encoder = new TextEncoder();

/** UTF-8 bytes of a message in its longer form: the webhook's body or the OpenAPI's `msgParam`. */
export function bytesOf(message: Message): number {
  const forms = [webhookBody(message), apiPayload(message).msgParam];
  return Math.max(...forms.map((form) => encoder.encode(form).length));
}

function contentOf(
  { format, parts }: Message,
  greeting: (mention: Mention) => string | undefined,
): string {
  const markdown = format === "markdown";
  // A markdown heading or list only counts as one at the start of a line.
  const gap = markdown ? "\n\n" : " ";
  return parts
    .map(({ text, mention }) => {
      const name = mention === undefined ? undefined : greeting(mention);
      return name === undefined ? text : `@${name}${gap}${text}`;
    })
    .join(markdown ? "\n\n---\n\n" : "\n\n")
    .toWellFormed();
}

const idOf = (mention: Mention | undefined) => usable(mention?.userId);
const nickOf = ({ nick }: Mention) => usable(nick?.replace(/\s+/g, " "));

function usable(name: string | undefined): string | undefined {
  if (name === undefined || name.trim() === "" || name.length > MAX_NAME_CHARS) return undefined;
  return name.toWellFormed();
}

const titleOf = ({ title }: Message) => title.toWellFormed();
