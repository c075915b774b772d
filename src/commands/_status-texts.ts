import type { Locale } from "../core/texts.ts";

/** Used up, of what there is. */
export interface Share {
  readonly used: number;
  readonly limit: number;
}

/** What `dingbridge status` says. An `ago` is a `duration`; reasons are the worker's own, in English. */
export interface StatusTexts {
  /** Of a time in ms. */
  readonly duration: (ms: number) => string;
  readonly worker: (version: string, runtime: string, up: string, ready: boolean) => string;
  readonly problem: (part: string, reason: string) => string;

  /** What stands before a value. */
  readonly labels: Readonly<
    Record<"dingtalk" | "gateway" | "turns" | "quota" | "access" | "store" | "notSent", string>
  >;
  /** By state; one of another version is shown as it is. */
  readonly streamStates: Readonly<Record<string, string>>;
  readonly gatewayStates: Readonly<Record<string, string>>;
  readonly lasting: (state: string, ago: string) => string;
  readonly lastFrame: (ago: string) => string;
  readonly because: (reason: string) => string;
  readonly turns: (turns: {
    readonly running: number;
    readonly waiting: number;
    readonly held: number;
  }) => string;
  readonly quota: (month: string, api: Share, stream: Share) => string;
  readonly access: (dmPolicy: string, groupPolicy: string) => string;
  readonly unowned: string;
  readonly store: (inbox: number, outbox: number) => string;
  readonly notSent: (ago: string, reason: string) => string;

  readonly noAnswer: (origin: string, reason: string) => string;
  readonly wantsToken: string;
  readonly anotherProgram: (origin: string) => string;
}

/** Rounded to the unit that tells most. */
function roughly(ms: number): { readonly count: number; readonly unit: "s" | "min" | "h" | "d" } {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return { count: seconds, unit: "s" };
  if (seconds < 7200) return { count: Math.round(seconds / 60), unit: "min" };
  if (seconds < 172_800) return { count: Math.round(seconds / 3600), unit: "h" };
  return { count: Math.round(seconds / 86_400), unit: "d" };
}

const en: StatusTexts = {
  duration(ms) {
    const { count, unit } = roughly(ms);
    return `${count} ${unit}`;
  },
  worker: (version, runtime, up, ready) =>
    `dingbridge ${version} on ${runtime}, up ${up}: ${ready ? "ready" : "NOT ready"}`,
  problem: (part, reason) => `${part}: ${reason}`,
  labels: {
    dingtalk: "DingTalk",
    gateway: "gateway",
    turns: "turns",
    quota: "quota",
    access: "access",
    store: "store",
    notSent: "not sent",
  },
  streamStates: {
    connected: "connected",
    connecting: "connecting",
    waiting: "disconnected, will try again",
    stopped: "stopped",
  },
  gatewayStates: { open: "works", shut: "cannot take questions", ready: "coming back" },
  lasting: (state, ago) => `${state} for ${ago}`,
  lastFrame: (ago) => `, last frame ${ago} ago`,
  because: (reason) => `: ${reason}`,
  turns: ({ running, waiting, held }) =>
    `${running} running, ${waiting} waiting, ${held} held for the gateway`,
  quota: (month, api, stream) =>
    `${month}: ${api.used} of ${api.limit} API calls, ${stream.used} of ${stream.limit} pushes (this worker's share)`,
  access: (dmPolicy, groupPolicy) => `direct chats ${dmPolicy}, groups ${groupPolicy}`,
  unowned: "; nobody is an owner: whoever writes directly is treated as one",
  store: (inbox, outbox) => `${inbox} in the inbox, ${outbox} in the outbox`,
  notSent: (ago, reason) => `${ago} ago: ${reason}`,

  noAnswer: (origin, reason) =>
    `no dingbridge answers at ${origin} (${reason}): start it with dingbridge start, or set http.host and http.port (DINGBRIDGE_HOST, DINGBRIDGE_PORT) to where it runs`,
  wantsToken:
    "the worker wants its http.token for that: set it here as it is there (DINGBRIDGE_API_TOKEN)",
  anotherProgram: (origin) =>
    `what answers at ${origin} is no dingbridge of this version: check http.port`,
};

const ZH_UNITS = { s: "秒", min: "分钟", h: "小时", d: "天" } as const;

const zh: StatusTexts = {
  duration(ms) {
    const { count, unit } = roughly(ms);
    return `${count} ${ZH_UNITS[unit]}`;
  },
  worker: (version, runtime, up, ready) =>
    `dingbridge ${version}（${runtime}），已运行 ${up}：${ready ? "就绪" : "没有就绪"}`,
  problem: (part, reason) => `${part}：${reason}`,
  labels: {
    dingtalk: "钉钉",
    gateway: "网关",
    turns: "回答",
    quota: "用量",
    access: "权限",
    store: "存储",
    notSent: "没有发出",
  },
  streamStates: {
    connected: "已连接",
    connecting: "正在连接",
    waiting: "连接断开，等待重连",
    stopped: "已停止",
  },
  gatewayStates: { open: "正常", shut: "不能提问", ready: "正在恢复" },
  lasting: (state, ago) => `${state}（${ago}）`,
  lastFrame: (ago) => `，${ago}前收到过数据`,
  because: (reason) => `：${reason}`,
  turns: ({ running, waiting, held }) =>
    `${running} 个进行中，${waiting} 个排队，${held} 个在等网关恢复`,
  quota: (month, api, stream) =>
    `${month}：API 调用 ${api.used}/${api.limit}，消息推送 ${stream.used}/${stream.limit}（只算这个 worker 的）`,
  access: (dmPolicy, groupPolicy) => `单聊 ${dmPolicy}，群聊 ${groupPolicy}`,
  unowned: "；没有所有者：任何单聊机器人的人都会被当作所有者",
  store: (inbox, outbox) => `待处理 ${inbox} 条，待发送 ${outbox} 条`,
  notSent: (ago, reason) => `${ago}前：${reason}`,

  noAnswer: (origin, reason) =>
    `${origin} 上没有 dingbridge 应答（${reason}）：请用 dingbridge start 启动它，或把 http.host 和 http.port（DINGBRIDGE_HOST、DINGBRIDGE_PORT）设成它运行的地址`,
  wantsToken:
    "worker 要求提供它的 http.token：请在这里设成和 worker 一样的值（DINGBRIDGE_API_TOKEN）",
  anotherProgram: (origin) => `在 ${origin} 上应答的不是这个版本的 dingbridge：请检查 http.port`,
};

export const STATUS_TEXTS: Readonly<Record<Locale, StatusTexts>> = { zh, en };
