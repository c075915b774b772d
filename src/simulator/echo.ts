import type { Responder } from "./gateway-turns.ts";

const ECHO = {
  zh: {
    said: "你说的是：",
    saw: (count: number) => `看到了 **${count}** 张图片。`,
    self: "我是**回声网关**，接上真正的 OpenClaw 后，回答就来自你的智能体。",
  },
  en: {
    said: "You said:",
    saw: (count: number) => `I saw **${count}** picture${count === 1 ? "" : "s"}.`,
    self: "I am the **echo gateway**. With a real OpenClaw your agent answers here.",
  },
} as const;

/** Says back what was said, in pieces, with enough markdown to look at. */
export function createEcho(locale: "zh" | "en"): Responder {
  const { said, saw, self } = ECHO[locale];
  return async function* ({ text, images }) {
    const seen = images.length === 0 ? [] : [saw(images.length)];
    const answer = [said, quoted(text), ...seen, self].join("\n\n");
    // In about two seconds, however long it is.
    const size = Math.max(4, Math.ceil(answer.length / 50));
    for (let at = 0; at < answer.length; at += size) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      yield answer.slice(at, at + size);
    }
  };
}

/** As a quote that keeps its lines: two blanks make a line break. */
function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}  `)
    .join("\n");
}
