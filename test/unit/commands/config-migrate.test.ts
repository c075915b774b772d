import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { migrate } from "../../../src/commands/_config-migrate.ts";
import { CHANNELS } from "../../../src/core/config/aliases.ts";
import { load } from "../config/_loading.ts";

type Block = Record<string, unknown>;

const HERE = { HERE: "the-secret-here" };

/** What is in force, by key. */
function effective(channel: string, block: Block, env: Readonly<Record<string, string>> = {}) {
  const file = { channels: { [channel]: block } };
  const { effective: keys } = load({ file, env: { ...HERE, ...env } });
  return Object.fromEntries(keys.map(({ path, value }) => [path, value]));
}

const migrated = (block: Block, channel = "dingtalk") =>
  migrate(block, channel).file.channels.dingtalk;

describe("a migrated file", () => {
  test("has the keys that are set, under their own names", () => {
    const block = {
      appKey: "ding",
      messageType: "card",
      mediaMaxMb: 5,
      heartbeat: 1,
      nonsense: { token: "x" },
      http: { port: 99, prot: 5 },
    };
    expect(migrated(block, "dingtalk-connector")).toEqual({
      clientId: "ding",
      http: { port: 99 },
      reply: { mode: "card" },
      media: { maxMb: 5 },
    });
  });

  test("has accounts by their ids", () => {
    const accounts = [
      { id: "work", appKey: "a", http: { port: 1 } },
      { id: "home", clientId: "b", groups: { "cid.x": { enabled: false, other: 1 } } },
    ];
    expect(migrated({ dmPolicy: "pairing", accounts })).toEqual({
      dmPolicy: "pairing",
      accounts: {
        work: { clientId: "a" },
        home: { clientId: "b", groups: { "cid.x": { enabled: false } } },
      },
    });
  });

  test("is the same when it is migrated again", () => {
    const block = { allow_from: "a, b", group_policy: "allowlist", accounts: [{ appKey: "a" }] };
    const once = migrated(block, "clawdbot-dingtalk");
    expect(migrated(once)).toEqual(once);
  });

  test.each<[string, Block]>([
    ["dingtalk", { clientId: "a", allowFrom: ["x"], requireMention: "false" }],
    ["dingtalk", { clientId: "a", groupAllowFrom: ["cidA", "staff"], groupPolicy: "allowlist" }],
    ["dingtalk", { appKey: "a", cooldownMs: 5, requireMention: false }],
    ["dingtalk", { clientId: "a", dms: { enabled: false }, senderAccess: "owner", owners: ["o"] }],
    ["dingtalk", { ownerStaffId: "o", senderAccess: "owner", clientIdRef: "HERE" }],
    ["clawdbot-dingtalk", { clientId: "a", allowFrom: ["x", "cidB"] }],
    [
      "ddingtalk",
      { clientId: "a", clientSecret: { source: "env", id: "HERE" }, agentId: "12345678" },
    ],
    [
      "dingtalk-connector",
      {
        allowFrom: ["x"],
        accounts: {
          a: { clientId: "a", groupAllowFrom: ["cidA"] },
          b: { clientId: "b", allowFrom: ["*"], groupPolicy: "allowlist", enabled: false },
        },
      },
    ],
  ])("comes to the same: %s %j", (channel, block) => {
    expect(effective("dingtalk", migrated(block, channel))).toEqual(effective(channel, block));
  });

  test("comes to the same, whatever is in it", () => {
    const ids = fc.array(fc.constantFrom("a", "b", "*", "cidA==", "group:cidB"), { maxLength: 3 });
    const word = fc.constantFrom<unknown>(
      "open",
      "allowlist",
      "pairing",
      "disabled",
      "all",
      true,
      5,
    );
    const keys = [
      "allowFrom",
      "groupAllowFrom",
      "owners",
      "allow_from",
      "allowedSenders",
      "allowed_users",
      "dmPolicy",
      "dm_policy",
      "senderAccess",
      "groupPolicy",
      "groupAccess",
      "group_policy",
      "groupSessionScope",
      "messageType",
      "debug",
      "appKey",
      "cooldownMs",
      "enabled",
      "nonsense",
    ];
    const level = fc.dictionary(fc.constantFrom(...keys), fc.oneof(ids, word), { maxKeys: 5 });
    const group = fc.dictionary(
      fc.constantFrom("cidA==", "*", "cid.B"),
      fc.dictionary(fc.constantFrom("allowFrom", "groupAllowFrom", "enabled", "tools"), ids),
    );
    const accounts = fc.dictionary(fc.constantFrom("x", "y"), level);
    const whole = fc
      .tuple(level, fc.record({ groups: group, accounts }, { requiredKeys: [] }))
      .map((parts): Block => Object.assign({}, ...parts));
    fc.assert(
      fc.property(whole, fc.constantFrom(...CHANNELS), (block, channel) => {
        const before = effective(channel, block);
        expect(effective("dingtalk", migrated(block, channel))).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe("secrets of a migrated file", () => {
  const secrets = {
    clientId: "ding",
    clientSecret: "PLAIN1",
    gateway: { token: "PLAIN2", url: "http://gw" },
    http: { token: "PLAIN3" },
  };

  test("are variables, those that win over files anyway", () => {
    const { file, replaced } = migrate(secrets, "dingtalk");
    expect(file.channels.dingtalk).toMatchObject({
      clientId: "ding",
      clientSecret: "${DINGTALK_CLIENT_SECRET}",
      gateway: { token: "${OPENCLAW_GATEWAY_TOKEN}", url: "http://gw" },
      http: { token: "${DINGBRIDGE_API_TOKEN}" },
    });
    expect(replaced).toEqual([
      { path: "clientSecret", variable: "DINGTALK_CLIENT_SECRET" },
      { path: "gateway.token", variable: "OPENCLAW_GATEWAY_TOKEN" },
      { path: "http.token", variable: "DINGBRIDGE_API_TOKEN" },
    ]);
    expect(secrets.gateway.token).toBe("PLAIN2");
  });

  test.each<unknown>([
    "${MY_SECRET}",
    " ${MY_SECRET} ",
    { source: "env", id: "MY_SECRET" },
    { source: "file", path: "/run/secrets/x" },
    { source: "exec", provider: "vault", id: "x" },
    "",
  ])("stay where they are references: %j", (clientSecret) => {
    const { file, replaced } = migrate({ clientSecret }, "dingtalk");
    expect(file.channels.dingtalk).toEqual({ clientSecret });
    expect(replaced).toEqual([]);
  });

  test.each<unknown>([5, "${A}PLAIN", "$PLAIN", { value: "PLAIN" }, ["PLAIN"], "${A}\nPLAIN"])(
    "are hidden in whatever shape: %j",
    (clientSecret) => {
      const { file } = migrate({ clientSecret }, "dingtalk");
      expect(file.channels.dingtalk).toEqual({ clientSecret: "${DINGTALK_CLIENT_SECRET}" });
    },
  );

  test("of several robots have variables of their own", () => {
    const accounts = {
      work: { clientSecret: "PLAIN1", gateway: { token: "PLAIN2" } },
      "a-b": { clientSecret: "PLAIN3" },
      a_b: { clientSecret: "PLAIN4" },
    };
    expect(migrate({ accounts }, "dingtalk").replaced).toEqual([
      { path: "accounts.work.clientSecret", variable: "DINGTALK_CLIENT_SECRET_WORK" },
      { path: "accounts.work.gateway.token", variable: "OPENCLAW_GATEWAY_TOKEN_WORK" },
      { path: "accounts.a-b.clientSecret", variable: "DINGTALK_CLIENT_SECRET_A_B" },
      { path: "accounts.a_b.clientSecret", variable: "DINGTALK_CLIENT_SECRET_A_B_2" },
    ]);
  });

  test.each<[string, Block]>([
    ["one robot", secrets],
    ["one that has its own", { ...secrets, accounts: { work: { clientSecret: "PLAIN4" } } }],
    [
      "two, one of which has its own",
      {
        ...secrets,
        accounts: { work: { clientSecret: "PLAIN4" }, home: { clientId: "other" } },
      },
    ],
  ])("are the same once the variables are set: %s", (_which, block) => {
    const { file, replaced } = migrate(block, "dingtalk");
    const text = JSON.stringify(file);
    expect(text).not.toContain("PLAIN");
    // Each variable has the value that stood where its line says.
    const env = Object.fromEntries(
      replaced.map(({ path, variable }) => [variable, String(at(block, path))]),
    );
    const before = load({ block }).config;
    expect(before).toBeDefined();
    expect(load({ file, env }).config).toEqual(before);
  });

  test("never leave anything of other keys that are not known", () => {
    const block = {
      password: "PLAIN",
      gateway: "PLAIN",
      http: { secret: "PLAIN" },
      accounts: { a: "PLAIN" },
    };
    expect(migrate(block, "dingtalk")).toEqual({
      file: { channels: { dingtalk: { http: {} } } },
      replaced: [],
    });
  });
});

function at(tree: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, key) => (inner as Block)[key], tree);
}
