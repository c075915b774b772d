import { describe, expect, test } from "bun:test";
import { TOP } from "../../../src/core/config/aliases-table.ts";
import { CLIENT_ID, CLIENT_SECRET, wantedBy } from "../../../src/openclaw-plugin/block.ts";
import { scopeFor } from "../../../src/openclaw-plugin/scope.ts";

const kindOf = (block: unknown, env: Readonly<Record<string, string>> = {}) =>
  wantedBy({ channels: { dingtalk: block } }, env, "/home/me").kind;

describe("wantedBy()", () => {
  test.each([
    ["two keys", { clientId: "a", clientSecret: "b" }],
    ["a reference", { clientId: "a", clientSecret: { source: "env", id: "SECRET" } }],
    ["another bridge's keys", { appKey: "a", app_secret: "b" }],
    ["numbers", { client_id: 123, clientSecretFile: "/run/secret" }],
    ["accounts", { accounts: { a: { clientId: "a", clientSecret: "b" } } }],
    ["a list of accounts", { accounts: [{ id: "a", clientId: "a", clientSecret: "b" }] }],
    ["a key for all accounts", { clientSecret: "b", accounts: { x: { clientId: "a" } } }],
    [
      "one account of two",
      { accounts: { x: { enabled: false }, y: { clientId: "a", clientSecret: "b" } } },
    ],
  ])("wants a worker for %s", (_, block) => expect(kindOf(block)).toBe("wanted"));

  test("takes credentials from the environment, once there is a block", () => {
    const env = { DINGTALK_CLIENT_ID: "a", DINGTALK_CLIENT_SECRET: "b" };
    expect(kindOf({ enabled: true }, env)).toBe("wanted");
    expect(kindOf(undefined, env)).toBe("unconfigured");
  });

  test.each([
    ["nothing", undefined],
    ["no secret", { clientId: "a" }],
    ["an empty secret", { clientId: "a", clientSecret: "" }],
    ["halves of two robots", { accounts: { x: { clientId: "a" }, y: { clientSecret: "b" } } }],
    [
      "only an account that is switched off",
      { accounts: { x: { enabled: "false", clientId: "a", clientSecret: "b" } } },
    ],
    ["something else", "clientId"],
  ])("wants none for %s", (_, block) => expect(kindOf(block)).toBe("unconfigured"));

  test("finds no fault with what is no configuration at all", () => {
    for (const config of [undefined, null, 5, [], { channels: 5 }]) {
      expect(wantedBy(config, {}, "/home/me").kind).toBe("unconfigured");
    }
  });

  test("knows the credentials' names that the loader knows", () => {
    const names = (key: string) => [
      key,
      ...TOP.renamed.filter(([, to]) => to === key).map(([name]) => name),
    ];
    expect([...CLIENT_ID].toSorted()).toEqual(names("clientId").toSorted());
    expect([...CLIENT_SECRET].toSorted()).toEqual(names("clientSecret").toSorted());
  });

  test.each([
    [{}, {}, "/home/me/.openclaw/dingbridge"],
    [{ dataDir: "/srv/robot" }, {}, "/srv/robot"],
    [{ dataDir: "~/robot" }, {}, "/home/me/robot"],
    [{ dataDir: "/srv/robot" }, { DINGBRIDGE_DATA_DIR: "~" }, "/home/me"],
  ])("with %p and %p looks for the lock in %s", (block, env, folder) => {
    expect(wantedBy({ channels: { dingtalk: block } }, env, "/home/me").dataDir).toBe(folder);
  });
});

describe("scopeFor()", () => {
  const USER =
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/openclaw-gateway.service\n";

  test("asks the user's systemd where that runs the gateway", () => {
    expect(scopeFor(USER, 1000).slice(0, 3)).toEqual(["systemd-run", "--user", "--scope"]);
    expect(scopeFor(`9:pids:/x\n1:name=systemd:${USER.slice(3)}`, 1000)).toContain("--user");
  });

  test("asks the system's only as root, who may", () => {
    const system = "0::/system.slice/openclaw-gateway.service\n";
    expect(scopeFor(system, 0).slice(0, 2)).toEqual(["systemd-run", "--scope"]);
    expect(scopeFor(system, 1000)).toEqual([]);
  });

  test.each(["", "0::/\n", "0::/user.slice/user-1000.slice/session-3.scope\n", "0::/docker/1f\n"])(
    "asks nobody where no service is to be left: %p",
    (cgroup) => expect(scopeFor(cgroup, 0)).toEqual([]),
  );
});
