/** Whom an answer in a group is for. */
export interface Mention {
  /** `senderStaffId`: only this can be @-ed; outsiders have none. */
  readonly userId: string | undefined;
  readonly nick: string | undefined;
}

/** A stretch of text with the person it is for. */
export interface Part {
  readonly text: string;
  readonly mention?: Mention | undefined;
}

/**
 * One DingTalk message before it is known by which path it goes: the paths differ in shape, and only
 * one of them can @ people. Several parts are several answers that share a message.
 */
export interface Message {
  readonly format: "text" | "markdown";
  /** Of a markdown message: chat list and push notification show it, the message itself does not. */
  readonly title: string;
  readonly parts: readonly Part[];
}
