import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { SILENCE, cleanAnswer, cleanPartial } from "../../../src/core/reply/directives.ts";

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
    ["buttons nobody can read", "Pick one [[buttons: Yes | No]]", "Pick one"],
    ["quick replies without any", "Pick [[quick_replies: ]] now", "Pick now"],
    ["half a question", "Sure [[confirm: Sure? | Yes]]", "Sure"],
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
    "Pick [[quick_replies: a, b]] now",
    "[[buttons: Menu | Pick one | A:1, B:https://b.example]]",
    "[[confirm: Sure? | Yes | No]]",
    "See:\n```dingtalk\n{}\n```\nMEDIA:/srv/a.png",
  ])("leaves what is to become another message: %s", (text) => {
    expect(cleanAnswer(`${text} NO_REPLY`)).toEqual({ kind: "text", text });
  });

  test.each([
    SILENCE,
    `[[reply_to_current]] **${SILENCE}**`,
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

describe("cleanPartial()", () => {
  const shown: [raw: string, text: string][] = [
    ["", ""],
    ["Hello, wor", "Hello, wor"],
    ["  Hello\n", "Hello"],
    ["No", ""],
    ["No wonder", "No wonder"],
    ["No response from Ope", ""],
    ["NO_RE", ""],
    ["`DINGTALK_SI", ""],
    ["**no_re", ""],
    ["DingTalk is", "DingTalk is"],
    ["HEARTBEAT_OK\nAll", "All"],
    ["Done. NO_REP", "Done."],
    ["Done. NO_REPLY HEARTBEAT_", "Done."],
    ["Done. NO_REPLY", "Done."],
    ["say NO_REPLYING", "say NO_REPLYING"],
    ["MY_NO_RE", "MY_NO_RE"],
    ["Pick [", "Pick"],
    ["Pick [[but", "Pick"],
    ["Pick [[buttons: a[1", "Pick"],
    ["Pick [[buttons: a | b | c]", "Pick"],
    ["Pick [[buttons: a | b | c]] now", "Pick now"],
    ["[[quick_replies: a]]", ""],
    ["[[reply_to_current]] **NO_RE", ""],
    ["[[reply_to_current]] **NO_REPLY**", ""],
    ["a[[0]] [[wiki", "a[[0]] [[wiki"],
    ["a [link](https://a.example)", "a [link](https://a.example)"],
    ["[[tts:text]]spoken [[/tts:te", ""],
    ["One [[tts:text]]spoken[[/tts:text]] two", "One two"],
    ["See\nMED", "See"],
    ["See\nMEDIA:/srv/a", "See"],
    ["See\n`MEDIA:/srv/a.png`\nthere", "See\nthere"],
    ["See\n![x](/sr", "See"],
    ["See\n![x](/srv/a(1).p", "See"],
    ["See\n![x](/srv/a.png)\nthere", "See\nthere"],
    ["See\n![x](https://a.example/a.png) there", "See\n![x](https://a.example/a.png) there"],
    ["See\n``", "See"],
    ["See\n```", "See"],
    ["See\n```ding", "See"],
    ["See\n```dingtalk\n{", "See"],
    ["See\n```dingtalk\n{}\n```", "See"],
    ["See\n~~~ dingtalk json\n{}\n~~~\nthere", "See\nthere"],
    ["See\n```ts\nconst a", "See\n```ts\nconst a"],
    ["See\n```\nMEDIA:/a\n[[buttons: a", "See\n```\nMEDIA:/a\n[[buttons: a"],
    ["`code` here", "`code` here"],
  ];
  test.each(shown)("shows of %j only %j", (raw, text) => {
    expect(cleanPartial(raw)).toBe(text);
  });

  // Whatever is for machines has something in it that the words have not.
  const machine = fc.constantFrom(
    " NO_REPLY",
    "\nHEARTBEAT_OK",
    ` ${SILENCE}`,
    " [[buttons: TITLE | TEXT | A:1, B:2]]",
    "[[quick_replies: A, B[1]]]",
    "\t[[confirm: A]]",
    " [[reply_to:123]]",
    "[[reply_to_current]]",
    "[[tts:text]]SPOKEN\nSPOKEN[[/tts:text]]",
    "\nMEDIA:/SRV/A.PNG\n",
    "\n  `MEDIA:https://A.EXAMPLE/1`\n",
    "\n![A](/SRV/A(1).PNG)\n",
    '\n```dingtalk\n{"A":"[["}\n```\n',
    "\n~~~~ dingtalk\n```\nNO_REPLY\n~~~~\n",
  );
  const plain = fc.constantFrom("word ", "x", "\n\n", "a, b. ", "end.", "\n- item\n");
  // A token is one only where the answer begins or ends.
  const tail = fc.constantFrom("", " NO_REPLY", `\n${SILENCE}`, "\nHEARTBEAT_OK NO_REPLY");
  const inner = machine.filter((piece) => !/^\s(?:NO_|HEART|DING)/.test(piece));

  test("never shows any part of what is for machines, wherever the answer is cut", () => {
    const answer = fc.tuple(fc.array(fc.oneof(plain, inner), { maxLength: 8 }), tail);
    fc.assert(
      fc.property(answer, ([pieces, tail]) => {
        const whole = pieces.join("") + tail;
        for (let end = 0; end <= whole.length; end++) {
          expect(cleanPartial(whole.slice(0, end))).toMatch(/^(?:[a-z,.\s-]*)$/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("shows all the words once the answer has gone on", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(plain, inner)), (pieces) => {
        const said = pieces.filter((piece) => /^[a-z,.\s-]*$/.test(piece)).join("");
        const partial = cleanPartial(`${pieces.join("")}\nthe last word\n.`);
        const letters = (text: string) => text.replace(/[^a-z]/g, "");
        expect(letters(partial)).toBe(letters(`${said}thelastword`));
      }),
    );
  });

  test("shows nothing of an answer that turns out silent", () => {
    for (const raw of [
      SILENCE,
      "NO_REPLY。",
      "**NO_REPLY**",
      `\`\`\`\n${SILENCE}\n\`\`\``,
      "no_reply",
    ]) {
      for (let end = 0; end <= raw.length; end++) expect(cleanPartial(raw.slice(0, end))).toBe("");
    }
  });

  test.each([
    ["directives never closed", "[[buttons:"],
    ["brackets", "["],
    ["speech never closed", "[[tts:text]]"],
    ["fences", "```\n"],
    ["blocks", "```dingtalk\n"],
    ["tokens", " NO_REPLY"],
    ["blanks", " "],
    ["marks", "MEDIA:"],
    ["images", "![a](/"],
  ])("does not stop the worker for a degenerate answer: %s", (_what, piece) => {
    // One that takes the square of its length would run into the test's time limit.
    const raw = `x${piece.repeat(Math.ceil(400_000 / piece.length))}`;
    expect(cleanPartial(raw)).toBeString();
  });
});
