import { groupData, robotData } from "./fake-messages.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What of a robot message makes it of its kind; everything else is as in `robotData`, `groupData`. */
export interface Payload {
  readonly chat: "direct" | "group";
  readonly fields: Fields;
}

export const ROBOT_ID = "$:LWCP_v1:$robot";
export const COLLEAGUE_ID = "$:LWCP_v1:$WzRkColleague";
export const COLLEAGUE = { dingtalkId: COLLEAGUE_ID, staffId: "staff2", unionId: "jTrXiEiE" };
export const DRIVE_URL =
  "dingtalk://dingtalkclient/page/yunpan?route=previewDentry&spaceId=28299679864&fileId=211213307938&type=file";

const direct = (msgtype: string, content?: unknown, more: Fields = {}): Payload => ({
  chat: "direct",
  fields: { msgtype, text: undefined, content, ...more },
});

const group = (msgtype: string, content: unknown, more: Fields = {}): Payload => ({
  chat: "group",
  fields: { msgtype, text: undefined, content, atUsers: [{ dingtalkId: ROBOT_ID }], ...more },
});

/** A text that answers to something. */
const reply = (chat: Payload["chat"], repliedMsg: unknown, more: Fields = {}): Payload => ({
  chat,
  fields: {
    msgtype: "text",
    originalMsgId: "msgQuoted==",
    text: { content: " 重新学习一下", isReplyMsg: true, repliedMsg },
    ...more,
  },
});

const quoted = (msgType: string, content?: unknown, senderId: string = COLLEAGUE_ID) => ({
  msgType,
  msgId: "msgQuoted==",
  senderId,
  createdAt: 1_776_065_111_071,
  ...(content === undefined ? {} : { content }),
});

const card = (...children: Fields[]) => ({
  cardContent: [{ elementType: "RICHTEXT", children }],
});

/** Messages of every kind that a robot can get, as documents and captures show them. */
export const KINDS = {
  text: { chat: "direct", fields: { msgtype: "text", text: { content: "hello DingTalk!" } } },
  groupText: {
    chat: "group",
    fields: {
      msgtype: "text",
      text: { content: " 给 发个消息“你好”" },
      atUsers: [COLLEAGUE, { dingtalkId: ROBOT_ID }],
    },
  },
  richText: direct("richText", {
    richText: [
      { text: "这个问题示例图如下：" },
      { type: "picture", downloadCode: "mIof1", pictureDownloadCode: "pWjA1" },
      { text: "通过以上示意图…" },
      { type: "picture", downloadCode: "mIof2", pictureDownloadCode: "pWjA2" },
    ],
  }),
  groupRichText: group(
    "richText",
    {
      richText: ["@小白", "给", "@释心", "发个消息“", "你12好", "”"].map((text) => ({ text })),
    },
    { atUsers: [COLLEAGUE, { dingtalkId: ROBOT_ID }] },
  ),
  picture: direct("picture", { downloadCode: "mIofPic", pictureDownloadCode: "pWjAPic" }),
  audio: direct("audio", {
    duration: 4000,
    downloadCode: "mIofAudio",
    recognition: "钉钉，让进步发生",
  }),
  video: direct("video", { duration: "5", videoType: "mp4", downloadCode: "mIofVideo" }),
  file: direct("file", {
    spaceId: "223573",
    fileId: "117848",
    fileName: "foobar.zip",
    downloadCode: "LJYYFile",
  }),
  unknownMsgType: direct(
    "unknownMsgType",
    { unknownMsgType: "用户发送了一条消息，机器人暂不支持接收。" },
    { ai_robot_sessionid: "" },
  ),
  driveShare: direct("interactiveCard", { biz_custom_action_url: DRIVE_URL }),
  chatRecord: direct("chatRecord", {
    title: "A与B的聊天记录",
    summary: "A:[消息]\nB:[图片]\nB:这个就是",
    chatRecord: "[]",
  }),
  chatRecordWithLines: direct("chatRecord", {
    title: "A与B的聊天记录",
    summary: "A:早\nB:早上好",
    chatRecord: JSON.stringify([
      { senderName: "A", content: "早" },
      { senderNick: "B", message: "早上好" },
      { senderName: "A", msgType: "picture" },
    ]),
  }),
  markdown: {
    chat: "direct",
    fields: { msgtype: "markdown", text: { content: "## 日报\n- 完成了 **一件事**" } },
  },
  actionCard: direct("actionCard", {
    title: "请假审批",
    text: "张三申请休假 3 天",
    actionUrlItemList: [
      { title: "同意", actionUrl: "https://oa.example.com/agree?id=1" },
      { actionUrl: "https://oa.example.com/refuse?id=1" },
    ],
  }),
  noSuchKind: direct("location", { longitude: 120.1, latitude: 30.2 }),
} as const satisfies Readonly<Record<string, Payload>>;

/** Messages that answer to another one, in every shape a quote has been seen in. */
export const QUOTES = {
  text: reply("direct", quoted("text", { text: "昨天的结论是 42" })),
  own: reply("direct", quoted("text", { text: "我之前说过" }, "$:LWCP_v1:$sender")),
  picture: reply("direct", quoted("picture", { downloadCode: "qPic" })),
  richText: reply(
    "group",
    quoted("richText", {
      richText: [
        { msgType: "text", content: "看这个" },
        { msgType: "picture", downloadCode: "qPic1" },
        { msgType: "emoji", content: "😀" },
        { msgType: "at", atName: "Tom" },
        { msgType: "picture", downloadCode: "qPic2" },
      ],
    }),
  ),
  inRichText: group("richText", {
    richText: [{ text: "@小白" }, { text: " 这张图是什么" }],
    isReplyMsg: true,
    repliedMsg: quoted("picture", { downloadCode: "qPic" }),
  }),
  file: reply(
    "direct",
    quoted("file", {
      spaceId: "223573",
      fileName: "report.pdf",
      downloadCode: "qFile",
      fileId: "117848",
    }),
  ),
  audio: reply("direct", quoted("audio", { duration: "2000", downloadCode: "qAudio" })),
  video: reply(
    "direct",
    quoted("video", { duration: "1", videoType: "mp4", downloadCode: "qVideo" }),
  ),
  groupFile: reply("group", quoted("unknownMsgType")),
  chatRecord: reply(
    "direct",
    quoted("chatRecord", { title: "A与B的聊天记录", summary: "A:[消息]\nB:[分享]" }),
  ),
  robotCard: reply(
    "group",
    quoted(
      "interactiveCard",
      card(
        { elementType: "UNKNOWN", value: "Robot" },
        { elementType: "TEXT", value: "Apples are red." },
        { elementType: "TEXT", value: " See: " },
        { elementType: "LINK", value: "https://example.com/a_(b)?x=1#part_2" },
        { elementType: "UNKNOWN", value: "{}" },
        { elementType: "TEXT", value: "Cherries are sweet." },
        { elementType: "IMAGE", downloadCode: "unusable" },
      ),
      ROBOT_ID,
    ),
    { originalProcessQueryKey: "pqk1" },
  ),
  robotCardWithoutContent: reply("group", quoted("interactiveCard", undefined, ROBOT_ID), {
    originalProcessQueryKey: "pqk1",
  }),
  driveShare: reply("direct", quoted("interactiveCard")),
  nested: reply(
    "direct",
    quoted("text", {
      text: "第二层",
      isReplyMsg: true,
      repliedMsg: quoted(
        "text",
        {
          text: "第三层",
          isReplyMsg: true,
          repliedMsg: quoted("text", {
            text: "第四层",
            isReplyMsg: true,
            repliedMsg: quoted("text", { text: "第五层" }),
          }),
        },
        ROBOT_ID,
      ),
    }),
  ),
  nothingButId: reply("group", undefined),
  nothingAtAll: reply("group", undefined, { originalMsgId: undefined }),
  wordless: {
    chat: "group",
    fields: {
      msgtype: "text",
      originalMsgId: "msgQuoted==",
      text: { content: " ", isReplyMsg: true, repliedMsg: quoted("text", { text: "看这句" }) },
    },
  },
  legacyMessage: {
    chat: "direct",
    fields: {
      msgtype: "text",
      text: { content: "什么意思" },
      quoteMessage: {
        msgId: "msgOld==",
        msgtype: "text",
        text: { content: "旧的引用" },
        senderNick: "老王",
        senderId: COLLEAGUE_ID,
      },
    },
  },
  legacyContent: {
    chat: "direct",
    fields: {
      msgtype: "text",
      text: { content: "什么意思" },
      content: { quoteContent: "旧的引用" },
    },
  },
} as const satisfies Readonly<Record<string, Payload>>;

/** `data` of a robot frame that carries a payload. */
export function payloadData({ chat, fields }: Payload, more: Fields = {}): string {
  return (chat === "group" ? groupData : robotData)({ ...fields, ...more });
}
