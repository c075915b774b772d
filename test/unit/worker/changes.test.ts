import { describe, expect, test } from "bun:test";
import type { AccountConfig } from "../../../src/core/config/schema.ts";
import { changeOf, type Change } from "../../../src/wiring/changes.ts";
import { configOf } from "../config/_loading.ts";

function accountOf(more: object = {}): AccountConfig {
  const block = { clientId: "dingclient", clientSecret: "s3cret", ...more };
  const [account] = configOf({ block }).accounts;
  if (account === undefined) throw new Error("no account");
  return account;
}

describe("changeOf()", () => {
  test.each<[string, object, Change]>([
    ["nothing", {}, "nothing"],
    ["a default that is written down", { dmPolicy: "open" }, "nothing"],
    ["an owner", { owners: ["boss"] }, "access"],
    ["a group's agent", { groups: { cid1: { agentId: "support" } } }, "access"],
    ["a group's answers", { groups: { cid1: { reply: { mode: "card" } } } }, "access"],
    ["a role's rights", { roles: { guest: { agentId: "guest", files: true } } }, "access"],
    ["the gateway", { gateway: { url: "http://127.0.0.1:9" } }, "works"],
    ["how all answers look", { reply: { mode: "card" } }, "works"],
    ["an owner and the language", { owners: ["boss"], locale: "en" }, "works"],
    ["the secret", { clientSecret: "other" }, "links"],
    ["the secret and an owner", { clientSecret: "other", owners: ["boss"] }, "links"],
    ["pings", { stream: { pingIntervalMs: 9000 } }, "links"],
  ])("%s", (_what, more, change) => {
    expect(changeOf(accountOf(), accountOf(more))).toBe(change);
    expect(changeOf(accountOf(more), accountOf())).toBe(change);
  });
});
