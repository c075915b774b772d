import { describe, expect, test } from "bun:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MAX_MESSAGE_BYTES, bytesOf } from "../../../src/core/dingtalk/render.ts";
import { wordsFor, type Formatting } from "../../../src/core/reply/format.ts";
import { cardTexts } from "../../../src/core/reply/markdown/card.ts";

/**
 * Answers as agents write them (`name.agent`) and what becomes of them, read and judged by a person: robot
 * messages (`name.robot`), plain text with tables in columns (`name.text`), cards with tables spelled out
 * (`name.card`). A line of "=====" begins a message, its title behind.
 */
const FOLDER = join(import.meta.dir, "golden");
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".agent"))
  .map((file) => file.slice(0, -".agent".length));

const formatting: Formatting = {
  mode: "markdown",
  tables: "keep",
  chunkChars: 3500,
  fallbackTitle: "新消息",
};
const read = (file: string) => readFileSync(join(FOLDER, file), "utf8");
const shown = (title: string, text: string) => `===== ${title}\n${text}\n`;

function messages(text: string, options: Partial<Formatting>): string {
  return wordsFor(text, { ...formatting, ...options })
    .map((words) => {
      expect(bytesOf(words)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      return shown(words.title, words.parts.map((part) => part.text).join("|"));
    })
    .join("");
}

const ways: [way: string, make: (text: string) => string][] = [
  ["robot", (text) => messages(text, {})],
  ["text", (text) => messages(text, { mode: "text", tables: "code" })],
  [
    "card",
    (text) =>
      cardTexts(text, { tables: "list", maxChars: 2500 })
        .map((part) => shown("", part))
        .join(""),
  ],
];

describe.each(ways)("an agent's answer as %s", (way, make) => {
  test.each(NAMES)("%s", (name) => {
    expect(make(read(`${name}.agent`))).toBe(read(`${name}.${way}`));
  });
});
