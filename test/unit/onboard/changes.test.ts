import { expect, test } from "bun:test";
import { planFor, type Answers } from "../../../src/onboard/changes.ts";

const ANSWERS: Answers = {
  clientId: "dingnew",
  clientSecret: "new-secret",
  apiUrl: undefined,
  oapiUrl: undefined,
  gatewayUrl: undefined,
  gatewayToken: undefined,
  dmPolicy: undefined,
};

/** Plans for a file with these channels: what is set, by dotted path. */
function plan(channels: object | undefined, answers: Partial<Answers> = {}) {
  const json = channels === undefined ? undefined : { channels };
  const planned = planFor(
    json,
    { ...ANSWERS, ...answers },
    { env: { SECRET: "new-secret" }, readFile: () => "new-secret\n" },
  );
  if (planned === "accounts-list") return planned;
  const { changes, replaces } = planned;
  const set = Object.fromEntries(changes.map(({ path, value }) => [path.join("."), value]));
  return { set, replaces };
}

test("a new file holds what was answered and nothing else", () => {
  const more = { gatewayUrl: "http://gw", gatewayToken: "t", dmPolicy: "pairing" } as const;
  expect(plan(undefined, more)).toEqual({
    set: {
      "channels.dingtalk.clientId": "dingnew",
      "channels.dingtalk.clientSecret": "new-secret",
      "channels.dingtalk.gateway.url": "http://gw",
      "channels.dingtalk.gateway.token": "t",
      "channels.dingtalk.dmPolicy": "pairing",
    },
    replaces: undefined,
  });
});

test("another robot's place is taken, and said so", () => {
  expect(plan({ dingtalk: { clientId: "dingold", clientSecret: "old" } })).toEqual({
    set: {
      "channels.dingtalk.clientId": "dingnew",
      "channels.dingtalk.clientSecret": "new-secret",
    },
    replaces: "dingold",
  });
});

test.each([
  "new-secret",
  "${SECRET}",
  { source: "env", id: "SECRET" },
  { source: "file", path: "/run/secret" },
])("a secret that says the same stays as it is written: %j", (clientSecret) => {
  expect(plan({ dingtalk: { clientId: "dingnew", clientSecret } })).toEqual({
    set: {},
    replaces: undefined,
  });
});

test("a reference to another secret is replaced", () => {
  const { set } = plan({ dingtalk: { clientId: "dingnew", clientSecret: "${OTHER}" } }) as {
    set: object;
  };
  expect(set).toEqual({ "channels.dingtalk.clientSecret": "new-secret" });
});

test("keys go where the file has them: another bridge's channel and names", () => {
  const written = { appKey: "dingold", appSecret: "old" };
  expect(plan({ telegram: {}, "dingtalk-connector": written })).toEqual({
    set: {
      "channels.dingtalk-connector.appKey": "dingnew",
      "channels.dingtalk-connector.appSecret": "new-secret",
    },
    replaces: "dingold",
  });
});

test("a robot that is switched off is switched on", () => {
  const off = { enabled: false, clientId: "dingnew", clientSecret: "new-secret" };
  expect(plan({ dingtalk: off })).toMatchObject({ set: { "channels.dingtalk.enabled": true } });
});

test("among accounts the same robot is found, and another one is added, never replaced", () => {
  const accounts = { work: { clientId: "dingnew", clientSecret: "old" }, home: { clientId: "b" } };
  expect(plan({ dingtalk: { accounts } })).toEqual({
    set: { "channels.dingtalk.accounts.work.clientSecret": "new-secret" },
    replaces: undefined,
  });
  expect(plan({ dingtalk: { accounts: { home: { clientId: "b" } } } })).toEqual({
    set: {
      "channels.dingtalk.accounts.robot2.clientId": "dingnew",
      "channels.dingtalk.accounts.robot2.clientSecret": "new-secret",
    },
    replaces: undefined,
  });
});

test("accounts in a list are left to their owner", () => {
  expect(plan({ "dingtalk-connector": { accounts: [{ id: "a", clientId: "b" }] } })).toBe(
    "accounts-list",
  );
});
