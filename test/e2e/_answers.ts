/** Answers to look for in what the robot sends, and what is left of them there. */

/** Words, a message written as JSON, and words again. */
export const blockIn = (before: string, block: object, after: string): string =>
  `${before}\n\n\`\`\`dingtalk\n${JSON.stringify(block, null, 2)}\n\`\`\`\n\n${after}`;

export const LINK = {
  type: "link",
  title: "官网",
  text: "一句话",
  url: "https://example.com/a?b=1&c=(2)",
};
/** A card with that many buttons. */
export const cardWith = (count: number) => ({
  type: "actionCard",
  title: "发布？",
  text: "**v2** 好了",
  buttons: Array.from({ length: count }, (_, at) => ({
    title: `第${at + 1}个`,
    url: `https://example.com/${at + 1}`,
  })),
});
export const FEED = {
  type: "feedCard",
  links: [1, 2].map((at) => ({
    title: `第${at}条`,
    url: `https://example.com/${at}`,
    picture: `https://example.com/${at}.png`,
  })),
};

const paragraph = (at: number) =>
  `【${at}】${"人有悲欢离合，月有阴晴圆缺，此事古难全。".repeat(11 + (at % 7))}`;

/** 12 000 characters with a table and a piece of code that no single message holds. */
export const LONG = (() => {
  const paragraphs = Array.from({ length: 40 }, (_, at) => paragraph(at + 1));
  const code = Array.from({ length: 240 }, (_, at) => `const line${at} = ${at} * 7;`);
  const rows = Array.from({ length: 120 }, (_, at) => `| 第 ${at} 行 | 数值 ${at * 3} |`);
  const half = paragraphs.length / 2;
  const text = [
    ...paragraphs.slice(0, half),
    `\`\`\`ts\n${code.join("\n")}\n\`\`\``,
    `| 名称 | 数值 |\n| --- | --- |\n${rows.join("\n")}`,
    ...paragraphs.slice(half),
  ].join("\n\n");
  return { text, paragraphs, code, rows };
})();

/** What several messages together have of it, wherever they were cut. */
export function partsOf(texts: readonly string[]) {
  const lines = texts.flatMap((text) => text.split("\n"));
  const prose = lines.filter((line) => !/^(?:\||`{3}|const |\s*$)/.test(line)).join("");
  return {
    paragraphs: prose
      .replace(/\s/g, "")
      .split(/(?=【)/)
      .filter((part) => part !== ""),
    code: lines.filter((line) => line.startsWith("const ")),
    rows: lines.filter((line) => line.startsWith("| 第 ")),
  };
}
