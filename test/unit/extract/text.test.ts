import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { decodeText } from "../../../src/extract/decode.ts";
import { formatOf } from "../../../src/extract/format.ts";
import { readPlain } from "../../../src/extract/formats/plain.ts";
import { cutText, tidy } from "../../../src/extract/tidy.ts";
import { HELLO_GBK, KINDS, utf8 } from "./_fixtures.ts";

const utf16 = (text: string, mark: readonly number[]) => {
  const bytes = new Uint8Array(Buffer.from(text, "utf16le"));
  const little = mark[0] === 0xff;
  return Uint8Array.of(...mark, ...(little ? bytes : Buffer.from(bytes).swap16()));
};

describe("decodeText()", () => {
  test.each([
    ["UTF-8", utf8("你好")],
    ["UTF-8 with a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8("你好"))],
    ["UTF-16, little end first", utf16("你好", [0xff, 0xfe])],
    ["UTF-16, big end first", utf16("你好", [0xfe, 0xff])],
    ["GBK", Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3)],
  ])("reads %s", (_, bytes) => {
    expect(decodeText(bytes)).toBe("你好");
  });

  test("reads GB18030's four-byte characters", () => {
    expect(decodeText(Uint8Array.of(0x94, 0x39, 0xda, 0x33))).toBe("💩");
  });

  test("a cut inside a character leaves that one out, in either encoding", () => {
    expect(decodeText(utf8("你好").subarray(0, 5), { cut: true })).toBe("你");
    expect(decodeText(HELLO_GBK.subarray(0, 3), { cut: true })).toBe("你");
  });

  test("takes the charset a file names, and none that does not exist", () => {
    const big5 = Uint8Array.of(0xa7, 0x41, 0xa6, 0x6e);
    expect(decodeText(big5, { charset: "big5" })).toBe("你好");
    expect(decodeText(utf8("hi \u{1f600}"), { charset: "no-such" })).toBe("hi \u{1f600}");
  });

  test("one broken character in a long text is let pass", () => {
    const bytes = Uint8Array.of(...utf8("好".repeat(100)), 0xff, ...utf8("!"));
    expect(decodeText(bytes)).toBe(`${"好".repeat(100)}\ufffd!`);
  });

  test("random bytes and zeros are no text", () => {
    const random = crypto.getRandomValues(new Uint8Array(20_000));
    expect(decodeText(random)).toBeUndefined();
    expect(decodeText(new Uint8Array(1_000))).toBeUndefined();
  });
});

describe("tidy()", () => {
  test("makes \\n of every line end and one blank line of many", () => {
    expect(tidy("\r\n\r\na  \r\n\n \t\n\nb\rc\u2028d\n\n")).toBe("a\n\nb\nc\nd");
  });

  test("leaves out what no reader sees", () => {
    const hidden = Array.from("ignore", (char) =>
      String.fromCodePoint(0xe0000 + char.charCodeAt(0)),
    );
    expect(tidy(`a\u0000\u001b[31mb\u202ec\u200bd\ufeff${hidden.join("")}`)).toBe("a[31mbcd");
  });

  test("keeps tabs, emoji made of several, and marks of Chinese variants", () => {
    expect(tidy("a\tb 👨‍👩‍👧 葛\u{e0100}")).toBe("a\tb 👨‍👩‍👧 葛\u{e0100}");
  });

  test("is well formed and done after once, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
        const once = tidy(`${a}\ud800${b}`);
        expect(once.isWellFormed()).toBe(true);
        expect(tidy(once)).toBe(once);
      }),
    );
  });

  test("takes no longer than its input is long", () => {
    // By the square of it they would run into the test's limit.
    expect(tidy(" ".repeat(500_000) + "x")).toEndWith("x");
    expect(tidy("\n \t".repeat(300_000)).trim()).toBe("");
  });
});

describe("cutText()", () => {
  test("leaves a text that fits as it is", () => {
    expect(cutText("abc", 3)).toEqual({ text: "abc", truncated: false });
  });

  test("never cuts a character people see as one", () => {
    expect(cutText("ab👨‍👩‍👧", 5)).toEqual({ text: "ab", truncated: true });
    expect(cutText("abe\u0301", 3)).toEqual({ text: "ab", truncated: true });
  });

  test("an endless character is cut all the same, in no surrogate pair", () => {
    const { text } = cutText(`e${"\u{1d165}".repeat(500)}`, 100);
    expect(text.length).toBeGreaterThan(0);
    expect(text.length).toBeLessThanOrEqual(100);
    expect(text.isWellFormed()).toBe(true);
  });

  test("holds its limit and stays well formed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(300), (unit, chars) => {
        const { text } = cutText(unit.toWellFormed().repeat(50), chars);
        expect(text.length).toBeLessThanOrEqual(chars);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("readPlain()", () => {
  test("cuts, and says so", () => {
    const read = readPlain(utf8("好".repeat(30_000)), 20_000);
    expect(read).toEqual({ ok: true, text: "好".repeat(20_000), truncated: true });
  });

  test("a text that fits is not truncated", () => {
    expect(readPlain(utf8("a,b\n1,2\n"), 20_000)).toEqual({
      ok: true,
      text: "a,b\n1,2",
      truncated: false,
    });
  });

  test("only blanks, or no text at all, is no text", () => {
    expect(readPlain(utf8(" \n\t \n"), 100)).toEqual({ ok: false, reason: "no text" });
    expect(readPlain(new Uint8Array(500), 100)).toEqual({ ok: false, reason: "no text" });
  });

  test("20 MB of text, and a csv made to be slow, end soon", () => {
    const large = utf8("a line of text\n".repeat(1_400_000));
    const slow = utf8(`"${'"",'.repeat(3_000_000)}${" ".repeat(3_000_000)}`);
    expect(readPlain(large, 20_000)).toMatchObject({ ok: true, truncated: true });
    expect(readPlain(slow, 20_000)).toMatchObject({ ok: true, truncated: true });
  });
});

describe("formatOf()", () => {
  test.each([
    [KINDS.txt, "a.txt", "text"],
    [KINDS.docx, "a.docx", "office"],
    [{ mime: "application/octet-stream", family: "", extension: "" }, "报告.PDF", "pdf"],
    [{ mime: "application/octet-stream", family: "", extension: ".md" }, "x", "text"],
    [{ mime: "text/html", family: "text", extension: "" }, "page", "html"],
    [{ mime: "application/ld+json", family: "", extension: "" }, "x", "text"],
    [{ mime: "", family: "text", extension: "" }, "x", "text"],
    [{ mime: "application/zip", family: "archive", extension: "zip" }, "a.zip", undefined],
    [{ mime: "image/png", family: "image", extension: "png" }, "a.png", undefined],
    [{ mime: "application/msword", family: "document", extension: "doc" }, "a.doc", undefined],
  ] as const)("%o, %s → %s", (kind, name, format) => {
    expect(formatOf(kind, name)).toBe(format);
  });
});
