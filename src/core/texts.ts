import type { FailureKind } from "./gateway/errors.ts";

export type Locale = "zh" | "en";

/** Why a file of an answer could not be sent. */
export type FileProblem =
  | "too-large"
  | "not-allowed"
  | "missing"
  | "refused"
  | "empty"
  | "no-way"
  | "unreachable";

/** Everything people in the chat see that the agent did not write. */
export interface Texts {
  /** "@robot" alone. */
  readonly help: string;
  /** Closes an answer that the model had to break off. */
  readonly truncated: string;
  /** Closes an answer of which only the beginning could be had back after a break. */
  readonly shortened: string;
  /** The gateway cannot take the message now; it is kept. */
  readonly queued: string;
  /** The agent works on it for a while already. */
  readonly slow: string;
  /** Under a card that is still being written. */
  readonly writing: string;
  /** Closes an answer that was stopped, and answers the word that stopped it. */
  readonly stopped: string;
  /** Robots seem to answer each other without end. */
  readonly loop: string;
  /** In a card whose answer did not come to its end there. */
  readonly interrupted: string;
  /** In a card that is left over because the answer turned out shorter, or silent. */
  readonly emptyCard: string;
  /** Stands for a file that could not be sent; `name` is plain text. */
  readonly fileNotSent: Readonly<Record<FileProblem, (name: string) => string>>;
  /** Stands for a file of the worker's machine that this person may not have. */
  readonly fileNotForYou: (name: string) => string;
  /** Of the gateway's scheduled jobs. */
  readonly jobFailed: (name: string, error: string) => string;
  /** A turn that ended without an answer. */
  readonly failures: Readonly<Record<FailureKind, string>>;
  /** The title of a markdown message whose first line gives none: chat list and push show it. */
  readonly title: string;
}

const ADMIN_ZH = "请联系机器人管理员";
const ADMIN_EN = "Please tell whoever runs this robot";

const zh: Texts = {
  help: "👋 我在。直接发消息，或在群里 @我 并写上问题，我就会回答。",
  truncated: "⚠️ 回答达到模型的长度上限，到这里被截断了。",
  shortened: "⚠️ 回答途中连接断过，只取回了开头一部分。需要其余内容的话，请让我接着说。",
  queued: "⏳ 智能体网关暂时连接不上。消息已经收好，恢复后会按顺序回答，不用重发。",
  slow: "⏳ 还在处理，完成后会在这里回答。想结束的话，发“停止”。",
  writing: "⏳ 正在回答……发“停止”可以结束",
  stopped: "⏹ 已停止。",
  loop: "🔁 这里的消息像是机器人在互相回答，我先停下来。人发的消息照常回答。",
  interrupted: "⏸ 这条回答中断了，完整的回答会另发一条。",
  emptyCard: "（没有更多内容）",
  fileNotSent: {
    "too-large": (name) => `📎 ${name}：文件太大，钉钉最多收 20 MB，没有发出。`,
    "not-allowed": (name) =>
      `📎 ${name}：机器人不能从这个位置取文件（本机文件见 media.roots，网址见 media.allowHosts），没有发出。`,
    missing: (name) => `📎 ${name}：找不到这个文件，没有发出。`,
    refused: (name) => `📎 ${name}：钉钉没有接受这个文件，没有发出。`,
    empty: (name) => `📎 ${name}：文件是空的，没有发出。`,
    unreachable: (name) => `📎 ${name}：取不到这个文件，或暂时上传不了，没有发出。`,
    "no-way": (name) => `📎 ${name}：机器人无法给组织外的联系人发送文件。`,
  },
  fileNotForYou: (name) =>
    `📎 ${name === "" ? "" : `${name}：`}你没有权限接收这台机器上的文件，没有发出。`,
  jobFailed: (name, error) => `⚠️ 定时任务“${name}”失败：${error}`,
  failures: {
    unreachable: `😥 智能体网关连接不上，这条消息没有得到处理。请稍后再试；如果一直这样，${ADMIN_ZH}。`,
    unauthorized: `😥 智能体网关不认可我的令牌。${ADMIN_ZH}检查 gateway.token。`,
    "endpoint-off": `😥 智能体网关没有打开 HTTP 对话接口。${ADMIN_ZH}打开 chatCompletions。`,
    forbidden: `😥 智能体网关拒绝了请求。${ADMIN_ZH}查看日志。`,
    "unknown-agent": `😥 智能体网关里没有为我配置的智能体。${ADMIN_ZH}检查 agentId。`,
    rejected: `😥 智能体网关不接受这条消息。请换个说法再试；如果一直这样，${ADMIN_ZH}。`,
    "too-large": "😥 这条消息太长，智能体网关没有接受，请缩短后再发。",
    busy: "😥 智能体网关正忙或正在重启，请一两分钟后再发一次。",
    "needs-restart": `😥 智能体网关出了故障，需要重启。${ADMIN_ZH}重启网关。`,
    "model-auth": `😥 模型服务拒绝了网关的密钥。${ADMIN_ZH}检查模型的 API 密钥。`,
    "model-quota": `😥 模型服务的额度用完了。${ADMIN_ZH}充值或更换模型。`,
    "model-busy": "😥 模型服务现在太忙，请几分钟后再试。",
    "model-failed": "😥 模型服务出错了，请稍后再试。",
    internal: `😥 智能体处理这条消息时出错了。请换个说法再试；如果一直这样，${ADMIN_ZH}查看日志。`,
    aborted: "这次回答被中止了，需要的话请再发一次。",
    broken: "😥 与智能体网关的连接中途断开，回答没有收完整。请稍后再问一次。",
    "held-too-long": `😥 智能体网关太久没有恢复，这条消息没有得到处理。${ADMIN_ZH}检查网关，恢复后请再发一次。`,
    timeout: "😥 智能体太久没有答完，我不再等了。请稍后再试，或把问题拆小一点。",
    empty: "智能体没有给出任何回答，请换个说法再试一次。",
  },
  title: "新消息",
};

const en: Texts = {
  help: "👋 I'm here. Send me a message, or @ me in a group with your question, and I will answer.",
  truncated: "⚠️ The answer reached the model's length limit and was cut off here.",
  shortened:
    "⚠️ The connection broke during this answer and only its beginning could be had back. Ask me to go on if you need the rest.",
  queued:
    "⏳ The agent gateway cannot be reached right now. Your message is kept and will be answered in order when it is back: no need to send it again.",
  slow: "⏳ Still working: the answer will come here. Send “stop” to end it.",
  writing: "⏳ Writing… send “stop” to end it",
  stopped: "⏹ Stopped.",
  loop: "🔁 Robots seem to be answering each other here, so I stop. People are answered as before.",
  interrupted: "⏸ This answer was interrupted: the whole of it follows in a message of its own.",
  emptyCard: "(nothing more)",
  fileNotSent: {
    "too-large": (name) => `📎 ${name}: too large, DingTalk takes 20 MB at most. Not sent.`,
    "not-allowed": (name) =>
      `📎 ${name}: I may not take files from there (media.roots for this machine, media.allowHosts for addresses). Not sent.`,
    missing: (name) => `📎 ${name}: there is no such file. Not sent.`,
    refused: (name) => `📎 ${name}: DingTalk did not accept this file. Not sent.`,
    empty: (name) => `📎 ${name}: the file is empty. Not sent.`,
    unreachable: (name) => `📎 ${name}: could not be fetched or uploaded. Not sent.`,
    "no-way": (name) => `📎 ${name}: I cannot send files to people outside the organisation.`,
  },
  fileNotForYou: (name) =>
    `📎 ${name === "" ? "" : `${name}: `}you may not have files of this machine. Not sent.`,
  jobFailed: (name, error) => `⚠️ The scheduled job “${name}” failed: ${error}`,
  failures: {
    unreachable: `😥 The agent gateway cannot be reached, so this message was not handled. Try again later. ${ADMIN_EN} if it stays like this.`,
    unauthorized: `😥 The agent gateway does not accept my token. ${ADMIN_EN} to check gateway.token.`,
    "endpoint-off": `😥 The agent gateway's HTTP chat endpoint is switched off. ${ADMIN_EN} to enable chatCompletions.`,
    forbidden: `😥 The agent gateway refused the request. ${ADMIN_EN} to look at the log.`,
    "unknown-agent": `😥 The agent gateway does not know the agent I am set up for. ${ADMIN_EN} to check agentId.`,
    rejected: `😥 The agent gateway did not accept this message. Try other words. ${ADMIN_EN} if it stays like this.`,
    "too-large": "😥 This message is too long for the agent gateway. Please send a shorter one.",
    busy: "😥 The agent gateway is busy or restarting. Please send it again in a minute or two.",
    "needs-restart": `😥 The agent gateway has a fault and must be restarted. ${ADMIN_EN}.`,
    "model-auth": `😥 The model provider refused the gateway's key. ${ADMIN_EN} to check the model's API key.`,
    "model-quota": `😥 The model provider's credit is used up. ${ADMIN_EN}.`,
    "model-busy": "😥 The model provider is too busy right now. Please try again in a few minutes.",
    "model-failed": "😥 The model provider failed. Please try again later.",
    internal: `😥 The agent failed on this message. Try other words. ${ADMIN_EN} to look at the log if it stays like this.`,
    aborted: "This answer was stopped. Send it again if you still need it.",
    broken:
      "😥 The connection to the agent gateway broke before the answer was complete. Please ask again in a moment.",
    "held-too-long": `😥 The agent gateway was away for too long, so this message was not handled. ${ADMIN_EN} to look after the gateway, and send it again when it is back.`,
    timeout:
      "😥 The agent took too long, so I stopped waiting. Try again later, or ask for less at once.",
    empty: "The agent gave no answer. Please try other words.",
  },
  title: "New message",
};

export const TEXTS: Readonly<Record<Locale, Texts>> = { zh, en };
