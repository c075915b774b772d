import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { knownPaths } from "../../../src/core/config/keys.ts";
import { ENVIRONMENT } from "../../../src/core/config/schema.ts";
import { OPENCLAW, OWN, ROBOT, load, type Given } from "./_loading.ts";

const shown = (given: Given) =>
  Object.fromEntries(load(given).effective.map(({ path, ...rest }) => [path, rest]));

describe("loadConfig(), what is in force", () => {
  test("is every key the schema knows, with its default", () => {
    const effective = shown({ block: ROBOT });
    const records = (path: string) => path.includes(".*.");
    expect(Object.keys(effective).toSorted()).toEqual(
      knownPaths()
        .filter((path) => !records(path))
        .toSorted(),
    );
    expect(effective["reply.chunkChars"]).toEqual({ value: 3500, source: "default" });
    expect(effective["gateway.url"]).toEqual({
      value: "http://127.0.0.1:18789",
      source: "default",
    });
    expect(effective["locale"]).toEqual({ value: "zh", source: "default" });
    expect(effective["dataDir"]?.source).toBe("default");
    expect(effective["agentId"]).toEqual({ value: "main", source: "default" });
    expect(effective["http.token"]).toEqual({ value: undefined, source: "default" });
  });

  test("has each account's keys under its name, and the worker's once", () => {
    const accounts = { a: ROBOT, b: { ...ROBOT, clientId: "b", enabled: false } };
    const effective = shown({ block: { accounts } });
    expect(effective["accounts.a.reply.mode"]).toEqual({ value: "markdown", source: "default" });
    expect(effective["accounts.b.clientId"]?.value).toBe("b");
    expect(effective["http.port"]?.value).toBe(18_780);
    expect(effective["reply.mode"]).toBeUndefined();
    expect(effective["accounts.a.http.port"]).toBeUndefined();
  });

  const from = (path: string) => `${OWN}: channels.dingtalk.${path}`;
  const sources: [what: string, given: Given, path: string, value: unknown, source: string][] = [
    ["a variable", { env: { DINGBRIDGE_PORT: "80" } }, "http.port", 80, "DINGBRIDGE_PORT"],
    ["the file", { block: { http: { port: "80" } } }, "http.port", 80, from("http.port")],
    [
      "a key as another bridge calls it",
      { block: { messageType: "card" } },
      "reply.mode",
      "card",
      from("messageType"),
    ],
    [
      "OpenClaw's port",
      { openclaw: { gateway: { port: 19000 } } },
      "gateway.url",
      "http://127.0.0.1:19000",
      `${OPENCLAW}: gateway.port`,
    ],
    [
      "OpenClaw's password",
      { openclaw: { gateway: { auth: { mode: "password", password: "p" } } } },
      "gateway.token",
      "***",
      `${OPENCLAW}: gateway.auth.password`,
    ],
    [
      "the top level, for an account",
      { block: { locale: "en", accounts: { a: {} } } },
      "accounts.a.locale",
      "en",
      from("locale"),
    ],
    [
      "an account itself",
      { block: { locale: "en", accounts: { a: { locale: "zh" } } } },
      "accounts.a.locale",
      "zh",
      from("accounts.a.locale"),
    ],
    [
      "a group whose id has dots",
      { block: { groups: { "cid.1/==": { requireMention: false } } } },
      'groups."cid.1/==".requireMention',
      false,
      from('groups."cid.1/==".requireMention'),
    ],
    [
      "a reference",
      { block: { clientSecret: "${X}" }, env: { X: "secret" } },
      "clientSecret",
      "***",
      from("clientSecret"),
    ],
  ];
  test.each(sources)("comes from %s", (_what, given, path, value, source) => {
    expect(shown(given)[path]).toEqual({ value, source });
  });

  test("is told where other keys are wrong; what is wrong itself is not in force", () => {
    const effective = shown({ block: { locale: "fr", burst: { windowMs: 5 }, log: "x" } });
    expect(effective["burst.windowMs"]).toEqual({ value: 5, source: from("burst.windowMs") });
    expect(effective["locale"]).toEqual({ value: undefined, source: from("locale") });
    expect(effective["log.level"]).toEqual({ value: "info", source: "default" });
  });
});

describe("loadConfig(), allowFrom without dmPolicy", () => {
  const policy = (block: object) => {
    const { config, notes, effective } = load({ block: { ...ROBOT, ...block } });
    return {
      policy: config?.accounts[0]?.dmPolicy,
      source: effective.find(({ path }) => path === "dmPolicy")?.source,
      notes: notes.filter(({ text }) => text.startsWith("dmPolicy is not set")),
    };
  };

  test("is an allowlist, and that is noted", () => {
    const found = policy({ allowFrom: ["u1"] });
    expect(found).toMatchObject({ policy: "allowlist", source: "allowFrom is set" });
    expect(found.notes).toEqual([
      {
        path: "allowFrom",
        kind: "understood",
        text: expect.stringContaining("only people on it may write"),
      },
    ]);
  });

  test("lets nobody in if it is empty", () => {
    const found = policy({ allowFrom: [] });
    expect(found.policy).toBe("allowlist");
    expect(found.notes[0]?.text).toContain("nobody may write");
  });

  test.each([
    ["it lets everyone in", { allowFrom: ["u1", "*"] }],
    ["the policy is set", { allowFrom: ["u1"], dmPolicy: "open" }],
    ["there is no list", {}],
  ])("means nothing where %s", (_what, block) => {
    expect(policy(block)).toMatchObject({ policy: "open", notes: [] });
  });

  test("is looked at for each account, with what it inherits", () => {
    const accounts = {
      a: ROBOT,
      b: { ...ROBOT, clientId: "b", dmPolicy: "pairing" },
      c: { ...ROBOT, clientId: "c", allowFrom: ["*"] },
      d: { ...ROBOT, clientId: "d", allowFrom: ["u2"] },
    };
    const { config, notes } = load({ block: { allowFrom: ["u1"], accounts } });
    expect(config?.accounts.map(({ dmPolicy }) => dmPolicy)).toEqual([
      "allowlist",
      "pairing",
      "open",
      "allowlist",
    ]);
    expect(notes.map(({ path }) => path)).toEqual(["allowFrom", "accounts.d.allowFrom"]);
  });
});

describe("loadConfig(), secrets", () => {
  /** Some can be used, some are refused. None looks like the name of a variable, which may be told. */
  const secret = fc.constantFrom(
    "s3cr3t-x",
    " s3cr3t-x ",
    "s3cr3t\nline",
    "s3cr3t-ünïcödé",
    "${s3cr3t-x}",
  );
  const written = secret.chain((value) =>
    fc.constantFrom<unknown>(
      value,
      "${GIVEN}",
      { source: "env", id: "GIVEN" },
      { source: "env", id: value },
      { source: "file", path: "/run/given" },
      { source: "file", path: "/gone", key: value },
      { source: "file", path: "/gone\nline" },
      { source: "exec", command: value, args: [value] },
      { source: value },
      { value },
      [value],
    ),
  );
  const maybe = fc.option(written, { nil: undefined });
  const keys = (names: readonly string[]) =>
    fc.record(Object.fromEntries(names.map((name) => [name, maybe])));
  const names = ["clientSecret", "appSecret", "clientSecretRef", "clientSecrett", "gatewayToken"];
  const level = fc
    .tuple(keys(names), maybe, fc.option(fc.constantFrom("open", 7), { nil: undefined }))
    .map(([own, token, dmPolicy]) =>
      Object.assign(own, { clientId: "x", gateway: { token }, dmPolicy }),
    );

  const environment = keys([
    "GIVEN",
    ...Object.keys(ENVIRONMENT).filter((name) => /SECRET|TOKEN/.test(name)),
  ]);
  const texts = (env: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === "string"));

  test("given in whatever way, right or wrong, are never shown", () => {
    fc.assert(
      fc.property(
        level,
        fc.option(fc.dictionary(fc.constantFrom("a", "b", "C"), level), { nil: undefined }),
        maybe,
        maybe,
        secret,
        environment,
        (top, accounts, http, auth, file, env) => {
          const { problems, warnings, notes, effective } = load({
            block: { ...top, http: { token: http }, accounts },
            openclaw: { gateway: { port: auth, auth: { token: auth } } },
            env: texts(env) as Record<string, string>,
            files: { "/run/given": file },
          });
          const told = JSON.stringify({ problems, warnings, notes, effective });
          expect(told).not.toContain("s3cr3t");
          for (const line of [...problems, ...warnings]) expect(line).not.toContain("\n");
        },
      ),
      { numRuns: 300 },
    );
  });

  test("written under any other key are in no problem, warning or note", () => {
    const paths = knownPaths().map((path) =>
      path.split(".").map((key) => (key === "*" ? "cid" : key)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.constantFrom<unknown>(
          "s3cr3t",
          ["s3cr3t"],
          { key: "s3cr3t" },
          [{ key: "s3cr3t" }],
          "http://s3cr3t@h",
        ),
        fc.boolean(),
        (path, value, deep) => {
          const own = path.reduceRight((inner, key) => ({ [key]: inner }), value) as object;
          const level = { ...ROBOT, ...own };
          const block = deep ? { accounts: { a: level } } : level;
          const { problems, warnings, notes } = load({ block });
          expect(JSON.stringify({ problems, warnings, notes })).not.toContain("s3cr3t");
        },
      ),
      { numRuns: 600 },
    );
  });
});
