import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { knownPaths, nearest } from "../../../src/core/config/keys.ts";
import { ENVIRONMENT, SECRET_PATHS } from "../../../src/core/config/schema.ts";
import { ROBOT, load } from "./_loading.ts";

describe("loadConfig(), an unknown key", () => {
  const close: [unknown: string, block: object, meant: string][] = [
    ["clientID", { clientID: "x" }, "clientId"],
    ["clientsecret", { clientsecret: "x" }, "clientSecret"],
    ["agent", { agent: "x" }, "agentId"],
    ["api_url", { api_url: "x" }, "apiUrl"],
    ["gateway.urll", { gateway: { urll: "x" } }, "gateway.url"],
    ["gateway.timeout", { gateway: { timeout: 5 } }, "gateway.timeoutMs"],
    ["pingIntervalMs", { pingIntervalMs: 5 }, "stream.pingIntervalMs"],
    ["http.prot", { http: { prot: 80 } }, "http.port"],
    ["robotcode", { robotcode: "x" }, "robotCode"],
    ["stream.link", { stream: { link: 2 } }, "stream.links"],
    ["gateway.hold", { gateway: { hold: 5 } }, "gateway.holdMs"],
    ["limits.perminute", { limits: { perminute: 5 } }, "limits.perMinute"],
    ["store.maxmb", { store: { maxmb: 50 } }, "store.maxMb"],
    ["media.maxmb", { media: { maxmb: 5 } }, "media.maxMb"],
    ["media.allowHost", { media: { allowHost: [] } }, "media.allowHosts"],
    ["burst.window", { burst: { window: 5 } }, "burst.windowMs"],
    ["messagecontext", { messagecontext: true }, "messageContext"],
    ["budget.apicalls", { budget: { apicalls: 5 } }, "budget.apiCalls"],
    ["log.levle", { log: { levle: "info" } }, "log.level"],
    ["datadir", { datadir: "/x" }, "dataDir"],
  ];
  test.each(close)("%s is ignored with a hint at what was meant", (path, block, meant) => {
    const { config, warnings } = load({ block: { ...ROBOT, ...block } });
    expect(config).toBeDefined();
    expect(warnings).toEqual([
      `channels.dingtalk.${path}: unknown key, ignored; did you mean ${meant}?`,
    ]);
  });

  const CID = "cidA.b/c+d==";
  const deep: [path: string, block: object, meant: string][] = [
    [
      "accounts.work.clientID",
      { accounts: { work: { ...ROBOT, clientID: "x" } } },
      "accounts.work.clientId",
    ],
    [
      "accounts.work.pingIntervalMs",
      { accounts: { work: { ...ROBOT, pingIntervalMs: 5 } } },
      "accounts.work.stream.pingIntervalMs",
    ],
    [
      "groups.*.requiremention",
      { groups: { "*": { requiremention: false } } },
      "groups.*.requireMention",
    ],
    [
      `groups."${CID}".reply.tabels`,
      { groups: { [CID]: { reply: { tabels: "code" } } } },
      `groups."${CID}".reply.tables`,
    ],
    ["users.u1.rolle", { users: { u1: { rolle: "owner" } } }, "users.u1.role"],
    ["roles.guest.command", { roles: { guest: { command: [] } } }, "roles.guest.commands"],
    [
      "accounts.work.groups.cid1.agent",
      { accounts: { work: { ...ROBOT, groups: { cid1: { agent: "x" } } } } },
      "accounts.work.groups.cid1.agentId",
    ],
    ["account", { account: {} }, "accounts"],
    ["group", { group: {} }, "groups"],
  ];
  test.each(deep)("%s is named with all that is above it", (path, block, meant) => {
    const top = "accounts" in block ? {} : ROBOT;
    const { config, warnings, notes } = load({ block: { ...top, ...block } });
    expect(config).toBeDefined();
    expect(warnings).toEqual([
      `channels.dingtalk.${path}: unknown key, ignored; did you mean ${meant}?`,
    ]);
    expect(notes).toEqual([{ path, kind: "unknown", text: `unknown key; did you mean ${meant}?` }]);
  });

  test("is not looked for in the names of groups, people and accounts", () => {
    const block = {
      accounts: { anyName: { ...ROBOT, groups: { anyGroup: {} }, users: { anybody: {} } } },
    };
    expect(load({ block })).toMatchObject({ warnings: [], notes: [], problems: [] });
  });

  test.each([{ somethingElseEntirely: 1 }, { xyzzy: { plugh: true } }])(
    "far from every known one gets no hint: %j",
    (block) => {
      const { warnings } = load({ block: { ...ROBOT, ...block } });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toEndWith(": unknown key, ignored");
    },
  );

  test("is told even when the start fails for another reason", () => {
    const { config, warnings } = load({ block: { clientID: "x" } });
    expect(config).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  test("is never told with its value", () => {
    const { warnings } = load({ block: { ...ROBOT, clientSecrett: "do-not-print-me" } });
    expect(warnings.join()).not.toContain("do-not-print-me");
  });

  test("written with a dot is one too: it does not reach into a group", () => {
    const { config, warnings } = load({ block: { ...ROBOT, "gateway.url": "http://gw:1" } });
    expect(config?.accounts[0]?.gateway.url).toBe("http://127.0.0.1:18789");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("gateway.url");
  });
});

describe("knownPaths()", () => {
  test("knows every key an environment variable sets, and every secret", () => {
    const known = knownPaths();
    expect(known).toEqual(expect.arrayContaining(Object.values(ENVIRONMENT)));
    expect(known).toEqual(expect.arrayContaining([...SECRET_PATHS]));
    expect(known).toContain("stream.pingMisses");
    expect(known).toContain("groups.*.reply.mode");
    expect(known).toContain("users.*.role");
    expect(known).not.toContain("stream");
    expect(known).not.toContain("groups");
  });
});

describe("nearest()", () => {
  test("finds any known key behind one wrong letter", () => {
    const known = knownPaths();
    const letter = fc.constantFrom(...Array.from("abcdefghijklmnopqrstuvwxyz"));
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), letter, (key, at, letter) => {
        const place = at % key.length;
        if (key[place] === ".") return;
        const typo = key.slice(0, place) + letter + key.slice(place + 1);
        if (known.includes(typo)) return;
        expect(nearest(typo, known)).toBeDefined();
      }),
    );
  });

  test("gives nothing for nothing", () => {
    expect(nearest("anything", [])).toBeUndefined();
  });
});
