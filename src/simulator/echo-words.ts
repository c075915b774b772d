import type { SampleFiles } from "./sample-files.ts";

export interface EchoOptions {
  /** Files it can send. Without them it does not know the words for that. */
  readonly files?: SampleFiles;
  /** Address of a picture for lists of links. */
  readonly pictureUrl?: string;
  /** Between two pieces of an answer, milliseconds. */
  readonly stepMs?: number;
  /** From the first piece to the last, milliseconds: of what it says back, and of the long answers. */
  readonly echoMs?: number;
  readonly longMs?: number;
}

/** What people can ask the echo for. */
export const WORDS = [
  { word: "card", zh: "卡片", needs: undefined },
  { word: "long", zh: "长文", needs: undefined },
  { word: "table", zh: "表格", needs: undefined },
  { word: "code", zh: "代码", needs: undefined },
  { word: "buttons", zh: "按钮", needs: undefined },
  { word: "link", zh: "链接", needs: undefined },
  { word: "feed", zh: "图文", needs: "pictureUrl" },
  { word: "image", zh: "图片", needs: "files" },
  { word: "file", zh: "文件", needs: "files" },
  { word: "voice", zh: "语音", needs: "files" },
  { word: "media", zh: "附件", needs: "files" },
] as const satisfies readonly {
  readonly word: string;
  readonly zh: string;
  readonly needs: keyof EchoOptions | undefined;
}[];

export type EchoWord = (typeof WORDS)[number]["word"];

export interface Showpiece {
  readonly text: string;
  /** Written slowly: time to see it grow. */
  readonly long: boolean;
}

type Locale = "zh" | "en";

/** The answer to a word. */
export function showpiece(word: EchoWord, locale: Locale, options: EchoOptions): Showpiece {
  return { text: textOf(word, TEXT[locale], options), long: word === "card" || word === "long" };
}

function textOf(word: EchoWord, t: Text, options: EchoOptions): string {
  const { files, pictureUrl: picture } = options;
  switch (word) {
    case "card":
      return [t.growing, ...t.points.map((point) => `- ${point}`), t.stop].join("\n\n");
    case "long":
      return Array.from({ length: 24 }, (_, at) => t.chapter(at + 1)).join("\n\n");
    case "table":
      return `${t.here}\n\n${t.table}`;
    case "code":
      return `${t.here}\n\n${CODE}\n\n${t.codeAfter}`;
    case "buttons":
      return block(t.here, {
        type: "actionCard",
        title: t.question,
        text: `### ${t.question}\n\n${t.choose}`,
        buttons: [
          { title: t.yes, send: t.yes },
          { title: t.no, send: t.no },
          { title: t.site, url: SITE },
        ],
        orientation: "vertical",
      });
    case "link":
      return block(t.here, { type: "link", title: t.site, text: t.siteText, url: SITE });
    case "feed":
      return block(t.here, {
        type: "feedCard",
        links: t.points.map((title) => ({ title, url: SITE, picture })),
      });
    case "image":
      return block(t.here, { type: "image", path: files?.picture });
    case "file":
      return block(t.here, { type: "file", path: files?.file });
    case "voice":
      return block(t.here, { type: "audio", path: files?.sound, durationMs: 3000 });
    case "media":
      return `${t.here}\nMEDIA:${files?.picture ?? ""}\nMEDIA:${files?.file ?? ""}`;
  }
}

const SITE = "https://www.dingtalk.com/";

/** How an agent asks for a message that is more than words. */
const block = (words: string, fields: object) =>
  `${words}\n\n\`\`\`dingtalk\n${JSON.stringify(fields, null, 2)}\n\`\`\``;

const CODE = "```ts\nconst answer = 6 * 7;\nconsole.log(`answer: ${answer}`);\n```";

interface Text {
  readonly here: string;
  readonly growing: string;
  readonly stop: string;
  readonly points: readonly string[];
  readonly chapter: (at: number) => string;
  readonly table: string;
  readonly codeAfter: string;
  readonly question: string;
  readonly choose: string;
  readonly yes: string;
  readonly no: string;
  readonly site: string;
  readonly siteText: string;
}

const TEXT: Readonly<Record<Locale, Text>> = {
  zh: {
    here: "这就是：",
    growing: "### 边写边看\n\n这个回答写得很慢，好让你看到它一点点变长。",
    stop: "等不及的话，发“**停止**”就能结束它。",
    points: [
      "第一点：消息先收好，再回应",
      "第二点：同一个会话里按顺序回答",
      "第三点：断线也不丢消息",
    ],
    chapter: (at) =>
      `## 第 ${at} 节\n\n${"这一段用来说明很长的回答会怎样分成几条消息，每一条都读得通。".repeat(8)}\n\n1. 先看**要点**\n2. 再看[细节](${SITE})`,
    table:
      "| 星期 | 会议室 | 人数 |\n| :-- | :-: | --: |\n| 周一 | 望海 | 6 |\n| 周二 | 听松 | 12 |",
    codeAfter: "上面是一段代码，`answer` 是 42。",
    question: "要现在发布吗？",
    choose: "点一个按钮，就等于自己发出这句话。",
    yes: "现在发布",
    no: "明天再说",
    site: "钉钉官网",
    siteText: "链接消息：标题、一句话和地址。",
  },
  en: {
    here: "Here it is:",
    growing: "### Watch it grow\n\nThis answer is written slowly, so that you can see it grow.",
    stop: "Send “**stop**” to end it sooner.",
    points: [
      "First: a message is kept, then answered",
      "Second: one chat is answered in order",
      "Third: nothing is lost when the link is",
    ],
    chapter: (at) =>
      `## Chapter ${at}\n\n${"This paragraph shows how a long answer becomes several messages that each read well. ".repeat(4)}\n\n1. First the **gist**\n2. Then the [details](${SITE})`,
    table:
      "| Day | Room | Seats |\n| :-- | :-: | --: |\n| Monday | Sea | 6 |\n| Tuesday | Pine | 12 |",
    codeAfter: "Above is some code, `answer` is 42.",
    question: "Publish it now?",
    choose: "A button says its words in your name.",
    yes: "Publish now",
    no: "Not before tomorrow",
    site: "DingTalk",
    siteText: "A link message: a title, a line and an address.",
  },
};
