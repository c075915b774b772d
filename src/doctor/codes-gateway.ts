import { NO_NETWORK, OFFLINE, UNCONFIGURED, entry, fail, pass, skipped, warn } from "./saying.ts";

const UNAVAILABLE = {
  offline: OFFLINE,
  unconfigured: UNCONFIGURED,
  disconnected: NO_NETWORK,
} as const;

const AWAY = skipped([
  "not looked at: the gateway cannot be reached (see DB501)",
  "未检查：连不上网关（见 DB501）",
]);

/** What opens the gateway's chat endpoint, as people type it. */
const ENABLE = "openclaw config set gateway.http.endpoints.chatCompletions.enabled true";

/** DB5xx: OpenClaw's gateway. */
export const GATEWAY_CODES = {
  DB501: entry("gateway", ["Reachable", "能否连上"], {
    reached: pass(["{url} answers", "{url} 有应答"]),
    away: fail(
      ["nothing answers at {url} ({said})", "{url} 没有应答（{said}）"],
      [
        "start it (openclaw gateway), or set gateway.url (OPENCLAW_GATEWAY_URL) to where it is",
        "请启动网关（openclaw gateway），或把 gateway.url（OPENCLAW_GATEWAY_URL）改到它所在的地址",
      ],
    ),
    ...UNAVAILABLE,
  }),
  DB502: entry("gateway", ["Ready", "是否就绪"], {
    ready: pass(["it says that it is ready", "网关说它已就绪"]),
    starting: warn(
      ["it is not ready: {said}", "网关还没有就绪：{said}"],
      [
        "wait until it has started; what people write meanwhile is held",
        "请等它启动完成；期间收到的消息会先留着",
      ],
    ),
    hidden: warn(
      [
        "the chat endpoint is there, but not OpenClaw's /readyz ({said})",
        "对话接口在，但没有 OpenClaw 的 /readyz（{said}）",
      ],
      [
        "let a proxy before the gateway pass on /readyz and /tools/invoke, or point gateway.url at the gateway itself",
        "网关前若有代理，请放行 /readyz 和 /tools/invoke；或让 gateway.url 直接指向网关",
      ],
    ),
    stranger: fail(
      [
        "what answers there is not OpenClaw's gateway ({said})",
        "那里应答的不是 OpenClaw 网关（{said}）",
      ],
      [
        "check gateway.url: it must be the gateway itself, without a path behind it",
        "请检查 gateway.url：必须是网关本身，后面不带路径",
      ],
    ),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB503: entry("gateway", ["Token", "令牌"], {
    accepted: pass(["the gateway accepts the token", "网关接受这个令牌"]),
    refused: fail(
      ["the gateway does not accept gateway.token ({said})", "网关不接受 gateway.token（{said}）"],
      [
        "make it equal to OpenClaw's gateway.auth.token; an old OPENCLAW_GATEWAY_TOKEN in the environment goes first",
        "请让它与 OpenClaw 的 gateway.auth.token 相同；环境变量 OPENCLAW_GATEWAY_TOKEN 若是旧的，会优先生效",
      ],
    ),
    missing: fail(
      [
        "no token is known here, and the gateway wants one ({said})",
        "这里没有令牌，而网关需要（{said}）",
      ],
      [
        "set gateway.auth.token in OpenClaw: without one it makes up a new one at each start, which nobody else knows",
        "请在 OpenClaw 里设置 gateway.auth.token：不设的话它每次启动都随机生成，别人无从知道",
      ],
    ),
    forbidden: fail(
      [
        "the gateway, or a proxy before it, does not let this through ({said})",
        "网关或它前面的代理不放行（{said}）",
      ],
      [
        "point gateway.url at the gateway itself, not at a proxy before it",
        "请让 gateway.url 直接指向网关，不要经过代理",
      ],
    ),
    untold: skipped(["the gateway did not say ({said})", "网关没有给出答案（{said}）"]),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB504: entry("gateway", ["Chat endpoint", "对话接口"], {
    on: pass(["the chat endpoint is switched on", "对话接口已开启"]),
    off: fail(
      ["the chat endpoint is switched off: HTTP 404", "对话接口没有开启：HTTP 404"],
      [ENABLE, ENABLE],
    ),
    untold: skipped(["the gateway did not say ({said})", "网关没有给出答案（{said}）"]),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB505: entry("gateway", ["Agents", "智能体"], {
    known: pass(["the gateway has {agents}", "网关里有 {agents}"]),
    unknown: fail(
      [
        "the gateway has no agent {missing}; it has {agents}",
        "网关里没有智能体 {missing}；有的是 {agents}",
      ],
      [
        "name one it has (agentId, roles, groups, users, bindings), or add it: openclaw agents list",
        "请改用它有的（agentId、roles、groups、users、bindings），或添加：openclaw agents list",
      ],
    ),
    untold: skipped(["the gateway lists no agents ({said})", "网关没有列出智能体（{said}）"]),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB506: entry("gateway", ["Sessions", "会话"], {
    honoured: pass([
      "the gateway keeps each chat in the session dingbridge names",
      "网关按 dingbridge 指定的会话保存每个聊天",
    ]),
    ignored: fail(
      [
        "the gateway does not look at the session dingbridge names: all chats might share one",
        "网关不理会 dingbridge 指定的会话：所有聊天可能混在一起",
      ],
      [
        "update OpenClaw; a proxy in between must pass on x-openclaw-session-key",
        "请升级 OpenClaw；中间若有代理，要放行 x-openclaw-session-key",
      ],
    ),
    untold: skipped([
      "cannot be told: the gateway was not asked, or does not say",
      "无法判断：没有问到网关，或它没有说",
    ]),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB507: entry("gateway", ["Session tools", "会话工具"], {
    usable: pass([
      "/new, and answers after an interruption, can use the gateway's records",
      "/new 和中断后的回复可以用网关的记录",
    ]),
    refused: warn(
      [
        "the gateway's session tools do not work ({said}): /new fails, and answers cut off cannot be fetched",
        "网关的会话工具不可用（{said}）：/new 会失败，被打断的回复也取不回来",
      ],
      [
        "let one agent have them: remove sessions from tools.deny, or give one agent tools.profile full",
        "请让某个智能体能用它们：从 tools.deny 里去掉 sessions，或给它 tools.profile full",
      ],
    ),
    untold: skipped(["not tried: see DB503", "未尝试：见 DB503"]),
    away: AWAY,
    ...UNAVAILABLE,
  }),
  DB508: entry("gateway", ["OpenClaw's file", "OpenClaw 的配置文件"], {
    clear: pass([
      "it has no channels.dingtalk, or a plugin that declares it",
      "里面没有 channels.dingtalk，或有声明它的插件",
    ]),
    refused: fail(
      [
        "{path} has channels.dingtalk, and no plugin declares it: the gateway will not start again (exit code 78)",
        "{path} 里有 channels.dingtalk，却没有声明它的插件：网关下次启动会失败（退出码 78）",
      ],
      [
        "move the block into ~/.openclaw/dingbridge.json (dingbridge config migrate), or install the plugin (docs/openclaw-plugin.md)",
        "请把这段移到 ~/.openclaw/dingbridge.json（dingbridge config migrate），或安装插件（docs/openclaw-plugin.zh-CN.md）",
      ],
    ),
    none: skipped(["OpenClaw's file is not on this machine", "本机没有 OpenClaw 的配置文件"]),
  }),
  DB509: entry("gateway", ["A real question", "真实提问"], {
    answered: pass(["agent {agent} answered: {said}", "智能体 {agent} 回答：{said}"]),
    empty: warn(
      ["agent {agent} answered nothing", "智能体 {agent} 什么也没有回答"],
      ["look at the gateway's log", "请看网关的日志"],
    ),
    failed: fail(
      ["agent {agent} did not answer: {said}", "智能体 {agent} 没有回答：{said}"],
      [
        "mend what it names; if it is the model, look at its key and credit in OpenClaw",
        "请按它说的处理；如果是模型的问题，请检查 OpenClaw 里模型的密钥和额度",
      ],
    ),
    unasked: skipped([
      "no question was asked, since that costs a model call (--ask asks one)",
      "没有提问，因为会花费一次模型调用（--ask 会问一次）",
    ]),
    unready: skipped([
      "not asked: the gateway does not take questions (see above)",
      "没有提问：网关还不能接受问题（见上）",
    ]),
    ...UNAVAILABLE,
  }),
} as const;
