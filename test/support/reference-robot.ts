import type { Meanings, Words } from "./reference-meanings.ts";

const PEOPLE: Words = { en: "list of user ids", zh: "用户 id 的列表" };
const AGENT: Words = { en: "an agent's id", zh: "智能体的 id" };
const PROMPT: Words = { en: "text", zh: "文字" };
const ABOVE: Words = {
  en: 'as under `"*"`, else the robot\'s',
  zh: '与 `"*"` 下的相同，否则与机器人的相同',
};
const NONE: Words = { en: "none", zh: "无" };

/** One robot: who it is, who may talk to it, which agent answers, what differs from group to group. */
export const ROBOT: Readonly<Record<string, Meanings>> = {
  robot: {
    clientId: {
      en: "The app's Client ID (AppKey). May be a [reference](#secrets)",
      zh: "应用的 Client ID（又叫 AppKey）。可以写成[引用](#密钥)",
    },
    clientSecret: {
      en: "The app's Client Secret (AppSecret). May be a [reference](#secrets)",
      zh: "应用的 Client Secret（又叫 AppSecret）。可以写成[引用](#密钥)",
    },
    enabled: {
      en: "`false` switches the robot off; beside `accounts`, all of them. If all are off, `start` says so and ends with exit code 0",
      zh: "设为 `false` 就停用这个机器人；写在 `accounts` 旁边则停用全部。全部停用时，`start` 说明一句就结束，退出码 0",
    },
    name: {
      en: "A name to show in `/status`",
      zh: "在 `/status` 里显示的名字",
      default: NONE,
    },
    robotCode: {
      en: "The robot's code, if the console shows another one for it",
      zh: "机器人的编码；后台显示的与 Client ID 不同时才需要填",
      default: { en: "the Client ID", zh: "与 Client ID 相同" },
    },
    locale: {
      en: "Language of dingbridge's own lines in the chat",
      zh: "dingbridge 自己在聊天里说话用的语言",
      default: {
        en: "`en` on an English system, else `zh`",
        zh: "系统语言是英语时为 `en`，否则为 `zh`",
      },
    },
    apiUrl: {
      en: "DingTalk's API: opening the Stream, sending, cards, fetching files",
      zh: "钉钉的 API：建立 Stream、发消息、卡片、下载文件",
      values: { en: "an http(s) address", zh: "http(s) 地址" },
    },
    oapiUrl: {
      en: "Uploads. Session webhooks may point here, besides https on dingtalk.com",
      zh: "上传文件；除 dingtalk.com 的 https 地址外，会话 Webhook 还可以指向这里",
      values: { en: "an http(s) address", zh: "http(s) 地址" },
    },
  },
  access: {
    owners: {
      en: "Whose robot it is. While nobody is an owner and `dmPolicy` is `open`, whoever writes directly counts as one",
      zh: "机器人是谁的。还没有所有者、而 `dmPolicy` 是 `open` 时，私聊它的每个人都算所有者",
      values: PEOPLE,
      default: {
        en: "the entries `dingtalk:…` of `commands.ownerAllowFrom` in OpenClaw's file, else `[]`",
        zh: "OpenClaw 文件里 `commands.ownerAllowFrom` 中的 `dingtalk:…`，否则 `[]`",
      },
    },
    members: {
      en: "People who may talk to the owner's agent",
      zh: "可以和所有者的智能体说话的人",
      values: PEOPLE,
    },
    dmPolicy: {
      en: "Who may write to the robot directly. `open`: everyone who can see it. `allowlist`: owners, members, `allowFrom`, `users`, and who has been approved. `pairing`: the same, and others get a code to be approved by. `disabled`: nobody",
      zh: "谁可以私聊机器人。`open`：看得到它的所有人。`allowlist`：所有者、成员、`allowFrom` 和 `users` 里的人，以及已获准的人。`pairing`：同上，其他人会得到一个供批准用的配对码。`disabled`：谁都不行",
      default: {
        en: '`open`; `allowlist` where `allowFrom` is set without `"*"`',
        zh: '`open`；设置了 `allowFrom` 且其中没有 `"*"` 时为 `allowlist`',
      },
    },
    allowFrom: {
      en: 'People let in where `dmPolicy` is `allowlist` or `pairing`; they count as members. Empty: nobody. `"*"`: everyone, as guests',
      zh: '`dmPolicy` 是 `allowlist` 或 `pairing` 时放行的人，算作成员。空列表表示没有人，`"*"` 表示所有人，算作访客',
      values: PEOPLE,
      default: NONE,
    },
    groupPolicy: {
      en: "In which groups the robot answers: in all; in those under `groups`; in none",
      zh: "机器人在哪些群里回答：所有群；`groups` 里列出的群；都不回答",
    },
    groupAllowFrom: {
      en: "Who may talk to it in groups. Empty: nobody",
      zh: "在群里谁可以和它说话。空列表表示没有人",
      values: PEOPLE,
      default: { en: "everyone there", zh: "群里所有人" },
    },
    requireMention: {
      en: "`false`: messages of groups that do not @ the robot are answered too, where DingTalk delivers them",
      zh: "设为 `false` 时，群里没有 @ 机器人的消息也回答，前提是钉钉推送了它们",
    },
    denialNotice: {
      en: "`false`: who is refused is not told so",
      zh: "设为 `false` 时，被拒绝的人得不到说明",
    },
    "users.*.role": {
      en: "What this person is, whatever other lists say",
      zh: "这个人的身份，不管其他列表怎么写",
      default: { en: "by the lists above", zh: "由上面的列表决定" },
    },
    "users.*.agentId": {
      en: "The agent that answers this person in direct chats, and in groups where everyone has a conversation of their own",
      zh: "私聊时由哪个智能体回答这个人；群里每人一个对话时也用它",
      values: AGENT,
      default: NONE,
    },
    "roles.*.agentId": {
      en: "The agent people of this role talk to. Guests need one named for them, unless there is no owner and `dmPolicy` is `open`",
      zh: "这个身份的人和哪个智能体说话。访客必须有专门指定的智能体，除非没有所有者且 `dmPolicy` 是 `open`",
      values: AGENT,
      default: NONE,
    },
    "roles.*.commands": {
      en: "Commands in the chat that people of this role may use",
      zh: "这个身份的人可以使用的聊天命令",
      default: {
        en: "owner: all; member: all but `agent` and `approve`; guest: also without `status`",
        zh: "owner 全部；member 除 `agent` 和 `approve` 外全部；guest 还要除去 `status`",
      },
    },
    "roles.*.media": {
      en: "Pictures and files they send reach the agent",
      zh: "他们发来的图片和文件会交给智能体",
      default: { en: "`true`", zh: "`true`" },
    },
    "roles.*.files": {
      en: "Answers to them may carry files of this machine (`media.roots`)",
      zh: "给他们的回答可以带本机的文件（`media.roots`）",
      default: { en: "`true`; guest: `false`", zh: "`true`；guest 为 `false`" },
    },
    "roles.*.proactive": {
      en: "Where scheduled jobs ordered in a chat with them may write: nowhere, back into that chat, anywhere",
      zh: "在与他们的会话里定下的定时任务可以发到哪里：哪里都不行、只能发回这个会话、任何地方",
      default: {
        en: "owner: `any`; member: `own`; guest: `none`",
        zh: "owner 为 `any`；member 为 `own`；guest 为 `none`",
      },
    },
  },
  agent: {
    agentId: {
      en: "The OpenClaw agent that answers where nothing more specific names one",
      zh: "没有更具体的指定时，由 OpenClaw 的哪个智能体回答",
      values: AGENT,
      default: {
        en: "by OpenClaw's `bindings`, else its default agent, else `main`",
        zh: "由 OpenClaw 的 `bindings` 决定，否则是它的默认智能体，否则 `main`",
      },
    },
    systemPrompt: {
      en: "What the agent is told besides, on every turn",
      zh: "每轮问答另外告诉智能体的话",
      values: PROMPT,
      default: NONE,
    },
    messageContext: {
      en: "`false`: the agent is not told who writes, where and when",
      zh: "设为 `false` 时，不告诉智能体是谁、在哪里、什么时候说的",
    },
    agentHints: {
      en: "`false`: the agent is not told how to send links, buttons, pictures and files",
      zh: "设为 `false` 时，不告诉智能体怎样发链接、按钮、图片和文件",
    },
    sessionScope: {
      en: "In groups: one conversation with the agent for all, or one for each person",
      zh: "在群里：所有人共用一个对话，还是每人一个",
    },
    dmScope: {
      en: "Direct chats: a conversation of its own each, or for owners the agent's main one",
      zh: "私聊：每人一个对话；设为 `main` 时，所有者用的是智能体的主对话",
    },
  },
  groups: {
    "groups.*.enabled": {
      en: "`false`: the robot does not answer there",
      zh: "设为 `false` 时，机器人在这个群里不回答",
      default: { en: 'as under `"*"`, else `true`', zh: '与 `"*"` 下的相同，否则 `true`' },
    },
    "groups.*.allowFrom": {
      en: "Who may talk to it there; they count as members. Empty: nobody",
      zh: "在这个群里谁可以和它说话，这些人算作成员。空列表表示没有人",
      values: PEOPLE,
      default: {
        en: 'as under `"*"`, else `groupAllowFrom`',
        zh: '与 `"*"` 下的相同，否则取 `groupAllowFrom`',
      },
    },
    "groups.*.requireMention": {
      en: "As `requireMention`",
      zh: "同 `requireMention`",
      default: ABOVE,
    },
    "groups.*.agentId": {
      en: "The agent that answers there",
      zh: "由哪个智能体在这个群里回答",
      values: AGENT,
      default: NONE,
    },
    "groups.*.systemPrompt": {
      en: "What the agent is told there, after the robot's `systemPrompt`",
      zh: "在这个群里告诉智能体的话，接在机器人的 `systemPrompt` 后面",
      values: PROMPT,
      default: { en: 'as under `"*"`', zh: '与 `"*"` 下的相同' },
    },
    "groups.*.sessionScope": { en: "As `sessionScope`", zh: "同 `sessionScope`", default: ABOVE },
    "groups.*.reply.mode": { en: "As `reply.mode`", zh: "同 `reply.mode`", default: ABOVE },
    "groups.*.reply.tables": { en: "As `reply.tables`", zh: "同 `reply.tables`", default: ABOVE },
    "groups.*.reply.chunkChars": {
      en: "As `reply.chunkChars`",
      zh: "同 `reply.chunkChars`",
      default: ABOVE,
    },
    "groups.*.reply.atSender": {
      en: "As `reply.atSender`",
      zh: "同 `reply.atSender`",
      default: ABOVE,
    },
  },
};
