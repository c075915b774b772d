import { DEFAULTS } from "./dingtalk-options.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A message of some kind: the fields that make it one, and what of it a person sees in the chat. */
export interface Kind {
  readonly fields: Fields;
  readonly shown: Shown;
}

/** What a bubble shows besides words. Pictures by their codes. */
export interface Shown {
  readonly text?: string;
  readonly pictures?: readonly string[];
  readonly file?: { readonly name: string; readonly bytes?: number };
  readonly voice?: { readonly ms: number; readonly words?: string };
  readonly quote?: { readonly who: string; readonly text: string };
}

/** A message that can be quoted. */
export interface Quoted {
  /** DingTalk's opaque id of who said it. */
  readonly senderId: string;
  readonly who: string;
  readonly msgType: string;
  readonly content?: Fields;
  readonly text: string;
  /** `processQueryKey` or `carrierId` of what the robot has sent otherwise than by a webhook. */
  readonly key?: string | undefined;
}

/** DingTalk's opaque id of the robot of an app. */
export const robotIdOf = (clientId: string): string => `$:LWCP_v1:$${clientId}`;

/** The one a simulator has unless it is told otherwise. */
export const ROBOT_ID = robotIdOf(DEFAULTS.clientId);

const kind = (msgtype: string, content: Fields, shown: Shown): Kind => ({
  // `text` is that of a text message, which this one is not.
  fields: { msgtype, text: undefined, content },
  shown,
});

/** With the second code that pictures have; it may be as good as the first, or the only good one. */
export const picture = (downloadCode: string, pictureDownloadCode = downloadCode): Kind =>
  kind("picture", { downloadCode, pictureDownloadCode }, { pictures: [downloadCode] });

/** Words and pictures mixed, in order. */
export function richText(...items: (string | { readonly picture: string })[]): Kind {
  const pieces = items.map((item) =>
    typeof item === "string"
      ? { text: item }
      : { type: "picture", downloadCode: item.picture, pictureDownloadCode: item.picture },
  );
  return kind(
    "richText",
    { richText: pieces },
    {
      text: items.filter((item) => typeof item === "string").join(""),
      pictures: items.flatMap((item) => (typeof item === "string" ? [] : [item.picture])),
    },
  );
}

export const file = (downloadCode: string, fileName: string, bytes?: number): Kind =>
  kind(
    "file",
    { spaceId: "223573", fileId: "117848", fileName, downloadCode },
    { file: { name: fileName, ...(bytes === undefined ? {} : { bytes }) } },
  );

/** DingTalk turns speech into words; when it cannot, there are none. */
export const audio = (downloadCode: string, duration = 4000, recognition?: string): Kind =>
  kind(
    "audio",
    { duration, downloadCode, recognition },
    { voice: { ms: duration, ...(recognition === undefined ? {} : { words: recognition }) } },
  );

export const video = (downloadCode: string, seconds = 5): Kind =>
  kind(
    "video",
    { duration: String(seconds), videoType: "mp4", downloadCode },
    { file: { name: `${seconds} s.mp4` } },
  );

export const chatRecord = (title: string, summary: string, lines: readonly Fields[] = []): Kind =>
  kind(
    "chatRecord",
    { title, summary, chatRecord: JSON.stringify(lines) },
    { text: `${title}\n${summary}` },
  );

/** A document or a drive file that somebody shares. */
export const card = (url: string): Kind =>
  kind("interactiveCard", { biz_custom_action_url: url }, { text: url });

export const unknownMsgType = (said = "用户发送了一条消息，机器人暂不支持接收。"): Kind =>
  kind("unknownMsgType", { unknownMsgType: said }, { text: said });

/** Words that answer to something said before. */
export function quote(words: string, quoted: Quoted): Kind {
  const { who, senderId, msgType, content, text, key } = quoted;
  const msgId = "msgQuoted==";
  const repliedMsg = { msgType, msgId, senderId, createdAt: Date.now() - 60_000, content };
  return {
    fields: {
      msgtype: "text",
      originalMsgId: msgId,
      ...(key === undefined ? {} : { originalProcessQueryKey: key }),
      text: { content: ` ${words}`, isReplyMsg: true, repliedMsg },
    },
    shown: { text: words, quote: { who, text } },
  };
}

export const saidBy = (staffId: string, who: string, text: string): Quoted => ({
  senderId: `$:LWCP_v1:$${staffId}`,
  who,
  msgType: "text",
  content: { text },
  text,
});

export const pictureBy = (staffId: string, who: string, downloadCode: string): Quoted => ({
  senderId: `$:LWCP_v1:$${staffId}`,
  who,
  msgType: "picture",
  content: { downloadCode },
  text: "",
});

/** What the robot has said: markdown comes back as a card, as in captures of real quotes. */
export function saidByRobot(
  body: {
    readonly text?: { readonly content: string };
    readonly markdown?: { readonly text: string };
  },
  who = "dingbridge",
  senderId = ROBOT_ID,
): Quoted {
  const robot = { senderId, who };
  const { markdown } = body;
  const text = markdown?.text ?? body.text?.content ?? "";
  if (markdown === undefined) return { ...robot, msgType: "text", content: { text }, text };
  const children = [
    { elementType: "UNKNOWN", value: "Robot" },
    { elementType: "TEXT", value: text },
    { elementType: "UNKNOWN", value: "{}" },
  ];
  const content = { cardContent: [{ elementType: "RICHTEXT", children }] };
  return { ...robot, msgType: "interactiveCard", content, text };
}
