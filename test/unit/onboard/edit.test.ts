import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import JSON5 from "json5";
import { edit, hasComments, type Change } from "../../../src/onboard/edit.ts";

const BLOCK = ["channels", "dingtalk"];
const CHANGES: readonly Change[] = [
  { path: [...BLOCK, "clientId"], value: "dingnew" },
  { path: [...BLOCK, "clientSecret"], value: 'a"b\\c' },
  { path: [...BLOCK, "gateway", "url"], value: "http://127.0.0.1:1" },
];
const ALONE = {
  channels: {
    dingtalk: {
      clientId: "dingnew",
      clientSecret: 'a"b\\c',
      gateway: { url: "http://127.0.0.1:1" },
    },
  },
};

const COMMENTED = `// mine
{
  // what the robot says
  channels: {
    'dingtalk': {
      clientId: 'dingold', // from the console
      /* keep me */ clientSecret: "old",
      reply: { mode: "card", chunkChars: +2000, },
    }, // end
    telegram: { token: 0xFF, "x": Infinity },
  },
}
// bye
`;

function edited(text: string | undefined, changes = CHANGES): string {
  const result = edit(text, changes);
  if (!result.ok) throw new Error(result.reason);
  return result.text;
}

describe("a new file", () => {
  test.each([undefined, "", " \n", "{}", "{ }\n"])("in place of %j", (text) => {
    expect(JSON.parse(edited(text))).toEqual(ALONE);
    expect(edited(text)).toContain('\n  "channels": {\n');
  });
});

test("comments, quotes, numbers, order and what is not ours stay as they are", () => {
  expect(edited(COMMENTED)).toBe(`// mine
{
  // what the robot says
  channels: {
    'dingtalk': {
      clientId: "dingnew", // from the console
      /* keep me */ clientSecret: "a\\"b\\\\c",
      reply: { mode: "card", chunkChars: +2000, },
      gateway: {url: "http://127.0.0.1:1",},
    }, // end
    telegram: { token: 0xFF, "x": Infinity },
  },
}
// bye
`);
});

test("nothing to change leaves the text alone, to the byte", () => {
  const odd = `{channels:{dingtalk:{clientId:'dingnew',},},}   `;
  const change = { path: [...BLOCK, "clientId"], value: "dingnew" };
  expect(edit(odd, [change])).toEqual({ ok: true, text: odd, isChanged: false });
});

test("strings as only JSON5 has them stay as they are", () => {
  const text = `{ a: 'say "hi"', b: "\\x41", c: 'it\\'s', d: "one \\\ntwo", e: "string0" }\n`;
  const after = edited(text);
  expect(JSON5.parse(after)).toEqual({ ...JSON5.parse(text), ...ALONE });
  expect(after).toStartWith(text.slice(0, -3));
});

test("a block that is commented out stays so", () => {
  const text = `{\n  channels: {\n    // dingtalk: { clientId: "x" },\n  },\n}\n`;
  const after = edited(text);
  expect(after).toContain('    // dingtalk: { clientId: "x" },\n');
  expect(JSON5.parse(after)).toEqual(ALONE);
});

test("a file with nothing but a comment in it keeps the comment", () => {
  expect(edited("{\n  // soon\n}\n")).toContain("// soon");
});

test("line ends stay what they are", () => {
  const after = edited("{\r\n  a: 1,\r\n  // c\r\n}\r\n");
  expect(after).not.toMatch(/(?<!\r)\n/);
  expect(JSON5.parse(after)).toEqual({ a: 1, ...ALONE });
});

test.each([
  ["{ a: ", "not-json5"],
  ["// only a comment", "not-json5"],
  ["[]", "not-an-object"],
  ['"text"', "not-an-object"],
  ["{ channels: [] }", "not-an-object"],
  ['{ channels: { dingtalk: "x" } }', "not-an-object"],
] as const)("%j cannot be changed: %s", (text, reason) => {
  expect(edit(text, CHANGES)).toEqual({ ok: false, reason });
});

test("a key written twice is not guessed at", () => {
  const twice = `{ channels: { dingtalk: { clientId: "a" } }, channels: { dingtalk: { clientId: "b" } } }`;
  const result = edit(twice, CHANGES);
  if (result.ok) expect(JSON5.parse(result.text)).toEqual(ALONE);
  else expect(result.reason).toBe("cannot-keep");
});

test("whatever else is in a file is there afterwards", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const keys = fc
    .string({ minLength: 1 })
    .filter((key) => !["channels", "__proto__"].includes(key));
  let kept = 0;
  fc.assert(
    fc.property(fc.dictionary(keys, value), fc.constantFrom(0, 2, "\t"), (others, indent) => {
      const text = `// top\n${JSON5.stringify({ ...others }, null, indent)} // tail`;
      const result = edit(text, CHANGES);
      // Refusing is always allowed; losing something is not.
      if (!result.ok) return result.reason === "cannot-keep";
      expect(JSON5.parse(result.text)).toEqual({ ...JSON5.parse(text), ...ALONE });
      expect(result.text).toStartWith("// top\n");
      expect(result.text).toEndWith(" // tail");
      kept++;
      return true;
    }),
  );
  expect(kept).toBeGreaterThan(80);
});

test("comments are told from what looks like them", () => {
  expect(hasComments(COMMENTED)).toBe(true);
  expect(hasComments('{ a: "// no" }')).toBe(false);
});
