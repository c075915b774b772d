import { describe, expect, test } from "bun:test";
import { Ajv } from "ajv";
import { TOP } from "../../../src/core/config/aliases-table.ts";
import { ACCOUNT, BLOCK, type Shape } from "../../../src/core/config/shape.ts";
import manifest from "../../../src/openclaw-plugin/openclaw.plugin.json" with { type: "json" };
import { channelSchema } from "../../support/plugin-schema.ts";
import { ROBOT, load } from "../config/_loading.ts";

const { schema } = manifest.channelConfigs.dingtalk;
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

const isAccepted = (block: unknown) => validate(block);

test("the manifest says what the configuration's schemas say: else run npm run schema", () => {
  expect(schema).toEqual(JSON.parse(JSON.stringify(channelSchema())));
});

test("no key is required, no other one refused, and no default is written down", () => {
  expect(isAccepted({})).toBe(true);
  const text = JSON.stringify(schema);
  expect(text).not.toContain('"additionalProperties":false');
  expect(text).not.toContain('"default"');
});

describe("the channel's schema accepts", () => {
  test.each([
    ["the smallest block", ROBOT],
    ["references", { clientId: "${ID}", clientSecret: { source: "env", id: "SECRET" } }],
    ["a reference of OpenClaw's", { ...ROBOT, http: { token: { source: "exec", id: "x" } } }],
    ["a secret's file", { clientId: "a", clientSecret: { source: "file", path: "/run/x" } }],
    ["numbers as text", { reply: { chunkChars: "3000" }, http: { port: "18780" } }],
    ["truth as text", { enabled: "true", reply: { atSender: "false" } }],
    ["ids as numbers", { owners: [12345, "u2", "*"], robotCode: 7 }],
    ["conversations as keys", { groups: { "cidAbC/+==": { requireMention: false }, "*": {} } }],
    ["other bridges' keys", { appKey: "a", appSecret: "b", messageType: "card", dms: {} }],
    ["another bridge's words under a key of ours", { sessionScope: "chat-sender" }],
    ["accounts", { accounts: { a: { ...ROBOT, locale: "en" }, b: ROBOT } }],
    ["a list of accounts", { accounts: [{ id: "a", ...ROBOT }] }],
    ["a key nobody knows", { replyMod: "card", accounts: { a: { x: 1 } } }],
    ["blanks around a value", { agentId: " main ", gateway: { token: " t " } }],
  ])("%s", (_, block) => {
    expect(isAccepted(block)).toBe(true);
  });
});

describe("the channel's schema refuses, as the loader does,", () => {
  test.each([
    ["a word that is none of a key's", { dmPolicy: "everybody" }],
    ["a number that is too small", { reply: { chunkChars: 199 } }],
    ["one that is too large", { http: { port: 65_536 } }],
    ["one that is not whole", { stream: { links: 1.5 } }],
    ["text that is no number", { reply: { chunkChars: "many" } }],
    ["what is neither true nor false", { requireMention: "maybe" }],
    ["one id where a list belongs", { owners: "u1" }],
    ["an id without anything in it", { owners: [" "] }],
    ["a value where keys belong", { reply: "card" }],
    ["a secret that is a list", { clientSecret: ["a"] }],
    ["a reference without a source", { clientSecret: { id: "SECRET" } }],
    ["a token no header can hold", { gateway: { token: "to ken" }, http: { token: "to ken" } }],
    ["an agent's id with blanks", { agentId: "my agent" }],
    ["the same in an account", { accounts: { a: { ...ROBOT, locale: "fr" } } }],
    ["the same in a group", { groups: { cid: { reply: { mode: "fancy" } } } }],
    ["the same for a person", { users: { u1: { role: "boss" } } }],
  ])("%s", (_, block) => {
    const whole = "accounts" in block ? block : { ...ROBOT, ...block };
    expect(load({ block: whole }).problems).not.toEqual([]);
    expect(isAccepted(whole)).toBe(false);
  });
});

/** Every key, as a path; "*" stands for any name. */
function paths(shape: Shape, path: readonly string[] = []): string[][] {
  if (shape.kind === "leaf") return [[...path]];
  if (shape.kind === "record") return [[...path], ...paths(shape.of, [...path, "*"])];
  const own = path.length === 0 ? [] : [[...path]];
  return [...own, ...[...shape.entries].flatMap(([key, of]) => paths(of, [...path, key]))];
}

const at = ([key = "", ...rest]: readonly string[], value: unknown): Record<string, unknown> => ({
  [key]: rest.length === 0 ? value : at(rest, value),
});

/** Words and numbers of all kinds: for every key some are right and most are wrong. */
const VALUES: readonly unknown[] = [
  [true, false, "true", "false", null, "", " ", "x", " x ", "a b", "*", "user:", "ding:u1"],
  [0, 1, -1, 1.5, 2, 20, 200, 1000, 20_000, 65_535, 86_400_000, 2 ** 53, "5", "300", "1e3"],
  ["open", "pairing", "allowlist", "disabled", "zh", "en", "group", "sender", "chat", "main"],
  ["user", "text", "card", "auto", "code", "owner", "guest", "own", "any", "debug", "123456789"],
  ["http://127.0.0.1:1/", "https://user:word@host", "${NAME}", "${NONE}", "中文"],
  ["/srv/reports", " /srv/reports", "C:\\reports", "c:\\reports", "~", "files.example.com"],
  [{}, { source: "env", id: "NAME" }, { source: "file", path: "/secret" }, { source: 5 }],
  [{ source: "exec", command: "x" }, { id: "NAME" }, [], ["x"], [5], [""], [" "], [null], [{}]],
  [["help"], ["cidA", "u1"], ["/srv/reports"], ["C:\\reports"], ["*.example.com"], { "*": {} }],
].flat(1);

describe("whatever the loader accepts the channel's schema accepts:", () => {
  const accepted = (block: Record<string, unknown>) =>
    load({ block, env: { NAME: "named" }, files: { "/secret": "hidden" } }).problems.length === 0;
  const keys = [...paths(BLOCK), ...TOP.renamed.map(([name]) => name.split("."))];

  test("every key with values of all kinds", () => {
    const seen = { accepted: 0, refused: 0 };
    for (const path of keys) {
      for (const value of VALUES) {
        const block = { ...ROBOT, ...at(path, value) };
        if (!accepted(block)) seen.refused++;
        else if (isAccepted(block)) seen.accepted++;
        else
          throw new Error(`refused: ${JSON.stringify(block)} ${JSON.stringify(validate.errors)}`);
      }
    }
    expect(seen.accepted).toBeGreaterThan(1000);
    expect(seen.refused).toBeGreaterThan(1000);
  });

  test("every key of an account", () => {
    for (const path of paths(ACCOUNT)) {
      for (const value of VALUES) {
        const block = { accounts: { a: { ...ROBOT, ...at(path, value) } } };
        // What is switched off is not looked at, but by OpenClaw.
        const isOff = path[0] === "enabled" && (value === false || value === "false");
        if (isOff || !accepted(block) || isAccepted(block)) continue;
        throw new Error(`refused: ${JSON.stringify(block)} ${JSON.stringify(validate.errors)}`);
      }
    }
  });
});
