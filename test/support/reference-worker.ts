import type { Meanings, Words } from "./reference-meanings.ts";

const NONE: Words = { en: "none", zh: "无" };
const FOLDER: Words = { en: "a folder's path", zh: "目录的路径" };

/** The process as a whole. */
export const WORKER: Readonly<Record<string, Meanings>> = {
  worker: {
    dataDir: {
      en: "Folder of the message store, the lock, the audit, and files people send",
      zh: "数据目录：消息存储、锁、审计记录，以及大家发来的文件",
      values: FOLDER,
      default: { en: "`~/.openclaw/dingbridge`", zh: "`~/.openclaw/dingbridge`" },
    },
    defaultAccount: {
      en: "Which robot sends for scripts that name none, where there are several",
      zh: "有几个机器人而脚本没有指定时，用哪个发消息",
      values: { en: "an id under `accounts`", zh: "`accounts` 下的 id" },
      default: NONE,
    },
    autostart: {
      en: "`false`: OpenClaw's gateway does not start dingbridge, where the [plugin](openclaw-plugin.md) is installed",
      zh: "装了[插件](openclaw-plugin.zh-CN.md)时，设为 `false` 就不随 OpenClaw 的网关启动",
    },
    proxy: {
      en: "The [proxy](runtimes.md#proxies) out of a company's network; wins over the environment's. `\"\"`: none. May be a [reference](#secrets)",
      zh: '走出公司网络的[代理](runtimes.zh-CN.md#代理)，优先于环境变量里的。`""` 表示不用代理。可以写成[引用](#密钥)',
      values: { en: "`http://user:password@host:port`", zh: "`http://用户名:密码@主机:端口`" },
      default: { en: "from the environment", zh: "取自环境变量" },
    },
    caFile: {
      en: "Certificates (PEM) of authorities to trust besides those the runtime does",
      zh: "除运行时信任的以外，还要信任的证书颁发机构的证书（PEM）",
      values: { en: "a file's absolute path", zh: "文件的绝对路径" },
      default: NONE,
    },
  },
  http: {
    "http.host": {
      en: "Address of the HTTP endpoints",
      zh: "HTTP 接口监听的地址",
      values: { en: "a host name or address", zh: "主机名或地址" },
    },
    "http.port": {
      en: "Their port; `0` takes any free one",
      zh: "它们的端口；`0` 表示任意空闲端口",
    },
    "http.token": {
      en: "Token for sending, which is off without one. Also for `/status` and `/metrics` where `http.host` is not loopback. May be a [reference](#secrets)",
      zh: "发消息用的令牌，没有就不能发；`http.host` 不是本机回环地址时，访问 `/status` 和 `/metrics` 也要用它。可以写成[引用](#密钥)",
      values: { en: "visible ASCII characters", zh: "可见的 ASCII 字符" },
      default: NONE,
    },
  },
  log: {
    "log.level": { en: "The lowest level that is written", zh: "写出的最低级别" },
    "log.format": {
      en: "Of the console; `auto`: text on a terminal, else one JSON object a line",
      zh: "控制台的格式；`auto`：终端里是文字，否则每行一个 JSON 对象",
    },
    "log.dir": {
      en: "Folder of OpenClaw's daily log file, which gets every line too; `off`: it does not",
      zh: "OpenClaw 每日日志文件所在的目录，每一行也会写进去；`off` 表示不写",
      values: { en: "a folder's absolute path, or `off`", zh: "目录的绝对路径，或 `off`" },
    },
  },
  store: {
    "store.fsync": {
      en: "`true`: what is acknowledged survives a power failure too; slower",
      zh: "设为 `true` 时，断电也不会丢失已确认的消息，但会慢一些",
    },
    "store.maxMb": {
      en: "Size of the database from which no message is taken in",
      zh: "数据库达到多大后不再接收消息",
    },
  },
  audit: {
    "audit.content": {
      en: "`true`: keeps what was written beside each decision",
      zh: "设为 `true` 时，每条决定旁边还记下消息的内容",
    },
    "audit.keepDays": { en: "How long a day's file is kept, in days", zh: "每天的文件保留多少天" },
    "audit.maxMb": {
      en: "Size of one day's file; more than that is not written",
      zh: "一天的文件最大多大，超过的不写",
    },
  },
};
