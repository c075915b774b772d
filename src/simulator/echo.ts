import { showpiece, WORDS, type EchoOptions, type EchoWord } from "./echo-words.ts";
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

/** The words that make this echo answer with something else than an echo. */
export const echoWords = (options: EchoOptions = {}): readonly EchoWord[] =>
  WORDS.filter(({ needs }) => needs === undefined || options[needs] !== undefined).map(
    ({ word }) => word,
  );

/**
 * Says back what was said, in pieces, with enough markdown to look at. A message that is nothing but one
 * of its words is answered with a message of that kind.
 */
export function createEcho(locale: "zh" | "en", options: EchoOptions = {}): Responder {
  const { said, saw, self } = ECHO[locale];
  const { stepMs = 40, echoMs = 2000, longMs = 9000 } = options;
  const known = echoWords(options);
  return async function* ({ text, images }) {
    const word = wordIn(text);
    const shown =
      word !== undefined && known.includes(word) ? showpiece(word, locale, options) : undefined;
    const seen = images.length === 0 ? [] : [saw(images.length)];
    const answer = shown?.text ?? [said, quoted(text), ...seen, self].join("\n\n");
    const steps = Math.max(1, (shown?.long === true ? longMs : echoMs) / stepMs);
    const size = Math.max(4, Math.ceil(answer.length / steps));
    for (let at = 0; at < answer.length; at += size) {
      await new Promise((resolve) => setTimeout(resolve, stepMs));
      yield answer.slice(at, at + size);
    }
  };
}

/** Lines before the last tell who speaks, and where. */
function wordIn(text: string): EchoWord | undefined {
  const last = text.trim().split("\n").at(-1)?.trim().toLowerCase() ?? "";
  return WORDS.find(({ word, zh }) => last === word || last === zh)?.word;
}

/** As a quote that keeps its lines: two blanks make a line break. */
function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}  `)
    .join("\n");
}
