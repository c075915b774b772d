import type { Responder } from "./gateway-turns.ts";

const ECHO = {
  zh: ["你说的是：", "我是**回声网关**，接上真正的 OpenClaw 后，回答就来自你的智能体。"],
  en: ["You said:", "I am the **echo gateway**. With a real OpenClaw your agent answers here."],
} as const;

/** Says back what was said, in pieces, with enough markdown to look at. */
export function createEcho(locale: "zh" | "en"): Responder {
  const [before, after] = ECHO[locale];
  return async function* ({ text }) {
    const answer = `${before}\n\n> ${text.replaceAll("\n", "\n> ")}\n\n${after}`;
    // In about two seconds, however long it is.
    const size = Math.max(4, Math.ceil(answer.length / 50));
    for (let at = 0; at < answer.length; at += size) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      yield answer.slice(at, at + size);
    }
  };
}
