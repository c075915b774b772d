import type { Locale } from "../core/texts.ts";
import { ALL_CODES, CODES, GROUPS } from "./codes.ts";
import type { Case, Group, Status } from "./saying.ts";

const STATUSES: Readonly<Record<Locale, Readonly<Record<Status, string>>>> = {
  en: { pass: "pass", warn: "warning", fail: "failure", skipped: "not looked at" },
  zh: { pass: "通过", warn: "警告", fail: "失败", skipped: "未检查" },
};

const HEADS: Readonly<Record<Locale, string>> = {
  en: `# Troubleshooting

[中文](troubleshooting.zh-CN.md) · English

\`dingbridge doctor\` looks at everything a robot needs and names what is wrong, by code, with its cure. This page has all codes. It takes 15 seconds at most, changes nothing and calls no model.

\`\`\`sh
dingbridge doctor                       # exit code 0: nothing failed; 1: something did
dingbridge doctor --json                # one document: {checks: [{code, status, cause, cure, account?, ms?}]}
dingbridge doctor --offline             # without what needs the network
dingbridge doctor --ask                 # and one real question to the agent, which costs a model call
dingbridge doctor --bundle support.json # and a file for whoever helps you
\`\`\`

## The three classics

| What you see | Code | Mostly |
| --- | --- | --- |
| It does not connect | [DB402](#db402) | The receiving mode is not Stream, or the version with the robot is not published. A wrong secret is [DB401](#db401) |
| Messages do not arrive, or only some | [DB603](#db603) | Another program is connected as the same robot and is sent them |
| The robot is silent or apologises | [DB504](#db504) | The gateway's chat endpoint is off, as it is by default |

## What it does and does not do

- It connects to DingTalk for a moment, pings and hangs up, but never while a worker runs for the same robot: DingTalk would send the second connection some of the messages. Then the worker's own word counts. A worker on another machine is not seen: do not run the doctor against its robot from elsewhere.
- It asks DingTalk for an access token, which costs nothing, and tries one permission by asking for a file that nobody has sent, which costs one API call of the month's.
- It tries the gateway's chat endpoint with requests that cannot become a question.
- A code never changes its meaning. Where there are several robots each has findings of its own, with its name in \`account\`.

## The bundle

One JSON file, for your eyes only (mode 0600), never in another file's place: the findings, what \`dingbridge config check --json\` says, versions, the worker's \`/status\` and the last 200 lines of its log. Secrets are taken out, and so are debug lines and OpenClaw's own, since they may hold what people write. Ids of people and chats stay in: look through it before you pass it on.
`,
  zh: `# 故障排查

中文 · [English](troubleshooting.md)

\`dingbridge doctor\` 检查机器人所需的一切，用代码指出哪里不对、怎么解决。这一页列出所有代码。它最多用 15 秒，不改动任何东西，也不调用模型。

\`\`\`sh
dingbridge doctor                       # 退出码 0：没有失败；1：有失败
dingbridge doctor --json                # 一份 JSON：{checks: [{code, status, cause, cure, account?, ms?}]}
dingbridge doctor --offline             # 跳过需要网络的检查
dingbridge doctor --ask                 # 再向智能体真实提问一次，花费一次模型调用
dingbridge doctor --bundle support.json # 再写一个文件，交给帮你的人
\`\`\`

## 三个最常见的问题

| 现象 | 代码 | 多半是 |
| --- | --- | --- |
| 连不上 | [DB402](#db402) | 消息接收模式不是 Stream，或带机器人的版本没有发布。Secret 不对是 [DB401](#db401) |
| 收不到消息，或只收到一部分 | [DB603](#db603) | 另一个程序以同一个机器人连着，分走了消息 |
| 机器人不说话，或只会道歉 | [DB504](#db504) | 网关的对话接口没有开启（默认就是关的） |

## 它做什么，不做什么

- 它会短暂连接钉钉，ping 一次就断开；但同一个机器人有 worker 在运行时绝不连接，否则钉钉会把一部分消息分给它。这时以 worker 自己的状态为准。别的机器上的 worker 它看不见：不要在别处对它的机器人运行 doctor。
- 它向钉钉要一次访问令牌（不计费），并通过请求一个没人发过的文件来试一项权限，这会用掉当月的一次 API 调用。
- 它用不可能变成提问的请求来试网关的对话接口。
- 代码的含义永不改变。有多个机器人时，每个都有自己的结果，名字在 \`account\` 里。

## 支持包

一个 JSON 文件，只有你自己能读（权限 0600），绝不覆盖已有文件：检查结果、\`dingbridge config check --json\` 的输出、版本、worker 的 \`/status\`，以及日志最后 200 行。密钥都已去掉；debug 行和 OpenClaw 自己的日志行可能含有聊天内容，也已去掉。人员和会话的 id 还在：转交前请先看一遍。
`,
};

/** The page of all codes, from the table that the doctor speaks from. */
export function troubleshooting(locale: Locale): string {
  const parts = [HEADS[locale]];
  let last: Group | undefined;
  for (const code of ALL_CODES) {
    const { group, title, cases } = CODES[code];
    if (group !== last) parts.push(`## ${GROUPS[group][locale]}`);
    last = group;
    const lines = Object.values<Case>(cases).flatMap((each) => lineFor(each, locale) ?? []);
    parts.push(
      `<a id="${code.toLowerCase()}"></a>`,
      `### ${code}: ${title[locale]}`,
      lines.length === 0 ? ONLY_TELLS[locale] : lines.join("\n"),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

const ONLY_TELLS: Readonly<Record<Locale, string>> = {
  en: "Only tells how it is.",
  zh: "只说明现状。",
};

/** Undefined where there is nothing to be done. */
function lineFor({ status, cause, cure }: Case, locale: Locale): string | undefined {
  const shown = (text: string) => text.replaceAll(/\{\w+\}/g, "…").replaceAll("*", "\\*");
  if (cure[locale] === "") return undefined;
  return `- **${STATUSES[locale][status]}**: ${shown(cause[locale])} → ${shown(cure[locale])}`;
}
