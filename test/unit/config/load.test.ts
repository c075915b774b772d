import { describe, expect, test } from "bun:test";
import type { AccountConfig } from "../../../src/core/config/schema.ts";
import { ROBOT, configOf, load, robotOf } from "./_loading.ts";

/** A robot of which nothing but its credentials is known. */
const ACCOUNT: AccountConfig = {
  id: "default",
  agents: {
    known: [],
    default: undefined,
    account: undefined,
    channel: undefined,
    direct: {},
    group: {},
  },
  enabled: true,
  clientId: "dingclient",
  clientSecret: "the-secret",
  apiUrl: "https://api.dingtalk.com",
  oapiUrl: "https://oapi.dingtalk.com",
  locale: "zh",
  dmPolicy: "open",
  groupPolicy: "open",
  requireMention: true,
  groups: {},
  owners: [],
  members: [],
  users: {},
  roles: { owner: {}, member: {}, guest: {} },
  denialNotice: true,
  sessionScope: "group",
  dmScope: "user",
  loopGuard: { turns: 10, windowMs: 60_000 },
  stream: { pingIntervalMs: 5000, pingMisses: 2, links: 1 },
  gateway: {
    url: "http://127.0.0.1:18789",
    timeoutMs: 1_800_000,
    maxInFlight: 1000,
    holdMs: 3_600_000,
  },
  limits: { perMinute: 20, perSecond: 20 },
  burst: { windowMs: 3000 },
  media: { maxMb: 20, roots: [], allowHosts: [] },
  reply: {
    mode: "markdown",
    direct: {},
    group: {},
    tables: "keep",
    chunkChars: 3500,
    atSender: true,
    reaction: "🤔思考中",
    reactionAfterMs: 1500,
    slowNoticeMs: 30_000,
  },
  card: {
    templateId: "382e4302-551d-4880-bf29-a30acfab2e71.schema",
    contentKey: "msgContent",
    intervalMs: 800,
    maxChars: 2500,
  },
  agentHints: true,
  messageContext: true,
  budget: { apiCalls: 5000, stream: 3000 },
};

describe("loadConfig()", () => {
  test("needs two fields and has a default for everything else", () => {
    const { config, problems, warnings, unconfigured } = load({ block: ROBOT });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(unconfigured).toBe(false);
    expect(config?.accounts).toEqual([ACCOUNT]);
    expect({ ...config, accounts: [] }).toEqual({
      dataDir: "/home/me/.openclaw/dingbridge",
      audit: { content: false, keepDays: 90, maxMb: 50 },
      store: { fsync: false, maxMb: 1024 },
      http: { host: "127.0.0.1", port: 18_780 },
      autostart: true,
      log: { level: "info", format: "auto", dir: "/tmp/openclaw" },
      accounts: [],
    });
  });

  test.each([
    ["reply.mode", { reply: { mode: "card" } }],
    ["reply.direct.mode", { reply: { direct: { mode: "text" } } }],
    ["reply.reaction", { reply: { reaction: "" } }],
    ["reply.slowNoticeMs", { reply: { slowNoticeMs: 0 } }],
    ["card.stopAction", { card: { stopAction: "stop" } }],
    ["media.roots", { media: { roots: ["/srv/reports", "/srv/~"] } }],
  ])("takes %s as it is given", (_key, block) => {
    expect(robotOf({ block: { ...ROBOT, ...block } })).toMatchObject(block);
  });

  test.each([
    ["reply.mode", { reply: { mode: "fancy" } }],
    ["reply.group.mode", { reply: { group: { mode: true } } }],
    ["reply.tables", { reply: { tables: "drop" } }],
    ["reply.chunkChars", { reply: { chunkChars: 10 } }],
    ["reply.reaction", { reply: { reaction: "a reaction that is far too long" } }],
    ["card.intervalMs", { card: { intervalMs: 1 } }],
    ["card.maxChars", { card: { maxChars: 10_000 } }],
    ["card.templateId", { card: { templateId: "" } }],
    ["media.roots", { media: { roots: ["reports"] } }],
    ["media.roots", { media: { roots: "/srv" } }],
    ["media.roots", { media: { roots: ["/"] } }],
    ["media.roots", { media: { roots: ["~"] } }],
    ["media.roots", { media: { roots: ["~/"] } }],
    ["media.roots.1", { media: { roots: ["/srv/reports", "/home/me"] } }],
    ["media.roots.0", { media: { roots: ["/home"] } }],
    ["agentHints", { agentHints: "maybe" }],
  ])("refuses a bad %s by its path", (key, block) => {
    const { config, problems } = load({ block: { ...ROBOT, ...block } });
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(key);
  });

  test("takes everything from the environment where there is no file", () => {
    const env = {
      DINGTALK_CLIENT_ID: "fromenv",
      DINGTALK_CLIENT_SECRET: "secret",
      DINGTALK_API_URL: "http://127.0.0.1:1/",
      DINGTALK_OAPI_URL: "http://127.0.0.1:2",
      OPENCLAW_GATEWAY_URL: "http://gw:3//",
      OPENCLAW_GATEWAY_TOKEN: "token",
      DINGBRIDGE_AGENT: "helper",
      DINGBRIDGE_DATA_DIR: "/data",
      DINGBRIDGE_HOST: "0.0.0.0",
      DINGBRIDGE_PORT: "8080",
      DINGBRIDGE_API_TOKEN: "api",
      DINGBRIDGE_LOG_LEVEL: "debug",
    };
    expect(robotOf({ env })).toMatchObject({
      clientId: "fromenv",
      clientSecret: "secret",
      apiUrl: "http://127.0.0.1:1",
      oapiUrl: "http://127.0.0.1:2",
      agentId: "helper",
      gateway: { url: "http://gw:3", token: "token" },
    });
    expect(configOf({ env })).toMatchObject({
      dataDir: "/data",
      http: { host: "0.0.0.0", port: 8080, token: "api" },
      log: { level: "debug" },
    });
  });

  test("lets the environment win over the file, and the file over OpenClaw's defaults", () => {
    const openclaw = { gateway: { port: 1111, auth: { token: "of-openclaw" } } };
    const gateway = { url: "http://127.0.0.1:2222", token: "of-the-file" };
    const env = {
      OPENCLAW_GATEWAY_URL: "http://127.0.0.1:3333",
      OPENCLAW_GATEWAY_TOKEN: "of-env",
    };
    const block = { ...ROBOT, gateway };
    expect(robotOf({ openclaw, block: ROBOT }).gateway).toMatchObject({
      url: "http://127.0.0.1:1111",
      token: "of-openclaw",
    });
    expect(robotOf({ openclaw, block }).gateway).toMatchObject(gateway);
    expect(robotOf({ openclaw, block, env }).gateway).toMatchObject({
      url: "http://127.0.0.1:3333",
      token: "of-env",
    });
  });

  test("takes an empty environment variable for one that is not set", () => {
    const env = { DINGTALK_CLIENT_ID: "", DINGBRIDGE_PORT: "" };
    expect(robotOf({ block: ROBOT, env }).clientId).toBe("dingclient");
    expect(configOf({ block: ROBOT, env }).http.port).toBe(18_780);
  });

  test("takes dataDir and locale from the machine unless the file says otherwise", () => {
    expect(robotOf({ block: ROBOT, locale: "en" }).locale).toBe("en");
    const block = { ...ROBOT, locale: "zh", dataDir: "/elsewhere" };
    expect(robotOf({ block, locale: "en" }).locale).toBe("zh");
    expect(configOf({ block, locale: "en" }).dataDir).toBe("/elsewhere");
  });

  test("takes numbers and flags that are text, as environment variables are", () => {
    const block = {
      ...ROBOT,
      enabled: "true",
      stream: { pingIntervalMs: "20000", pingMisses: "3" },
      gateway: { maxInFlight: "8" },
    };
    expect(robotOf({ block })).toMatchObject({
      enabled: true,
      stream: { pingIntervalMs: 20_000, pingMisses: 3 },
      gateway: { maxInFlight: 8 },
    });
  });

  test("takes ids that are numbers", () => {
    expect(robotOf({ block: { ...ROBOT, clientId: 123456 } }).clientId).toBe("123456");
  });

  test("trims blanks and trailing slashes off", () => {
    const block = {
      clientId: " dingclient\n",
      clientSecret: " the-secret ",
      apiUrl: " https://api.dingtalk.io/ ",
    };
    expect(robotOf({ block })).toMatchObject({ ...ROBOT, apiUrl: "https://api.dingtalk.io" });
  });

  test("leaves the file's object as it was", () => {
    const block = { ...ROBOT };
    configOf({ block, env: { DINGTALK_CLIENT_ID: "other" } });
    expect(block).toEqual(ROBOT);
  });
});

describe("loadConfig(), unconfigured", () => {
  test.each([
    ["nothing at all", {}],
    ["an empty file", { file: {} }],
    ["a file of OpenClaw's without the channel", { file: { channels: { telegram: {} } } }],
    ["an empty block", { block: {} }],
    ["a block that is switched off", { block: { enabled: false } }],
  ])("is said of %s", (_what, given) => {
    const loaded = load(given);
    expect(loaded.unconfigured).toBe(true);
    expect(loaded.config).toBeUndefined();
  });

  test.each([
    ["an id", { block: { clientId: "x" } }],
    ["a secret", { block: { clientSecret: "x" } }],
    ["a secret that cannot be resolved", { block: { clientSecret: "${NOT_SET}" } }],
    ["an id in the environment", { env: { DINGTALK_CLIENT_ID: "x" } }],
    ["a file that is wrong", { file: [] }],
  ])("is not said where there is %s", (_what, given) => {
    const loaded = load(given);
    expect(loaded.unconfigured).toBe(false);
    expect(loaded.problems).not.toEqual([]);
  });
});

describe("loadConfig(), OpenClaw's gateway", () => {
  const gatewayOf = (gateway: unknown, env = {}, files = {}) =>
    robotOf({ block: ROBOT, openclaw: { gateway }, env, files }).gateway;

  test("is on its default port where OpenClaw's file names none", () => {
    expect(gatewayOf({ mode: "local" })).toMatchObject({ url: "http://127.0.0.1:18789" });
  });

  test.each([19000, "19000"])("is on gateway.port %p", (port) => {
    expect(gatewayOf({ port }).url).toBe("http://127.0.0.1:19000");
  });

  test("is asked by https where it has TLS", () => {
    expect(gatewayOf({ port: 19000, tls: { enabled: true } }).url).toBe("https://127.0.0.1:19000");
  });

  test.each([
    ["auth.token", { auth: { token: "t1" } }, "t1"],
    ["auth.token in mode token", { auth: { mode: "token", token: "t1", password: "p1" } }, "t1"],
    ["auth.password in mode password", { auth: { mode: "password", password: "p1" } }, "p1"],
    [
      "a password, whatever token is there",
      { auth: { mode: "password", token: "t1", password: "p1" } },
      "p1",
    ],
    ["a reference to the environment", { auth: { token: "${TOKEN}" } }, "from-env"],
    [
      "a secret reference",
      { auth: { token: { source: "env", provider: "default", id: "TOKEN" } } },
      "from-env",
    ],
    ["a secret file", { auth: { token: { source: "file", path: "/run/token" } } }, "from-file"],
  ])("gives its token: %s", (_what, gateway, token) => {
    const files = { "/run/token": "from-file\n" };
    expect(gatewayOf(gateway, { TOKEN: "from-env" }, files).token).toBe(token);
  });

  test("tells its token even where there is no robot yet", () => {
    const loaded = load({ openclaw: { gateway: { auth: { token: "t1" } } } });
    expect(loaded).toMatchObject({ unconfigured: true, gatewayToken: "t1" });
  });

  test("says what cannot be resolved, and goes without", () => {
    const openclaw = { gateway: { auth: { token: "${NOT_SET}" } } };
    const { config, problems, warnings } = load({ block: ROBOT, openclaw });
    expect(problems).toEqual([]);
    expect(config?.accounts[0]?.gateway.token).toBeUndefined();
    expect(warnings).toEqual([
      "/home/me/.openclaw/openclaw.json: gateway.auth.token: the environment variable NOT_SET is not set; it counts as not set",
    ]);
  });

  test.each([{ $include: "./x.json5" }, { gateway: { $include: "./gateway.json5" } }])(
    "warns that an include is not followed: %j",
    (openclaw) => {
      const { config, warnings } = load({ block: ROBOT, openclaw });
      expect(config).toBeDefined();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain("$include is not followed");
    },
  );

  test("names OpenClaw's key where its port is wrong", () => {
    const { problems } = load({ block: ROBOT, openclaw: { gateway: { port: 99_999 } } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith("/home/me/.openclaw/openclaw.json: gateway.port: expected");
  });

  test.each([[], "text", 7, null].map((json) => [json]))("is not looked for in %j", (openclaw) => {
    expect(robotOf({ block: ROBOT, openclaw }).gateway.token).toBeUndefined();
  });
});

describe("loadConfig(), what OpenClaw writes in its own way", () => {
  const openclaw = (port: unknown) => ({ gateway: { port } });

  test("reads gateway.port by reference", () => {
    const env = { THE_PORT: "19001" };
    const robot = robotOf({ block: ROBOT, openclaw: openclaw("${THE_PORT}"), env });
    expect(robot.gateway.url).toBe("http://127.0.0.1:19001");
  });

  const odd = ["${NOT_SET}", "abc", {}, [1]].map((port) => ({ port }));
  test.each(odd)("does without a gateway.port like %j", ({ port }) => {
    const { config, warnings } = load({ block: ROBOT, openclaw: openclaw(port) });
    expect(config?.accounts[0]?.gateway.url).toBe("http://127.0.0.1:18789");
    expect(warnings).toEqual([
      "/home/me/.openclaw/openclaw.json: gateway.port cannot be read as a port and is not used",
    ]);
  });
});

describe("loadConfig(), what stands alone", () => {
  test.each([false, "false"])("enabled: %p needs no credentials", (enabled) => {
    expect(load({ block: { enabled } }).disabled).toBe(true);
    expect(load({ block: { enabled: true } }).disabled).toBe(false);
  });

  const files = [null, [], "text", 7].map((file) => ({ file }));
  test.each(files)("is one problem: %j", ({ file }) => {
    expect(load({ file }).problems).toHaveLength(1);
  });

  test("a number too large to be exact is no client id", () => {
    const { problems } = load({ block: { ...ROBOT, clientId: Number("123456789012345678901") } });
    expect(problems[0]).toStartWith("channels.dingtalk.clientId: expected");
  });
});
