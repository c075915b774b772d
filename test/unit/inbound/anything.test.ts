import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { describePart, describeQuote } from "../../../src/core/inbound/describe.ts";
import { isFromRobotItself, mentionedIn } from "../../../src/core/inbound/mentions.ts";
import { saidIn, type Part, type Quote } from "../../../src/core/inbound/parts.ts";
import { parseRobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { KINDS, QUOTES, payloadData } from "../../support/robot-payloads.ts";

const PAYLOADS = [...Object.values(KINDS), ...Object.values(QUOTES)];
const MSGTYPES = [
  ...new Set(Object.values(KINDS).map(({ fields }) => fields.msgtype)),
  "reply",
  "toString",
];
/** The names that anything is read from, and some that only look like it. */
const NAMES = [
  ..."text content richText repliedMsg isReplyMsg msgType msgtype type title summary".split(" "),
  ..."records chatRecord messages senderName senderNick senderId downloadCode".split(" "),
  ..."fileName duration recognition cardContent elementType children value atName".split(" "),
  ..."skillData biz_custom_action_url actionUrlItemList actionUrl quoteContent".split(" "),
  ..."__proto__ constructor length toString".split(" "),
];
const VALUES = [...MSGTYPES, "RICHTEXT", "TEXT", "LINK", "IMAGE", "paragraph", "at", "@x", "[]"];

/** JSON that is made of the words the parser listens to. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.constantFrom<unknown>(...VALUES, null, true, 5, -1, 1e308, "https://a.b"),
    fc.string({ unit: "binary" }),
    fc.array(tie("tree"), { maxLength: 6 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("tree"), { maxKeys: 6 }),
    tie("tree").map((value) => JSON.stringify(value)),
  ),
}));

const messages = fc
  .record({
    payload: fc.constantFrom(...PAYLOADS),
    more: fc.record(
      {
        msgtype: fc.oneof(fc.constantFrom(...MSGTYPES), fc.string()),
        text: tree,
        content: tree,
        quoteMessage: tree,
        atUsers: tree,
        originalMsgId: tree,
        errorCode: tree,
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ payload, more }) => payloadData(payload, more));

function check(data: string): void {
  const parsed = parseRobotMessage(data);
  if (!parsed.ok) return;
  const { message } = parsed;
  isFromRobotItself(message);
  expect(mentionedIn(message).length).toBeLessThanOrEqual(200);
  const { parts, quote } = saidIn(message);
  checkParts(parts);
  for (let level: Quote | undefined = quote, depth = 1; level; level = level.quote, depth++) {
    expect(depth).toBeLessThanOrEqual(3);
    checkParts(level.parts);
  }
  if (quote === undefined) return;
  const described = describeQuote(quote);
  expect(described.length).toBeLessThanOrEqual(3600);
  expect(described.split("\n").every((line) => line.startsWith(">"))).toBe(true);
}

function checkParts(parts: readonly Part[]): void {
  expect(parts.length).toBeLessThanOrEqual(200);
  for (const part of parts) {
    const described = describePart(part);
    expect(described.length).toBeLessThanOrEqual(160_000);
    expect(described.isWellFormed()).toBe(true);
    expect(described.trim()).not.toBe("");
    if (part.kind === "text") expect(part.text).toBe(part.text.trim());
    if (part.kind === "media") expect((part.name ?? "").length).toBeLessThanOrEqual(255);
    if (part.kind === "unknown") expect(described).not.toContain("\n");
  }
}

describe("whatever comes in", () => {
  test("is read and described, within bounds, and nothing throws", () => {
    fc.assert(fc.property(fc.oneof(messages, fc.json(), fc.string()), check), { numRuns: 2000 });
  }, 30_000);

  const times = (length: number, item: unknown) => Array.from({ length }, () => item);
  const wrap = (depth: number, open: string, close: string) =>
    `${open.repeat(depth)}1${close.repeat(depth)}`;
  const huge: readonly [string, string][] = [
    ["a long text", JSON.stringify("@😀 ".repeat(2e5))],
    ["many runs", JSON.stringify({ richText: times(1e5, { text: "@a" }) })],
    ["many empty runs", JSON.stringify({ richText: times(1e5, {}) })],
    ["deep arrays", wrap(5e4, "[", "]")],
    ["deep objects", wrap(2e4, '{"content":', "}")],
    ["deep quotes", wrap(2e4, '{"repliedMsg":', "}")],
    ["deep paragraphs", `{"richText":${wrap(2e4, '[{"type":"paragraph","content":', "}]")}}`],
    ["deep cards", `{"cardContent":${wrap(2e4, '[{"elementType":"RICHTEXT","children":', "}]")}}`],
    ["a wide card", JSON.stringify({ cardContent: times(1e5, { elementType: "TEXT" }) })],
    ["many records", JSON.stringify({ records: times(1e5, { content: "x".repeat(20) }) })],
    ["a long name", JSON.stringify({ fileName: " \u0000".repeat(2e5), downloadCode: "x" })],
    [
      "many names",
      JSON.stringify(Object.fromEntries(Array.from({ length: 1e5 }, (_, at) => [at, at]))),
    ],
  ];

  test.each(huge)(
    // By the square of its length it would run into the test's limit.
    "is read soon: %s",
    (_what, value) => {
      for (const msgtype of MSGTYPES) {
        for (const field of ["text", "content", "quoteMessage"]) {
          const head = payloadData(KINDS.picture, { msgtype, content: undefined });
          const data = `${head.slice(0, -1)},"${field}":${value}}`;
          const parsed = parseRobotMessage(data);
          check(data);
          if (parsed.ok) saidIn(parsed.message);
        }
      }
    },
    20_000,
  );
});
