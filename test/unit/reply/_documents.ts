import * as fc from "fast-check";
import type { Formatting } from "../../../src/core/reply/format.ts";

export const FORMATTING: Formatting = {
  mode: "markdown",
  tables: "keep",
  chunkChars: 3500,
  fallbackTitle: "New message",
};

/** Letters and digits, as a reader sees them: all that is not markup, whitespace or punctuation. */
export function ink(text: string): string {
  return text
    .replace(/&(?:lt|gt|amp|nbsp);/g, " ")
    .replaceAll("<br>", " ")
    .replace(/[^\p{L}\p{N}]+/gu, "");
}

const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,9}$/),
  fc.constantFrom("中文", "句子。", "，后面", "snake_case_name", "__init__", "a*b*c", "😀", "👨‍👩‍👧‍👦"),
  fc.constantFrom("a < b", "<div>", "</p>", "x => y", "C:\\dir", '"q"', "50%", "10~20"),
);
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((each) => each.join(" "));
const span = fc.oneof(
  { weight: 4, arbitrary: words },
  words.map((text) => `**${text}**`),
  fc.stringMatching(/^[a-z]{1,9}$/).map((text) => `_${text}_`),
  fc.stringMatching(/^[a-z_*<]{1,9}$/).map((text) => `\`${text}\``),
  fc.stringMatching(/^[a-z]{1,9}$/).map((text) => `~~${text}~~`),
  fc.stringMatching(/^[a-z]{1,9}$/).map((text) => `[${text}](https://x.test/${text}_b_c)`),
  fc.stringMatching(/^[a-z]{1,9}$/).map((text) => `**${text}：**中文`),
);
const line = fc.array(span, { minLength: 1, maxLength: 6 }).map((spans) => `W ${spans.join(" ")}`);
const paragraph = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join("\n"));

/** Blocks that stand in the output as they stand here, apart from their marks. */
const block = fc.oneof(
  { weight: 3, arbitrary: paragraph },
  line.map((text) => `## ${text}`),
  fc
    .array(line, { minLength: 1, maxLength: 8 })
    .map((items) => items.map((item) => `- ${item}`).join("\n")),
  fc.tuple(line, line, line).map(([a, b, c]) => `- ${a}\n  - ${b}\n- ${c}`),
  paragraph.map((text) => text.replace(/^/gm, "> ")),
  fc
    .array(fc.stringMatching(/^ {0,6}[a-z<>*_]{0,30}$/), { minLength: 1, maxLength: 30 })
    .map((lines) => `\`\`\`\nx\n${lines.join("\n")}\n\`\`\``),
  fc.constant("---"),
);

/** A markdown answer, its blocks parted by blank lines. */
export const document: fc.Arbitrary<string> = fc
  .array(block, { minLength: 1, maxLength: 25 })
  .map((blocks) => `${blocks.join("\n\n")}\n`);

/** Anything: pieces of markup and of text in no order. */
export const anything: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(
      fc.oneof(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
        fc.string({ unit: "binary", minLength: 1, maxLength: 10 }),
        fc.constantFrom(
          "中文",
          "😀",
          "\n\n",
          "\n",
          "# h",
          "- a\n",
          "1. ",
          "\u0001",
          '"',
          "👨‍👩‍👧‍👦a",
          "**",
          "\\",
        ),
        fc.constantFrom(
          "> ",
          "```\n",
          "~~~",
          "|a|b|\n|-|-|\n",
          "<b>",
          "[a](b)",
          "[a]: c\n",
          "$",
          "_",
          "    ",
        ),
      ),
      { minLength: 1, maxLength: 30 },
    ),
    fc.integer({ min: 1, max: 200 }),
  )
  .map(([pieces, times]) => pieces.join("").repeat(times));
