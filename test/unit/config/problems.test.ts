import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { OWN, ROBOT, load, robotOf } from "./_loading.ts";

/** A value no message may repeat. */
const VALUE = "do-not-print-me";

describe("loadConfig(), a bad value", () => {
  const bad: [path: string, block: object, right: RegExp][] = [
    ["enabled", { enabled: VALUE }, /expected true or false/],
    ["enabled", { enabled: 1 }, /expected true or false/],
    ["clientId", { clientId: "" }, /is empty|expected the app's Client ID/],
    ["clientId", { clientId: [VALUE] }, /expected the app's Client ID/],
    ["clientSecret", { clientSecret: "  " }, /is empty/],
    ["clientSecret", { clientSecret: 12_345 }, /expected a string/],
    ["clientSecret", { clientSecret: { [VALUE]: VALUE } }, /expected a string/],
    ["apiUrl", { apiUrl: VALUE }, /expected an http\(s\) address like "https:/],
    ["apiUrl", { apiUrl: `ftp://${VALUE}/` }, /expected an http\(s\) address/],
    ["apiUrl", { apiUrl: `https://user:${VALUE}@api.dingtalk.com` }, /user name or password/],
    ["oapiUrl", { oapiUrl: `https://h/?token=${VALUE}` }, /query or fragment/],
    ["oapiUrl", { oapiUrl: 7 }, /expected an http\(s\) address/],
    ["agentId", { agentId: `agent:${VALUE}` }, /expected an agent's id/],
    ["agentId", { agentId: "" }, /expected an agent's id/],
    ["locale", { locale: VALUE }, /expected "zh" or "en"/],
    ["dataDir", { dataDir: 5 }, /expected a folder's path/],
    ["dataDir", { dataDir: "" }, /folder's path/],
    ["stream", { stream: VALUE }, /expected an object/],
    ["stream.pingIntervalMs", { stream: { pingIntervalMs: 10 } }, /from 1000 to 600000/],
    ["stream.pingIntervalMs", { stream: { pingIntervalMs: 1500.5 } }, /whole number/],
    ["stream.pingMisses", { stream: { pingMisses: 0 } }, /from 1 to 20/],
    ["gateway", { gateway: `http://${VALUE}` }, /expected an object/],
    ["gateway", { gateway: [VALUE] }, /expected an object/],
    ["gateway", { gateway: null }, /expected an object/],
    ["gateway.url", { gateway: { url: VALUE } }, /expected an http\(s\) address/],
    ["gateway.token", { gateway: { token: 7 } }, /expected a string/],
    ["gateway.timeoutMs", { gateway: { timeoutMs: VALUE } }, /milliseconds from 20000 to/],
    ["gateway.maxInFlight", { gateway: { maxInFlight: "-1" } }, /from 1 to 100000/],
    ["robotCode", { robotCode: "" }, /robot's code/],
    ["robotCode", { robotCode: { [VALUE]: 1 } }, /robot's code/],
    ["stream.links", { stream: { links: 3 } }, /1 or 2/],
    ["stream.links", { stream: { links: VALUE } }, /1 or 2/],
    ["gateway.holdMs", { gateway: { holdMs: -1 } }, /milliseconds from 0 to 604800000/],
    ["gateway.holdMs", { gateway: { holdMs: "1h" } }, /milliseconds from 0 to 604800000/],
    ["limits", { limits: VALUE }, /expected an object/],
    ["limits.perMinute", { limits: { perMinute: 0 } }, /from 1 to 100000/],
    ["limits.perSecond", { limits: { perSecond: 0.5 } }, /from 1 to 100000/],
    ["budget.apiCalls", { budget: { apiCalls: 0 } }, /whole number/],
    ["budget.stream", { budget: { stream: VALUE } }, /whole number/],
    ["store.fsync", { store: { fsync: VALUE } }, /expected true or false/],
    ["store.maxMb", { store: { maxMb: 0 } }, /megabytes from 16 to 1000000/],
    ["store.maxMb", { store: { maxMb: VALUE } }, /megabytes from 16 to 1000000/],
    ["http", { http: 18_780 }, /expected an object/],
    ["http.port", { http: { port: 65_536 } }, /a port from 0 to 65535/],
    ["http.port", { http: { port: VALUE } }, /a port from 0 to 65535/],
    ["http.host", { http: { host: "" } }, /host name or address/],
    ["log", { log: VALUE }, /expected an object/],
    ["log.level", { log: { level: VALUE } }, /expected "debug" or "info"/],
  ];
  test.each(bad)("of %s says what would be right, never the value: %j", (path, block, right) => {
    const { config, problems } = load({ block: { ...ROBOT, ...block } });
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith(`channels.dingtalk.${path}: `);
    expect(problems[0]).toMatch(right);
    expect(problems[0]).not.toContain(VALUE);
    expect(problems[0]).not.toContain("\n");
  });

  test("says the first thing that is wrong with it, and one for each place in a list", () => {
    const block = { ...ROBOT, agentId: "", owners: ["ok", "", {}] };
    expect(load({ block }).problems).toEqual([
      'channels.dingtalk.agentId: is empty: expected an agent\'s id, like "main"',
      expect.stringMatching(/^channels\.dingtalk\.owners\.1: /),
      expect.stringMatching(/^channels\.dingtalk\.owners\.2: /),
    ]);
  });

  test("names the environment variable it came from", () => {
    const { problems } = load({ block: ROBOT, env: { DINGBRIDGE_PORT: VALUE } });
    expect(problems).toEqual(["DINGBRIDGE_PORT: expected a port from 0 to 65535"]);
  });

  test("that is missing says where to set it", () => {
    const { problems } = load({ block: { clientId: "x" } });
    expect(problems).toEqual([
      "channels.dingtalk.clientSecret: is missing: set it in the file or as DINGTALK_CLIENT_SECRET",
    ]);
  });

  test("does not hide the others: one line for each", () => {
    const block = { clientId: "x", locale: "fr", http: { port: -1 }, log: { level: "loud" } };
    const { problems } = load({ block });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "channels.dingtalk.clientSecret",
      "channels.dingtalk.locale",
      "channels.dingtalk.http.port",
      "channels.dingtalk.log.level",
    ]);
  });

  test.each([
    ["the file is no object", { file: ["x"] }, OWN],
    ["channels is a text", { file: { channels: VALUE } }, "channels"],
    ["channels is an array", { file: { channels: [VALUE] } }, "channels"],
    ["channels is null", { file: { channels: null } }, "channels"],
    [
      "channels.dingtalk is a text",
      { file: { channels: { dingtalk: VALUE } } },
      "channels.dingtalk",
    ],
    [
      "channels.dingtalk is an array",
      { file: { channels: { dingtalk: [] } } },
      "channels.dingtalk",
    ],
  ])("is said with the file's path where %s", (_what, given, part) => {
    const { config, problems } = load({
      ...given,
      env: { DINGTALK_CLIENT_ID: "x", DINGTALK_CLIENT_SECRET: "y" },
    });
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith(OWN);
    expect(problems[0]).toContain(part);
    expect(problems[0]).toContain("expected an object");
    expect(problems[0]).not.toContain(VALUE);
  });

  test("never makes it throw, whatever the file holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (block, openclaw) => {
        const { config, problems, disabled } = load({ block, openclaw });
        expect(config === undefined).toBe(problems.length > 0 || disabled);
      }),
    );
  });
});

describe("loadConfig(), credentials that nobody needs", () => {
  const unset = { clientId: "${NOT_SET}", clientSecret: { source: "file", path: "/gone" } };
  test.each<[string, object]>([
    ["not there", {}],
    ["known to another process only", unset],
    ["of the wrong kind", { clientId: [], clientSecret: 5 }],
    ["those of two robots", { accounts: { a: unset, b: unset } }],
  ])("are no problem: %s", (_what, block) => {
    const { config, problems } = load({ block, credentials: "unneeded" });
    expect(problems).toEqual([]);
    expect(config?.accounts.map(({ id }) => id)).toEqual(
      "accounts" in block ? ["a", "b"] : ["default"],
    );
    expect(load({ block }).config).toBeUndefined();
  });

  test("are as they are written where they can be read, and all else is checked", () => {
    const block = { ...ROBOT, http: { port: -1 } };
    const { problems } = load({ block, credentials: "unneeded" });
    expect(problems).toEqual(["channels.dingtalk.http.port: expected a port from 0 to 65535"]);
    const { config } = load({ block: ROBOT, credentials: "unneeded" });
    expect(config?.accounts[0]).toMatchObject(ROBOT);
  });
});

describe("loadConfig(), secrets", () => {
  const env = { THE_SECRET: "resolved" };
  const files = { "/run/secrets/dingtalk": "resolved\n" };
  test.each([
    ["as it is", "resolved"],
    ["${ENV}", "${THE_SECRET}"],
    ["${ENV} with blanks around", " ${THE_SECRET} "],
    ["{source: env, id}", { source: "env", id: "THE_SECRET" }],
    ["{source: env, provider, id}", { source: "env", provider: "default", id: "THE_SECRET" }],
    ["{source: env, name}", { source: "env", name: "THE_SECRET" }],
    ["{source: file, path}", { source: "file", path: "/run/secrets/dingtalk" }],
    ["{source: file, id}", { source: "file", id: "/run/secrets/dingtalk" }],
  ])("may be written as %s", (_what, clientSecret) => {
    const block = { clientId: "x", clientSecret, http: { token: clientSecret } };
    const { config, warnings } = load({ block, env, files });
    expect(config?.accounts[0]?.clientSecret).toBe("resolved");
    expect(config?.http.token).toBe("resolved");
    expect(warnings).toEqual([]);
  });

  const unresolved: [string, unknown, string][] = [
    ["a variable that is not set", "${NOT_SET}", "the environment variable NOT_SET is not set"],
    ["an env reference to it", { source: "env", id: "NOT_SET" }, "NOT_SET is not set"],
    ["an env reference without id", { source: "env" }, 'expected {source: "env"'],
    [
      "a file that cannot be read",
      { source: "file", path: "/gone" },
      "the file /gone cannot be read",
    ],
    ["a file reference without path", { source: "file" }, 'expected {source: "file"'],
    ["a source of another kind", { source: "exec", command: "pass" }, "cannot be resolved here"],
    ["a store", { source: "store", id: "x" }, "cannot be resolved here"],
  ];
  test.each(unresolved)("stop the start where clientSecret is %s", (_what, clientSecret, said) => {
    const { config, problems } = load({ block: { clientId: "x", clientSecret } });
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith("channels.dingtalk.clientSecret: ");
    expect(problems[0]).toContain(said);
  });

  test.each(unresolved)("are left out with a warning where a token is %s", (_what, token, said) => {
    const { config, problems, warnings } = load({ block: { ...ROBOT, http: { token } } });
    expect(problems).toEqual([]);
    expect(config?.http.token).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toStartWith("channels.dingtalk.http.token: ");
    expect(warnings[0]).toContain(said);
  });

  test("that are empty files are not set", () => {
    const block = { clientId: "x", clientSecret: { source: "file", path: "/empty" } };
    const { config, problems } = load({ block, files: { "/empty": "\n" } });
    expect(config).toBeUndefined();
    expect(problems).toEqual(["channels.dingtalk.clientSecret: is empty"]);
  });

  test("from the environment that cannot be resolved make one problem, not two", () => {
    const env = { DINGTALK_CLIENT_SECRET: "${NOT_SET}" };
    const { problems } = load({ block: { clientId: "x" }, env });
    expect(problems).toEqual([
      "DINGTALK_CLIENT_SECRET: the environment variable NOT_SET is not set",
    ]);
  });

  test.each(["two\nlines", "nul\u0000", "ünïcödé令牌"])(
    "that no HTTP header can hold are refused, not printed: %j",
    (token) => {
      const { config, problems, warnings } = load({ block: { ...ROBOT, gateway: { token } } });
      expect(config).toBeUndefined();
      expect(problems[0]).toStartWith("channels.dingtalk.gateway.token: ");
      expect([...problems, ...warnings].join()).not.toContain(token);
    },
  );

  test("are references for the client id as well", () => {
    const block = { clientId: "${THE_ID}", clientSecret: "s" };
    expect(robotOf({ block, env: { THE_ID: "dingclient" } }).clientId).toBe("dingclient");
  });
});
