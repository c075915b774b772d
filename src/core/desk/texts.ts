import type { CommandName, Denial, Role } from "../access/model.ts";
import type { BudgetStatus } from "../budget.ts";
import type { GateState } from "../gateway/gate.ts";
import type { StreamStatus } from "../stream/supervisor.ts";
import type { Locale } from "../texts.ts";
import { ALIASES } from "./command.ts";

/**
 * Everything the desk says, in markdown. Ids, names and commands that are passed in are markdown
 * already; `ago` is a `duration`.
 */
export interface DeskTexts {
  readonly roles: Readonly<Record<Role, string>>;
  readonly duration: (ms: number) => string;

  /** One line to somebody who is not let in, with the ids their owner needs. */
  readonly denied: (denial: Denial, ids: readonly string[]) => string;
  readonly yourId: (id: string) => string;
  readonly groupId: (id: string) => string;
  /** `code` is letters and digits only. */
  readonly pairing: (code: string, minutes: number) => string;
  readonly tooManyPairings: string;
  /** To somebody who has been approved, in plain words. */
  readonly letIn: (role: Role) => string;

  readonly help: (commands: readonly CommandName[]) => string;
  readonly unknownCommand: (typed: string, nearest: string | undefined, help: boolean) => string;
  readonly commandRefused: (command: string) => string;
  readonly btwUsage: string;

  readonly stopped: string;
  /** Messages that were waiting for their turn. */
  readonly withdrawn: (count: number) => string;
  readonly nothingToStop: string;
  readonly notYoursToStop: string;
  readonly reset: string;
  /** Behind "/new" stood something else. */
  readonly restNotPassedOn: string;
  readonly sharedSession: string;
  readonly notReset: Readonly<Record<"unreachable" | "refused", string>>;

  /** What stands before a value, its colon included. */
  readonly labels: Readonly<
    Record<
      | "robot"
      | "gateway"
      | "agent"
      | "session"
      | "queue"
      | "budget"
      | "name"
      | "yourId"
      | "otherId"
      | "role"
      | "group",
      string
    >
  >;
  readonly link: (robot: string, state: StreamStatus["state"], ago: string | undefined) => string;
  readonly gateway: (state: GateState, ago: string | undefined) => string;
  readonly queue: (
    session: { readonly waiting: number; readonly running: boolean },
    all: { readonly inbox: number; readonly outbox: number },
  ) => string;
  readonly budget: (budget: Pick<BudgetStatus, "api" | "stream">) => string;
  readonly unknownId: string;
  readonly unowned: string;

  /** `known` may be empty: nobody knows. */
  readonly currentAgent: (agent: string, known: readonly string[]) => string;
  readonly agentChosen: (agent: string) => string;
  readonly choiceTakenBack: (agent: string) => string;
  readonly noSuchAgent: (known: readonly string[]) => string;
  /** Several names differ in capitals only. */
  readonly severalAgents: (known: readonly string[]) => string;
  readonly agentNotForYou: string;
  readonly choiceNeedsId: string;

  readonly approveUsage: string;
  readonly approved: (nick: string | undefined, id: string, role: Role) => string;
  /** There is no agent for guests. */
  readonly approvedInVain: string;
  readonly roleAboveOwn: string;
  readonly noSuchCode: string;
  readonly tooManyWrongCodes: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Whole days, hours and minutes of a time in ms. */
function unitsOf(ms: number): {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
} {
  return {
    days: Math.floor(ms / DAY),
    hours: Math.floor((ms % DAY) / HOUR),
    minutes: Math.floor((ms % HOUR) / MINUTE),
  };
}

const ZH_COMMANDS: Readonly<Record<CommandName, string>> = {
  help: "看这份说明",
  stop: "停止正在进行的回答，撤回自己还在等待的消息",
  new: "忘掉之前的对话，重新开始",
  status: "看机器人、网关和队列的状态",
  whoami: "看自己的 ID、身份和会话",
  agent: "看或换回答你的智能体：/agent 名字",
  approve: "批准配对：/approve 配对码",
  btw: "不打断正在进行的回答，顺便问一句：/btw 问题",
};

const ZH_DENIED: Readonly<Record<Denial, string>> = {
  "direct-disabled": "🔒 这个机器人不接受单聊，需要的话请联系它的所有者",
  "direct-not-listed": "🔒 你还没有权限使用这个机器人，请联系它的所有者开通",
  pairing: "🔒 你还没有权限使用这个机器人，请联系它的所有者开通",
  "groups-disabled": "🔒 这个机器人不在群里回答，需要的话请联系它的所有者",
  "group-not-listed": "🔒 这个群还没有开通机器人，请联系它的所有者开通",
  "sender-not-listed": "🔒 你还没有权限在这个群里使用机器人，请联系它的所有者开通",
  "no-agent-for-guests": "🔒 这个机器人还没有为访客准备智能体，请联系它的所有者开通",
};

const zhList = (known: readonly string[]) =>
  known.length === 0 ? "" : `可用的智能体：${known.join("、")}。`;

const zh: DeskTexts = {
  roles: { owner: "所有者", member: "成员", guest: "访客" },
  duration(ms) {
    const { days, hours, minutes } = unitsOf(ms);
    if (days > 0) return `${days} 天 ${hours} 小时`;
    if (hours > 0) return `${hours} 小时 ${minutes} 分钟`;
    return minutes > 0 ? `${minutes} 分钟` : "不到 1 分钟";
  },

  denied: (denial, ids) =>
    `${ZH_DENIED[denial]}${ids.length === 0 ? "" : `，并告知：${ids.join("，")}`}。`,
  yourId: (id) => `你的 ID ${id}`,
  groupId: (id) => `群 ID ${id}`,
  pairing: (code, minutes) =>
    `🔑 你还没有权限使用这个机器人。你的配对码是 \`${code}\`（${minutes} 分钟内有效）。请机器人的所有者给它发送 \`/approve ${code}\`，或在它所在的机器上运行 \`dingbridge pair approve ${code}\`。`,
  tooManyPairings: "🔑 现在等待批准的人太多，请一小时后再试。",
  letIn: (role) => `✅ 你可以使用这个机器人了（身份：${zh.roles[role]}）。直接发消息就行。`,

  help: (commands) =>
    [
      "我把你的消息转给智能体，再把它的回答发到这里。\n单聊直接发消息，群里 @我 并写上问题。",
      commands.map((name) => `- /${name}（/${ALIASES[name][0]}）：${ZH_COMMANDS[name]}`).join("\n"),
    ].join("\n\n"),
  unknownCommand: (typed, nearest, help) =>
    [
      `没有 ${typed} 这个命令。`,
      nearest === undefined ? "" : `你是不是想发 ${nearest}？`,
      help ? "发 `/help` 可以看有哪些命令。" : "",
      "发给智能体的消息请不要以“/”开头。",
    ].join(""),
  commandRefused: (command) => `🔒 你没有权限使用 ${command}。`,
  btwUsage: "请把问题写在后面：`/btw 问题`。它不会打断正在进行的回答。",

  stopped: "⏹ 已停止。",
  withdrawn: (count) => `⏹ 还在等待的 ${count} 条消息已撤回，不会再去问智能体。`,
  nothingToStop: "现在没有可以停止的回答。",
  notYoursToStop: "🔒 只有提问的人或所有者可以停止这个回答。",
  reset: "🆕 已经重新开始，之前的对话都忘掉了。",
  restNotPassedOn: "命令后面的内容没有转给智能体，需要的话请再发一次。",
  sharedSession: "🔒 这个群的所有人共用一个会话，访客不能重置它。",
  notReset: {
    unreachable: "😥 智能体网关暂时连接不上，之前的对话还在。请稍后再试。",
    refused: "😥 智能体网关没有重置这个会话，之前的对话还在。请联系机器人管理员查看日志。",
  },

  labels: {
    robot: "机器人：",
    gateway: "网关：",
    agent: "智能体：",
    session: "会话：",
    queue: "队列：",
    budget: "本月用量：",
    name: "昵称：",
    yourId: "你的 ID：",
    otherId: "另一个 ID：",
    role: "身份：",
    group: "群：",
  },
  link(robot, state, ago) {
    const states = {
      connected: "已连接",
      connecting: "正在连接",
      waiting: "连接断开，等待重连",
      stopped: "已停止",
    };
    return `${robot}，${states[state]}${ago === undefined ? "" : `（${ago}）`}`;
  },
  gateway(state, ago) {
    const states = { open: "正常", shut: "连接不上", ready: "正在恢复" };
    return `${states[state]}${ago === undefined ? "" : `（${ago}）`}`;
  },
  queue: ({ waiting, running }, { inbox, outbox }) =>
    `这个会话 ${waiting} 条${running ? "（正在回答）" : ""}；全部待处理 ${inbox} 条，待发送 ${outbox} 条`,
  budget: ({ api, stream }) =>
    `API 调用 ${api.used}/${api.limit}，消息推送 ${stream.used}/${stream.limit}`,
  unknownId: "未知（钉钉没有提供）",
  unowned: "这个机器人还没有设置所有者：请把所有者的 ID 写进配置的 `owners`。",

  currentAgent: (agent, known) =>
    `现在由 ${agent} 回答你。${zhList(known)}\n换一个：\`/agent 名字\`；换回默认：\`/agent default\`。只对你、只在这个聊天里有效。`,
  agentChosen: (agent) =>
    `✅ 接下来由 ${agent} 回答。只对你、只在这个聊天里有效。换回默认：\`/agent default\`。`,
  choiceTakenBack: (agent) => `✅ 已换回默认，接下来由 ${agent} 回答。只对你、只在这个聊天里有效。`,
  noSuchAgent: (known) => `没有这个智能体。${zhList(known)}`,
  severalAgents: (known) => `有几个智能体的名字只差大小写，请按原样写出。${zhList(known)}`,
  agentNotForYou: "🔒 你在这里不能使用这个智能体，没有更换。",
  choiceNeedsId: "😥 钉钉没有提供你的 ID，无法为你更换智能体。",

  approveUsage: "用法：`/approve 配对码`，后面可以写身份：`owner`、`member` 或 `guest`。",
  approved: (nick, id, role) =>
    `✅ 已批准${nick === undefined ? "" : ` ${nick}`}（${id}），身份：${zh.roles[role]}。`,
  approvedInVain:
    "⚠️ 不过还没有为访客指定智能体，对方暂时得不到回答：请在配置里设置 `roles.guest.agentId`。",
  roleAboveOwn: "🔒 不能批准高于自己的身份。",
  noSuchCode: "没有这个配对码：可能写错了、用过了，或已经过期。",
  tooManyWrongCodes: "🔒 错误的配对码太多，请一小时后再试。",
};

const EN_COMMANDS: Readonly<Record<CommandName, string>> = {
  help: "this list",
  stop: "ends the answer that is being written, takes back what you have waiting",
  new: "forgets the conversation and starts anew",
  status: "how the robot, the gateway and the queue are doing",
  whoami: "your ids, your role and your session",
  agent: "shows or changes who answers you: /agent NAME",
  approve: "lets somebody in: /approve CODE",
  btw: "asks something beside the answer that is being written: /btw QUESTION",
};

const EN_DENIED: Readonly<Record<Denial, string>> = {
  "direct-disabled": "🔒 This robot does not take direct messages; its owner can help",
  "direct-not-listed": "🔒 You may not use this robot yet; please ask its owner to let you in",
  pairing: "🔒 You may not use this robot yet; please ask its owner to let you in",
  "groups-disabled": "🔒 This robot does not answer in groups; its owner can help",
  "group-not-listed": "🔒 This robot does not serve this group yet; please ask its owner",
  "sender-not-listed": "🔒 You may not use this robot in this group yet; please ask its owner",
  "no-agent-for-guests": "🔒 This robot has no agent for guests yet; please ask its owner",
};

const enList = (known: readonly string[]) =>
  known.length === 0 ? "" : ` Known agents: ${known.join(", ")}.`;

const en: DeskTexts = {
  roles: { owner: "owner", member: "member", guest: "guest" },
  duration(ms) {
    const { days, hours, minutes } = unitsOf(ms);
    if (days > 0) return `${days} d ${hours} h`;
    if (hours > 0) return `${hours} h ${minutes} min`;
    return minutes > 0 ? `${minutes} min` : "less than a minute";
  },

  denied: (denial, ids) =>
    `${EN_DENIED[denial]}${ids.length === 0 ? "" : ` (tell them: ${ids.join(", ")})`}.`,
  yourId: (id) => `your id ${id}`,
  groupId: (id) => `the group's id ${id}`,
  pairing: (code, minutes) =>
    `🔑 You may not use this robot yet. Your pairing code is \`${code}\` (valid for ${minutes} min). Ask the robot's owner to send it \`/approve ${code}\`, or to run on its machine: \`dingbridge pair approve ${code}\``,
  tooManyPairings: "🔑 Too many people are waiting to be let in. Please try again in an hour.",
  letIn: (role) => `✅ You're in (role: ${en.roles[role]}). Just send me a message.`,

  help: (commands) =>
    [
      "I pass your messages on to the agent and bring you its answers.\nJust write to me, or @ me in a group with your question.",
      commands.map((name) => `- /${name} (/${ALIASES[name][0]}): ${EN_COMMANDS[name]}`).join("\n"),
    ].join("\n\n"),
  unknownCommand: (typed, nearest, help) =>
    [
      `There is no command ${typed}.`,
      nearest === undefined ? "" : ` Did you mean ${nearest}?`,
      help ? " Send `/help` for all of them." : "",
      " A message to the agent must not begin with “/”.",
    ].join(""),
  commandRefused: (command) => `🔒 You may not use ${command}.`,
  btwUsage:
    "Write your question behind it: `/btw QUESTION`. It does not disturb the answer that is being written.",

  stopped: "⏹ Stopped.",
  withdrawn: (count) =>
    `⏹ ${count === 1 ? "1 waiting message is" : `${count} waiting messages are`} taken back: the agent will not be asked.`,
  nothingToStop: "There is no answer to stop right now.",
  notYoursToStop: "🔒 Only who has asked, or an owner, can stop this answer.",
  reset: "🆕 A new conversation: what was said before is forgotten.",
  restNotPassedOn:
    "What stands behind the command was not passed on: send it again if you need to.",
  sharedSession: "🔒 Everyone in this group shares one conversation; guests cannot reset it.",
  notReset: {
    unreachable:
      "😥 The agent gateway cannot be reached right now, so nothing was forgotten. Please try again later.",
    refused:
      "😥 The agent gateway did not reset the conversation, so nothing was forgotten. Please tell whoever runs this robot to look at the log.",
  },

  labels: {
    robot: "Robot: ",
    gateway: "Gateway: ",
    agent: "Agent: ",
    session: "Session: ",
    queue: "Queue: ",
    budget: "This month: ",
    name: "Name: ",
    yourId: "Your id: ",
    otherId: "Another id of yours: ",
    role: "Role: ",
    group: "Group: ",
  },
  link(robot, state, ago) {
    const states = {
      connected: "connected",
      connecting: "connecting",
      waiting: "disconnected, will try again",
      stopped: "stopped",
    };
    return `${robot}, ${states[state]}${ago === undefined ? "" : ` (${ago})`}`;
  },
  gateway(state, ago) {
    const states = { open: "works", shut: "cannot be reached", ready: "coming back" };
    return `${states[state]}${ago === undefined ? "" : ` (${ago})`}`;
  },
  queue: ({ waiting, running }, { inbox, outbox }) =>
    `${waiting} in this session${running ? " (answering)" : ""}; ${inbox} in all, ${outbox} to be sent`,
  budget: ({ api, stream }) =>
    `${api.used}/${api.limit} API calls, ${stream.used}/${stream.limit} pushes`,
  unknownId: "unknown (DingTalk does not say)",
  unowned: "Nobody owns this robot yet: write its owner's id into `owners` of the configuration.",

  currentAgent: (agent, known) =>
    `${agent} answers you now.${enList(known)}\nAnother one: \`/agent NAME\`. Back to the default: \`/agent default\`. It holds for you and in this chat only.`,
  agentChosen: (agent) =>
    `✅ ${agent} answers from now on, for you and in this chat only. Back to the default: \`/agent default\`.`,
  choiceTakenBack: (agent) =>
    `✅ Back to the default: ${agent} answers from now on, for you and in this chat only.`,
  noSuchAgent: (known) => `There is no such agent.${enList(known)}`,
  severalAgents: (known) =>
    `Several agents' names differ in capitals only: write it exactly.${enList(known)}`,
  agentNotForYou: "🔒 You may not use this agent here. Nothing was changed.",
  choiceNeedsId: "😥 DingTalk does not say who you are, so you cannot choose an agent.",

  approveUsage:
    "Usage: `/approve CODE`, with a role behind it if you like: `owner`, `member` or `guest`.",
  approved: (nick, id, role) =>
    `✅ Let in${nick === undefined ? "" : ` ${nick}`} (${id}) as ${en.roles[role]}.`,
  approvedInVain:
    "⚠️ But no agent is named for guests, so nobody will answer them: set `roles.guest.agentId` in the configuration.",
  roleAboveOwn: "🔒 You cannot give a role above your own.",
  noSuchCode: "There is no such code: it may be mistyped, used or expired.",
  tooManyWrongCodes: "🔒 Too many wrong codes. Please try again in an hour.",
};

export const DESK_TEXTS: Readonly<Record<Locale, DeskTexts>> = { zh, en };
