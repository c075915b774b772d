import { describe, expect, test } from "bun:test";
import { CUT_OFF } from "../../../src/core/bridge/prompt.ts";
import { CUT, answer, user } from "./_history.ts";
import { AT, look } from "./_look.ts";

describe("Gateway.look(), the words of a question", () => {
  const found = async (sent: string, kept: string) =>
    (await look({ entries: [user(kept, AT + 5)] }, { text: sent })).kind === "cut-off";

  test.each([
    ["as they are", "你好", "你好"],
    ["without blanks around them", "  你好\n", "你好"],
    ["of a second try", `${CUT_OFF}\n你好`, `${CUT_OFF}\n你好`],
    ["without a date in brackets", "[Sun 2026-11-22 14:53 UTC] 你好", "你好"],
    ["cut after 4000", "长".repeat(5000), `${"长".repeat(4000)}${CUT}`],
    [
      "cut in the middle of a character",
      `${"x".repeat(3999)}😀 and on`,
      `${"x".repeat(3999)}\ud83d${CUT}`,
    ],
    [
      "with a key hidden",
      "my key is sk-abcdefghijklmnop123456, is it good?",
      "my key is sk-abc…3456, is it good?",
    ],
    [
      "with a private key hidden",
      "-----BEGIN PRIVATE KEY-----\nMIIEabc\n-----END PRIVATE KEY-----\nis it good?",
      "-----BEGIN PRIVATE KEY-----\n…redacted…\n-----END PRIVATE KEY-----\nis it good?",
    ],
    ["with a short secret hidden", "password=hunter2 ok?", "password=*** ok?"],
    [
      "with a secret hidden, and cut",
      `token sk-abcdefghijklmnop123456 ${"x".repeat(5000)}`,
      `token sk-abc…3456 ${"x".repeat(3982)}${CUT}`,
    ],
  ])("are known %s", async (_what, sent, kept) => {
    expect(await found(sent, kept)).toBe(true);
  });

  test("are known without a date in brackets, and cut", async () => {
    const sent = `[Sun 2026-11-22 14:53 UTC] ${"长".repeat(5000)}`;
    expect(await found(sent, `${"长".repeat(4000)}${CUT}`)).toBe(true);
  });

  test.each([
    ["other words", "你好", "再见"],
    ["the end of them", "第一行\n你好", "你好"],
    ["more than them", "你好", "你好吗"],
    ["the beginning of them, not cut", "你好吗", "你好"],
    ["other words, cut", "你".repeat(5000), `${"长".repeat(4000)}${CUT}`],
    ["dots of people's own", "好…的", "不…行"],
    ["nothing at all", "[图片]", ""],
  ])("are not mistaken for %s", async (_what, sent, kept) => {
    expect(await found(sent, kept)).toBe(false);
  });

  test("asked twice in a row are told apart: the second one is not the first", async () => {
    const entries = [user("继续", AT - 20_000), answer("first", "chatcmpl_1")];
    expect(await look({ entries }, { text: "继续" })).toEqual({ kind: "absent" });
    const both = [...entries, user("继续", AT + 3), answer("second", "chatcmpl_2")];
    expect(await look({ entries: both }, { text: "继续" })).toMatchObject({ text: "second" });
  });
});

describe("Gateway.look(), clocks", () => {
  const REMOTE = { url: "http://192.168.1.9:18789" };
  const MINUTE = 60_000;

  /** The question as a gateway whose clock is `skewMs` ahead has it, `lateMs` after it was asked. */
  const kept = (skewMs: number, lateMs: number) => [user("你好", AT + skewMs + lateMs)];

  test.each([-60 * MINUTE, -5 * MINUTE, -3000, 0, 3000, 5 * MINUTE, 60 * MINUTE])(
    "of a gateway elsewhere that are %i ms ahead are allowed for",
    async (skewMs) => {
      const where = { ...REMOTE, skewMs };
      expect(await look({ entries: kept(skewMs, 20) }, {}, where)).toEqual({ kind: "cut-off" });
      const before = [...kept(skewMs, -5000), answer("old")];
      expect(await look({ entries: before }, {}, where)).toEqual({ kind: "absent" });
    },
  );

  test("of this machine are one", async () => {
    for (const url of ["http://127.0.0.1:18789", "http://localhost:18789", "http://[::1]:18789"]) {
      // The header has no milliseconds: half a second of difference is none.
      const where = { url, skewMs: -999 };
      expect(await look({ entries: kept(0, 0) }, {}, where)).toEqual({ kind: "cut-off" });
      // A container behind a loopback address may be a little behind.
      expect(await look({ entries: kept(0, -300) }, {}, where)).toEqual({ kind: "cut-off" });
      expect(await look({ entries: kept(0, -301) }, {}, where)).toEqual({ kind: "absent" });
    }
  });

  test("are taken for the same where the gateway does not tell its own", async () => {
    expect(await look({ entries: kept(0, 1) }, {}, REMOTE)).toEqual({ kind: "cut-off" });
  });

  test("that differ by less than what counts as one clock are allowed for as well", async () => {
    for (let skewMs = -2000; skewMs <= 2000; skewMs += 100) {
      const found = await look({ entries: kept(skewMs, 20) }, {}, { ...REMOTE, skewMs });
      expect({ skewMs, ...found }).toEqual({ skewMs, kind: "cut-off" });
    }
  });
});
