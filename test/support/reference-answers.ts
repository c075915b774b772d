import type { Meanings, Words } from "./reference-meanings.ts";

const NONE: Words = { en: "none", zh: "无" };
const AS_MODE: Words = { en: "`reply.mode`", zh: "与 `reply.mode` 相同" };

/** What one robot does with questions and answers. */
export const ANSWERS: Readonly<Record<string, Meanings>> = {
  gateway: {
    "gateway.url": {
      en: "The gateway's address",
      zh: "网关的地址",
      values: { en: "an http(s) address", zh: "http(s) 地址" },
      default: {
        en: "this machine, with `gateway.port` of OpenClaw's file, else `http://127.0.0.1:18789`",
        zh: "本机，端口取自 OpenClaw 文件的 `gateway.port`，否则 `http://127.0.0.1:18789`",
      },
    },
    "gateway.token": {
      en: "The gateway's token, or its password if it uses one. May be a [reference](#secrets)",
      zh: "网关的令牌；网关使用密码时就是密码。可以写成[引用](#密钥)",
      values: { en: "visible ASCII characters", zh: "可见的 ASCII 字符" },
      default: {
        en: "from OpenClaw's file (`gateway.auth`)",
        zh: "取自 OpenClaw 的文件（`gateway.auth`）",
      },
    },
    "gateway.timeoutMs": {
      en: "Longest turn, from question to complete answer",
      zh: "一轮问答最长多久，从提问到答完",
    },
    "gateway.maxInFlight": {
      en: "Chats answered at the same time. The others wait",
      zh: "同时处理多少个会话，其余的排队",
    },
    "gateway.holdMs": {
      en: "How long a message is held while the gateway is away",
      zh: "网关不在时，消息最多保留多久",
    },
  },
  reply: {
    "reply.mode": {
      en: "What answers become: plain text, DingTalk's markdown, an AI card that fills while the agent writes, or `auto`: a card for what takes long",
      zh: "回答做成什么：纯文本、钉钉的 Markdown、边写边更新的 AI 卡片，或 `auto`：写得久的才用卡片",
    },
    "reply.direct.mode": { en: "The same for direct chats", zh: "用于私聊", default: AS_MODE },
    "reply.group.mode": { en: "The same for groups", zh: "用于群", default: AS_MODE },
    "reply.tables": {
      en: "Tables: kept, columns in a code block, or a list (older phones show a table's source)",
      zh: "表格：保留、在代码块里对齐，或改成列表（较旧的手机端只显示表格的源码）",
    },
    "reply.chunkChars": {
      en: "Longest message, in characters. DingTalk's limit in bytes holds besides",
      zh: "一条消息最多多少字符；钉钉的字节数上限同时有效",
    },
    "reply.atSender": {
      en: "`false`: answers in groups do not @ who asked",
      zh: "设为 `false` 时，群里的回答不 @ 提问的人",
    },
    "reply.reaction": {
      en: 'Put on a message while the agent works; `""`: nothing. Two API calls',
      zh: '智能体工作时加在消息上的表情回应；`""` 表示不加。要用两次 API 调用',
      values: { en: "up to 20 characters", zh: "最多 20 个字符" },
    },
    "reply.reactionAfterMs": { en: "When it is put there", zh: "多久之后加上" },
    "reply.slowNoticeMs": {
      en: "When a turn without a card says that it takes long; `0`: never",
      zh: "没有卡片的问答过多久说一句「还在处理」；`0` 表示不说",
    },
  },
  card: {
    "card.templateId": {
      en: "The cards' template. The default is the one of DingTalk's SDKs",
      zh: "卡片模板。默认是钉钉 SDK 所用的模板",
      values: { en: "an id ending in `.schema`", zh: "以 `.schema` 结尾的 id" },
    },
    "card.contentKey": { en: "The template's variable for the text", zh: "模板里放正文的变量" },
    "card.intervalMs": {
      en: "Between two updates of a card. Each is an API call",
      zh: "一张卡片两次更新的间隔；每次更新是一次 API 调用",
    },
    "card.maxChars": {
      en: "More characters than this go on in a next card",
      zh: "超过多少字符就接到下一张卡片",
    },
    "card.stopAction": {
      en: "The action id of the template's stop button",
      zh: "模板里停止按钮的动作 id",
      default: NONE,
    },
  },
  media: {
    "media.maxMb": { en: "Largest picture or file taken", zh: "接收的图片或文件最大多少 MB" },
    "media.roots": {
      en: "Folders files may be sent from, all below them included. [Whoever can talk to the agent can have them](security.md#files)",
      zh: "可以从哪些目录（含子目录）发文件。[能和智能体说话的人都拿得到](security.zh-CN.md#文件)",
      values: {
        en: "list of absolute paths; not the home folder or one around it",
        zh: "绝对路径的列表；不能是主目录，也不能是包含它的目录",
      },
    },
    "media.allowHosts": {
      en: "Hosts files may be fetched from although their addresses are not public",
      zh: "地址不在公网、但允许下载文件的主机",
      values: {
        en: "list of `host`, `host:port`, `*.suffix`",
        zh: "`host`、`host:port`、`*.suffix` 的列表",
      },
    },
    "burst.windowMs": {
      en: "How long a picture or file waits for the question about it",
      zh: "单独的图片或文件等待提问的时间",
    },
  },
  limits: {
    "limits.perMinute": {
      en: "Messages to one chat in any 60 s. DingTalk allows 20",
      zh: "任意 60 秒内发往一个会话的消息数；钉钉允许 20",
    },
    "limits.perSecond": {
      en: "Calls a second to each of DingTalk's APIs",
      zh: "每秒调用钉钉每个接口的次数",
    },
    "budget.apiCalls": {
      en: "API calls your edition has a month: for the warning, and for leaving out reactions (70 %) and cards (85 %)",
      zh: "你的版本每月有多少次 API 调用：用来提醒，也用来决定何时不再加表情回应（70 %）、不再用卡片（85 %）",
    },
    "budget.stream": {
      en: "Webhook & Stream pushes your edition has a month: for the warning",
      zh: "你的版本每月有多少次 Webhook 与 Stream 推送，只用来提醒",
    },
    "loopGuard.turns": {
      en: "Turns that other robots may start in one chat within `loopGuard.windowMs`",
      zh: "`loopGuard.windowMs` 时间内，其他机器人在一个会话里最多能引起几轮问答",
    },
    "loopGuard.windowMs": { en: "The time for that", zh: "上一项的时间" },
  },
  stream: {
    "stream.pingIntervalMs": { en: "How often the connection is tested", zh: "多久检查一次连接" },
    "stream.pingMisses": {
      en: "Pings without an answer after which it counts as dead",
      zh: "连续多少次 ping 没有回应就认定连接已断",
    },
    "stream.links": {
      en: "`2`: two connections at a time. DingTalk gives each message to one of them",
      zh: "设为 `2` 时同时保持两条连接，钉钉把每条消息推给其中一条",
    },
  },
};
