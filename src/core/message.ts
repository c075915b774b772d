/** Whom an answer in a group is for. */
export interface Mention {
  /** `senderStaffId`: only this can be @-ed; outsiders have none. */
  readonly userId: string | undefined;
  readonly nick: string | undefined;
}

/** Somebody the text names as `@name`, and who that is for certain. */
export interface Named {
  readonly name: string;
  readonly userId: string;
}

/** A stretch of text with the person it is for. */
export interface Part {
  readonly text: string;
  readonly mention?: Mention | undefined;
  /** People its `@name`s stand for. */
  readonly named?: readonly Named[] | undefined;
}

/**
 * One DingTalk message before it is known by which path it goes: the paths differ in shape, and in what
 * they can carry at all.
 */
export type Message = Words | LinkMessage | ActionCard | FeedCard | Attachment | CardText;

/** Several parts are several answers that share a message. */
export interface Words {
  readonly format: "text" | "markdown";
  /** Of a markdown message: chat list and push notification show it, the message itself does not. */
  readonly title: string;
  readonly parts: readonly Part[];
  /** People to @ whom the text does not name: ids, or everybody. */
  readonly at?: At | undefined;
}

export interface At {
  readonly userIds: readonly string[];
  readonly all?: boolean | undefined;
}

export interface LinkMessage {
  readonly format: "link";
  readonly title: string;
  readonly text: string;
  readonly url: string;
  /** An https address or a media id. */
  readonly picture?: string | undefined;
}

export interface Button {
  readonly title: string;
  readonly url: string;
}

export interface ActionCard {
  readonly format: "actionCard";
  readonly title: string;
  /** Markdown. */
  readonly text: string;
  readonly mention?: Mention | undefined;
  /** At least one. */
  readonly buttons: readonly Button[];
  readonly orientation: "vertical" | "horizontal";
}

export interface FeedCard {
  readonly format: "feedCard";
  readonly links: readonly {
    readonly title: string;
    readonly url: string;
    readonly picture: string;
  }[];
}

/** Where a file to be sent comes from. */
export type Source =
  /** On this machine, under one of `media.roots`. */
  | { readonly path: string }
  | { readonly url: string }
  /** Uploaded already. */
  | { readonly mediaId: string };

/** A picture or file. With a `mediaId` it can be sent as it is; else it must be uploaded first. */
export interface Attachment {
  readonly format: "image" | "file" | "audio" | "video";
  readonly source: Source;
  /** As people see it, with its extension; default: from the source. */
  readonly name?: string | undefined;
  /** Of sound and video. */
  readonly durationMs?: number | undefined;
  /** A video's still picture; without one it goes as a file. */
  readonly cover?: Source | undefined;
}

/** The last state of a card that is already in the chat. */
export interface CardText {
  readonly format: "card";
  readonly outTrackId: string;
  /** Markdown. */
  readonly text: string;
  /** By which a quote of the card names it. */
  readonly key?: string | undefined;
  /** Sent where the card cannot be changed any more; without it such a card is left as it is. */
  readonly instead?: Words | undefined;
}

/** Words as they are: nothing in them is markup. */
export const plainWords = (text: string): Words => ({
  format: "text",
  title: "",
  parts: [{ text }],
});

export function isWords(message: Message): message is Words {
  return message.format === "text" || message.format === "markdown";
}

export function isAttachment(message: Message): message is Attachment {
  const { format } = message;
  return format === "image" || format === "file" || format === "audio" || format === "video";
}

/** Whether the OpenAPI would leave something out: it can @ nobody and knows no feedCard. */
export function needsWebhook(message: Message): boolean {
  if (message.format === "feedCard") return true;
  if (!isWords(message)) return false;
  const { at, parts } = message;
  return at !== undefined || parts.some(({ named = [] }) => named.length > 0);
}

/** All that a message says, for those who quote it. */
export function saidIn(message: Message): string {
  switch (message.format) {
    case "text":
    case "markdown":
      return message.parts.map(({ text }) => text).join("\n\n");
    case "link":
      return `${message.title}\n${message.text}\n${message.url}`;
    case "actionCard":
      return message.text;
    case "feedCard":
      return message.links.map(({ title, url }) => `${title} ${url}`).join("\n");
    case "card":
      return message.text;
    default:
      return `[${message.format}${message.name === undefined ? "" : `: ${message.name}`}]`;
  }
}
