import { describe, expect, test } from "bun:test";
import { configOf, load, robotOf, type Given } from "./_loading.ts";

const robot = (id: string) => ({ clientId: `ding-${id}`, clientSecret: `secret-${id}` });

const accountsOf = (given: Given) =>
  Object.fromEntries(configOf(given).accounts.map((account) => [account.id, account]));

const AB = { a: robot("a"), b: robot("b") };

describe("loadConfig(), accounts", () => {
  test("are in the file's order, each with its own keys and the top's as defaults", () => {
    const block = {
      reply: { mode: "card", chunkChars: 500 },
      owners: ["top"],
      users: { u1: { role: "member", agentId: "x" } },
      groups: { "cid.1/==": { requireMention: false }, "*": { agentId: "g" } },
      accounts: {
        second: { ...robot("s"), reply: { mode: "text", direct: { mode: "auto" } } },
        first: {
          ...robot("f"),
          owners: ["own"],
          users: { u1: { role: "guest" }, u2: { role: "owner" } },
          groups: { "cid.1/==": { systemPrompt: "Be short." } },
        },
      },
    };
    expect(configOf({ block }).accounts.map(({ id }) => id)).toEqual(["second", "first"]);
    const { first, second } = accountsOf({ block });
    expect(second).toMatchObject({
      clientId: "ding-s",
      reply: { mode: "text", chunkChars: 500, direct: { mode: "auto" } },
      owners: ["top"],
      users: { u1: { role: "member", agentId: "x" } },
    });
    expect(first).toMatchObject({ clientId: "ding-f", reply: { mode: "card" }, owners: ["own"] });
    expect(first?.users).toEqual({ u1: { role: "guest", agentId: "x" }, u2: { role: "owner" } });
    expect(first?.groups).toEqual({
      "cid.1/==": { requireMention: false, systemPrompt: "Be short." },
      "*": { agentId: "g" },
    });
  });

  test("replace a reference with a reference: they are values, not groups of keys", () => {
    const block = {
      clientSecret: { source: "file", path: "/gone" },
      accounts: { a: { clientId: "x", clientSecret: { source: "env", id: "A_SECRET" } } },
    };
    expect(robotOf({ block, env: { A_SECRET: "resolved" } }).clientSecret).toBe("resolved");
  });

  test("a group that says nothing is still a group of the account", () => {
    const block = {
      groups: { cidTop: {} },
      accounts: { a: { ...robot("a"), groups: { cidA: {} } } },
    };
    expect(robotOf({ block }).groups).toEqual({ cidTop: {}, cidA: {} });
  });

  test.each([{}, []].map((accounts) => [accounts]))(
    "%j: the top level is the only one",
    (accounts) => {
      expect(robotOf({ block: { ...robot("x"), accounts } }).id).toBe("default");
    },
  );

  test("may be a list with ids", () => {
    const accounts = [
      { id: "a", ...robot("a") },
      { id: "b", ...robot("b") },
    ];
    expect(Object.keys(accountsOf({ block: { accounts } }))).toEqual(["a", "b"]);
  });

  test("share the worker's keys, which mean nothing under one of them", () => {
    const a = { ...robot("a"), http: { port: 1 }, dataDir: "/a", log: {}, defaultAccount: "b" };
    const { config, warnings, notes } = load({ block: { http: { port: 2 }, accounts: { a } } });
    expect(config?.http.port).toBe(2);
    expect(warnings).toEqual(
      ["http", "dataDir", "log", "defaultAccount"].map(
        (key) =>
          `channels.dingtalk.accounts.a.${key}: belongs to channels.dingtalk itself, ignored`,
      ),
    );
    expect(notes.map(({ path, kind }) => `${kind} ${path}`)).toContain("ignored accounts.a.http");
  });

  const bad: [what: string, accounts: unknown, problem: string][] = [
    ["that are null", null, "channels.dingtalk.accounts: expected an object of accounts, by id"],
    ["that are a text", "x", "channels.dingtalk.accounts: expected an object of accounts, by id"],
    [
      "one of which is a text",
      { a: "x", b: AB.b },
      "channels.dingtalk.accounts.a: expected an object",
    ],
    [
      "with a blank in an id",
      { "my bot": AB.a },
      'channels.dingtalk.accounts."my bot": expected an id of 1 to 64 letters, digits, "-" and "_"',
    ],
    [
      "with a very long id",
      { ["x".repeat(65)]: AB.a },
      `channels.dingtalk.accounts.${"x".repeat(65)}: expected an id of 1 to 64 letters, digits, "-" and "_"`,
    ],
    [
      "whose ids look the same",
      { Work: AB.a, work: AB.b },
      "channels.dingtalk.accounts.work: differs from accounts.Work in case only",
    ],
    [
      "without a secret",
      { a: AB.a, b: { clientId: "x" } },
      "channels.dingtalk.accounts.b.clientSecret: is missing: set it in the file",
    ],
    [
      "with a value where a group of keys belongs",
      { a: AB.a, b: { ...AB.b, reply: { direct: "s" } } },
      "channels.dingtalk.accounts.b.reply.direct: expected an object",
    ],
    [
      "whose groups are a list",
      { a: AB.a, b: { ...AB.b, groups: ["s"] } },
      'channels.dingtalk.accounts.b.groups: expected an object of groups, by conversation id or "*"',
    ],
    [
      "with a bad value under another bridge's key",
      { a: { ...AB.a, messageType: "fancy" } },
      'channels.dingtalk.accounts.a.messageType: expected "text" or "markdown" or "card" or "auto"',
    ],
    [
      "with a bad value in a group whose id has a dot",
      { a: { ...AB.a, groups: { "cid.1": { allowFrom: "u" } } } },
      'channels.dingtalk.accounts.a.groups."cid.1".allowFrom: expected a list of ids: a user id like "manager7675", or "*" for everyone',
    ],
  ];
  test.each(bad)("%s are one problem, with the path in the file", (_what, accounts, problem) => {
    const { config, problems, unconfigured } = load({ block: { accounts } });
    expect(config).toBeUndefined();
    expect(problems).toEqual([problem]);
    expect(unconfigured).toBe(false);
  });

  test("that cannot be read make no problem of a name for one of them", () => {
    expect(load({ block: { defaultAccount: "a", accounts: "x" } }).problems).toHaveLength(1);
  });

  test("one with an id of its own is configured", () => {
    expect(load({ block: { accounts: { a: { clientId: "x" }, b: {} } } }).unconfigured).toBe(false);
  });

  test("have no group of a name that objects keep for themselves", () => {
    const groups: unknown = JSON.parse('{"__proto__": {"agentId": "x"}, "constructor": {}}');
    const { config, problems, effective } = load({ block: { groups, accounts: { a: AB.a } } });
    expect(problems).toEqual([]);
    expect(config?.accounts[0]?.groups).toEqual({});
    expect(effective.filter(({ path }) => path.includes("__proto__"))).toEqual([]);
  });

  test("say once what is wrong at the top for all of them", () => {
    const block = { locale: "fr", http: { port: -1 }, accounts: AB };
    expect(load({ block }).problems.map((problem) => problem.split(":")[0])).toEqual([
      "channels.dingtalk.locale",
      "channels.dingtalk.http.port",
    ]);
  });

  test("take nothing from a bad value at the top that all of them replace", () => {
    const accounts = { a: { ...AB.a, locale: "en" } };
    expect(robotOf({ block: { locale: "fr", accounts } }).locale).toBe("en");
  });

  test("are found under the id of another bridge, and problems are named by it", () => {
    const channels = { telegram: {}, "dingtalk-connector": { accounts: { a: { clientId: "x" } } } };
    expect(load({ file: { channels } }).problems).toEqual([
      "channels.dingtalk-connector.accounts.a.clientSecret: is missing: set it in the file or as DINGTALK_CLIENT_SECRET",
    ]);
  });

  test("of two blocks the preferred one counts, which is said unless the other is off", () => {
    const channels = { ddingtalk: robot("d"), dingtalk: robot("x") };
    const { config, warnings } = load({ file: { channels } });
    expect(config?.accounts[0]?.clientId).toBe("ding-x");
    expect(warnings).toEqual(["channels.ddingtalk: is not read, since there is channels.dingtalk"]);
    const off = { ...channels, ddingtalk: { enabled: false } };
    expect(load({ file: { channels: off } }).warnings).toEqual([]);
  });
});

describe("loadConfig(), accounts that are switched off", () => {
  test.each([false, "false"])("are not there, whatever is wrong with them: %p", (enabled) => {
    const off = { enabled, clientSecret: 7, reply: "x", clientId: "${NOT_SET}" };
    const { config, problems, warnings, disabled } = load({
      block: { accounts: { a: AB.a, "bad id": off, A: off } },
    });
    expect(config?.accounts.map(({ id }) => id)).toEqual(["a"]);
    expect({ problems, warnings, disabled }).toEqual({
      problems: [],
      warnings: [],
      disabled: false,
    });
  });

  test("all of them: nothing is to run", () => {
    const accounts = { a: { ...AB.a, enabled: false }, b: { enabled: false } };
    const { config, problems, disabled } = load({ block: { accounts } });
    expect({ config, problems, disabled }).toEqual({
      config: undefined,
      problems: [],
      disabled: true,
    });
  });

  test("by the top level, even those that say they are on", () => {
    const accounts = { a: { ...AB.a, enabled: true } };
    const block = { ...robot("top"), enabled: false, accounts };
    const { config, disabled, effective, warnings } = load({ block });
    expect(config).toBeUndefined();
    expect(disabled).toBe(true);
    expect(warnings).toEqual([]);
    expect(load({ block: { enabled: false, accounts: "x" } }).disabled).toBe(true);
    expect(load({ block: { accounts: { a: { enabled: false }, b: "x" } } }).disabled).toBe(false);
    expect(effective).toContainEqual(
      expect.objectContaining({ path: "accounts.a.enabled", value: false }),
    );
  });

  test("one of them is no account that is missing its credentials, another may be", () => {
    const accounts = { a: { enabled: false }, b: {} };
    const { unconfigured, problems } = load({ block: { accounts } });
    expect(unconfigured).toBe(true);
    expect(problems).toHaveLength(2);
  });
});

describe("loadConfig(), two accounts", () => {
  test.each([
    ["with the same Client ID", { ...AB, b: { ...AB.b, clientId: "ding-a" } }],
    ["that inherit it", { a: { clientSecret: "x" }, b: {} }],
    [
      "whose addresses differ in nothing",
      { a: AB.a, b: { ...AB.a, apiUrl: "https://API.dingtalk.com/" } },
    ],
  ])("%s are a problem that names both", (_what, accounts) => {
    const { problems } = load({ block: { ...robot("top"), accounts } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/clientId: accounts a and b are the same robot: .*enabled: false/);
  });

  test.each([
    ["at different addresses", { a: AB.a, b: { ...AB.a, apiUrl: "http://127.0.0.1:1" } }],
    ["one of which is off", { a: AB.a, b: { ...AB.a, enabled: false } }],
  ])("with the same Client ID %s are none", (_what, accounts) => {
    expect(load({ block: { accounts } }).problems).toEqual([]);
  });

  test("say whom the send API takes, which must be one of them", () => {
    const of = (defaultAccount: string, accounts: object = AB) =>
      load({ block: { defaultAccount, accounts } });
    expect(of("b").config?.defaultAccount).toBe("b");
    expect(of("c").problems).toEqual([
      "channels.dingtalk.defaultAccount: expected one of the accounts: a, b",
    ]);
    const withOff = { ...AB, b: { enabled: false } };
    expect(of("c", withOff).problems[0]).toEndWith("expected one of the accounts: a");
    const off = of("b", withOff);
    expect(off.config?.defaultAccount).toBeUndefined();
    expect(off.warnings).toEqual([
      "channels.dingtalk.defaultAccount: this account is disabled, so that none is the default",
    ]);
  });

  test("may leave nobody to use the top level's Client ID, which is said", () => {
    const { warnings } = load({ block: { ...robot("top"), accounts: AB } });
    expect(warnings).toEqual([
      "channels.dingtalk.clientId: no account uses it, since each has its own: to have this robot too, move its keys to channels.dingtalk.accounts.default",
    ]);
    const used = { ...robot("top"), accounts: { ...AB, c: { clientSecret: "s" } } };
    expect(load({ block: used }).warnings).toEqual([]);
  });
});

describe("loadConfig(), accounts and the environment", () => {
  const env = {
    DINGTALK_CLIENT_ID: "id-of-env",
    DINGTALK_CLIENT_SECRET: "secret-of-env",
    DINGBRIDGE_AGENT: "agent-of-env",
  };

  test("the only account takes all of it", () => {
    const a = { ...AB.a, agentId: "own" };
    const { config, warnings } = load({ block: { accounts: { a } }, env });
    expect(config?.accounts[0]).toMatchObject({
      id: "a",
      clientId: "id-of-env",
      clientSecret: "secret-of-env",
      agentId: "agent-of-env",
    });
    expect(warnings).toEqual([]);
  });

  test("several only take what they have not themselves, and that is said", () => {
    const block = {
      agentId: "top",
      accounts: { ...AB, c: {}, d: { ...robot("d"), agentId: "d" } },
    };
    const { config, warnings } = load({ block, env });
    expect(config?.accounts).toMatchObject([
      { ...AB.a, agentId: "agent-of-env" },
      { ...AB.b, agentId: "agent-of-env" },
      { clientId: "id-of-env", clientSecret: "secret-of-env" },
      { agentId: "d" },
    ]);
    const only = "where there are several accounts it is only a default, and does not reach";
    expect(warnings).toEqual([
      `DINGTALK_CLIENT_ID: ${only} those with their own clientId: a, b, d`,
      `DINGTALK_CLIENT_SECRET: ${only} those with their own clientSecret: a, b, d`,
      `DINGBRIDGE_AGENT: ${only} those with their own agentId: d`,
    ]);
  });

  test("accounts that are off and a Client ID the variable replaces are not spoken of", () => {
    const block = { ...robot("top"), accounts: { a: {}, b: { ...AB.b, enabled: false } } };
    expect(load({ block, env }).warnings).toEqual([]);
    const own = { ...robot("top"), accounts: AB };
    expect(load({ block: own, env: { DINGTALK_CLIENT_ID: "x" } }).warnings).toEqual([
      expect.stringMatching(/^DINGTALK_CLIENT_ID: /),
    ]);
  });

  test("the worker's keys are the environment's as ever", () => {
    const block = { http: { port: 1 }, accounts: AB };
    const { config, warnings } = load({ block, env: { DINGBRIDGE_PORT: "2" } });
    expect(config?.http.port).toBe(2);
    expect(warnings).toEqual([]);
  });
});
