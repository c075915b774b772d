import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { SILENCE, cleanAnswer } from "../../../src/core/reply/directives.ts";

describe("cleanAnswer()", () => {
  const texts: [what: string, raw: string, text: string][] = [
    ["plain text", "hello", "hello"],
    ["blanks around", "\n  hello \n", "hello"],
    ["a trailing NO_REPLY", "Done. NO_REPLY", "Done."],
    ["a trailing NO_REPLY on its own line", "Done.\n\nNO_REPLY\n", "Done."],
    ["a trailing NO_REPLY with a full stop", "Done. NO_REPLY.", "Done."],
    ["a trailing word for silence", `Done.\n${SILENCE}`, "Done."],
    ["several trailing words", "Done. NO_REPLY HEARTBEAT_OK", "Done."],
    ["a leading HEARTBEAT_OK", "HEARTBEAT_OK\n\nAll is well", "All is well"],
    ["a trailing HEARTBEAT_OK behind Chinese", "一切正常HEARTBEAT_OK", "一切正常"],
    ["a word that only looks like one", "say NO_REPLYING", "say NO_REPLYING"],
    ["one of the words in the middle", "NO_REPLY means silence", "NO_REPLY means silence"],
    ["buttons", "Pick one [[buttons: Yes | No]]", "Pick one"],
    ["quick replies", "Pick [[quick_replies: a, b]] now", "Pick now"],
    ["a reply-to", "[[reply_to_current]] hello", "hello"],
    ["a reply-to with an id", "[[reply_to:123]]hello", "hello"],
    ["an audio directive", "hello [[audio_as_voice]]", "hello"],
    ["text for speech only", "[[tts:text]]spoken[[/tts:text]] written", "written"],
    ["a bracket inside buttons", "Pick [[buttons: a[1] | b]]", "Pick"],
    ["double brackets of another kind", "a[[0]] and [[wiki link]]", "a[[0]] and [[wiki link]]"],
    ["a directive in a code block", "```\n[[buttons: a]]\n```", "```\n[[buttons: a]]\n```"],
    ["silence talked about in a code block", "```\nx = NO_REPLY\n```", "```\nx = NO_REPLY\n```"],
  ];
  test.each(texts)("leaves what people are to read: %s", (_what, raw, text) => {
    expect(cleanAnswer(raw)).toEqual({ kind: "text", text });
  });

  test.each([
    SILENCE,
    ` ${SILENCE}\n`,
    `${SILENCE}.`,
    "NO_REPLY",
    "HEARTBEAT_OK",
    "NO_REPLY\nNO_REPLY",
  ])("takes %j for silence", (raw) => {
    expect(cleanAnswer(raw)).toEqual({ kind: "silent" });
  });

  test.each([
    "",
    "  \n",
    "No response from OpenClaw.",
    "[[reply_to_current]]",
    "[[tts:text]]x[[/tts:text]]",
  ])("takes %j for empty", (raw) => {
    expect(cleanAnswer(raw)).toEqual({ kind: "empty" });
  });

  test("never throws, and never hands on a blank text", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom("[[", "]]", "[[buttons:", "[[tts:text]]", "NO_REPLY", "```\n", "\n", SILENCE),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const cleaned = cleanAnswer(pieces.join(""));
        if (cleaned.kind === "text") {
          expect(cleaned.text).toBe(cleaned.text.trim());
          expect(cleaned.text).not.toBe("");
        }
      }),
    );
  });

  test("leaves a text without any of these words as it is", () => {
    const plain = fc.string({ unit: "grapheme" }).filter((text) => !/\[\[|NO_|_OK|_SIL/.test(text));
    fc.assert(
      fc.property(plain, (text) => {
        const cleaned = cleanAnswer(text);
        expect(cleaned.kind === "text" ? cleaned.text : "").toBe(text.trim());
      }),
    );
  });

  test.each([
    ["blanks in the middle", `a${" ".repeat(40_000)}b`],
    ["empty lines in the middle", `a${"\n".repeat(40_000)}b`],
    ["the word for silence over and over", `x ${"NO_REPLY ".repeat(10_000)}`],
    ["directives never closed", "[[buttons:".repeat(4000)],
    ["speech never closed", "[[tts:text]]".repeat(4000)],
    ["fences never closed", `${"```\n".repeat(10_000)}x`],
  ])("does not stop the worker for a degenerate answer: %s", (_what, raw) => {
    // One that takes the square of its length would run into the test's time limit.
    expect(cleanAnswer(raw.repeat(10)).kind).toBeString();
  });

  test.each([
    "DINGTALK_SILENT。",
    "`DINGTALK_SILENT`",
    "**DINGTALK_SILENT**",
    "“dingtalk_silent”",
    "```\nDINGTALK_SILENT\n```",
    "NO_REPLY。",
  ])("takes %j for silence, however the model dresses it up", (raw) => {
    expect(cleanAnswer(raw)).toEqual({ kind: "silent" });
  });
});
