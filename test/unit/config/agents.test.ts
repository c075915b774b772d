import { describe, expect, test } from "bun:test";
import { agentsFor } from "../../../src/core/config/agents.ts";
import { OPENCLAW, ROBOT, load } from "./_loading.ts";

const read = (json: unknown, account = "work") => agentsFor(account, { path: OPENCLAW, json });

const DINGTALK = { channel: "dingtalk" };

const bound = (match: object, agentId = "helper") => ({
  agentId,
  match: { ...DINGTALK, ...match },
});

const NOBODY = { account: undefined, channel: undefined, direct: {}, group: {} };

describe("agentsFor(), OpenClaw's agents", () => {
  const lists: [what: string, agents: unknown, known: string[], preferred: string | undefined][] = [
    ["none", undefined, [], undefined],
    ["an empty list", { list: [] }, [], undefined],
    ["a list", { list: [{ id: "main" }, { id: "work" }] }, ["main", "work"], "main"],
    [
      "a list with a default",
      { list: [{ id: "main" }, { id: "w", default: true }] },
      ["main", "w"],
      "w",
    ],
    ["entries", { entries: { main: {}, work: {} } }, ["main", "work"], "main"],
    ["entries with a default", { entries: { main: {}, w: { default: true } } }, ["main", "w"], "w"],
    [
      "entries with two defaults",
      { entries: { a: {}, b: { default: true }, c: { default: true } } },
      ["a", "b", "c"],
      "b",
    ],
    ["something else", "x", [], undefined],
    ["a list and entries", { list: [{ id: "a" }], entries: { a: {}, b: {} } }, ["a", "b"], "a"],
  ];
  test.each(lists)("are read from %s", (_what, agents, known, preferred) => {
    const found = read({ agents });
    expect(found).toEqual({ agents: { known, default: preferred, ...NOBODY }, warnings: [] });
  });

  test("are not known without a file", () => {
    expect(agentsFor("work", undefined).agents).toEqual({
      known: [],
      default: undefined,
      ...NOBODY,
    });
  });

  test("whose ids cannot be used are said and left out", () => {
    const { agents, warnings } = read({ agents: { list: ["main", { id: "a b" }, { id: "ok" }] } });
    expect(agents.known).toEqual(["ok"]);
    expect(warnings).toEqual(
      [0, 1].map(
        (at) =>
          `${OPENCLAW}: agents.list.${at}: this agent's id cannot be used here, so it is not known`,
      ),
    );
  });

  test("that are included from elsewhere are not known, which is said", () => {
    const { agents, warnings } = read({ agents: { $include: "./agents.json5" } });
    expect(agents.known).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("agents.$include is not followed")]);
  });
});

describe("agentsFor(), bindings", () => {
  const rows: [what: string, bindings: unknown[], agents: object][] = [
    ["of the channel", [bound({})], { channel: "helper" }],
    ["of all its accounts", [bound({ accountId: "*" })], { channel: "helper" }],
    ["of this account", [bound({ accountId: "work" })], { account: "helper" }],
    ["of another account", [bound({ accountId: "Work" })], {}],
    ["of another channel", [{ agentId: "x", match: { channel: "discord", guildId: "1" } }], {}],
    ["of every channel", [{ agentId: "x", match: { channel: "*" } }], {}],
    ["with a type", [{ type: "route", ...bound({}) }], { channel: "helper" }],
    [
      "of one person",
      [bound({ peer: { kind: "direct", id: "Manager7675" } })],
      { direct: { Manager7675: "helper" } },
    ],
    [
      "of one person, as of old",
      [bound({ peer: { kind: "dm", id: "u" } })],
      { direct: { u: "helper" } },
    ],
    [
      "of a person whose id is a number",
      [bound({ peer: { kind: "dm", id: 17 } })],
      { direct: { 17: "helper" } },
    ],
    [
      "of one group",
      [bound({ peer: { kind: "group", id: "cidA.b/c==" } })],
      { group: { "cidA.b/c==": "helper" } },
    ],
    [
      "of one group, as a channel",
      [bound({ peer: { kind: "channel", id: "cid" } })],
      { group: { cid: "helper" } },
    ],
    [
      "with prefixes",
      [
        bound({ peer: { kind: "direct", id: "user:u" } }),
        bound({ peer: { kind: "direct", id: "dingtalk:user:v" } }),
        bound({ peer: { kind: "group", id: "group:cid" } }),
      ],
      { direct: { u: "helper", v: "helper" }, group: { cid: "helper" } },
    ],
    [
      "of one group in this account only",
      [
        bound({ accountId: "other", peer: { kind: "group", id: "cid" } }, "other"),
        bound({ accountId: "work", peer: { kind: "group", id: "cid" } }),
      ],
      { group: { cid: "helper" } },
    ],
    [
      "of every rank, each by itself",
      [
        bound({}, "c"),
        bound({ accountId: "work" }, "a"),
        bound({ peer: { kind: "dm", id: "u" } }, "u"),
      ],
      { channel: "c", account: "a", direct: { u: "u" } },
    ],
    [
      "for the same: the first counts",
      [
        bound({}, "first"),
        bound({ accountId: "*" }, "second"),
        bound({ peer: { kind: "dm", id: "u" } }, "first"),
        bound({ accountId: "work", peer: { kind: "direct", id: "user:u" } }, "second"),
      ],
      { channel: "first", direct: { u: "first" } },
    ],
  ];
  test.each(rows)("%s", (_what, bindings, agents) => {
    const found = read({ bindings });
    expect(found.agents).toEqual({ known: [], default: undefined, ...NOBODY, ...agents });
    expect(found.warnings).toEqual([]);
  });

  test.each(["dingtalk-connector", "ddingtalk", "clawdbot-dingtalk", " DingTalk "])(
    "of the channel under the id of another bridge: %p",
    (channel) => {
      expect(read({ bindings: [bound({ channel })] }).agents.channel).toBe("helper");
    },
  );

  const unused: [what: string, binding: unknown, why: string][] = [
    ["a text", "x", "expected {agentId, match}"],
    ["no match", { agentId: "x" }, "expected {agentId, match}"],
    ["no channel", { agentId: "x", match: {} }, "expected match.channel"],
    ["another type", { type: "acp", ...bound({}) }, 'its type is not "route"'],
    ["a guild", bound({ guildId: "1" }), "match.guildId means nothing in DingTalk"],
    ["a team", bound({ teamId: "1" }), "match.teamId means nothing in DingTalk"],
    ["roles", bound({ roles: ["x"] }), "match.roles means nothing in DingTalk"],
    ["an odd account", bound({ accountId: {} }), "match.accountId is no account's id"],
    ["an odd peer", bound({ peer: "u" }), "match.peer is not"],
    [
      "a peer with more to it",
      bound({ peer: { kind: "group", id: "cid", thread: 1 } }),
      "match.peer is not",
    ],
    ["an odd kind of peer", bound({ peer: { kind: "thread", id: "1" } }), "match.peer is not"],
    ["everyone", bound({ peer: { kind: "direct", id: "*" } }), "match.peer is not"],
    ["a peer without an id", bound({ peer: { kind: "group", id: "group:" } }), "match.peer is not"],
    ["no agent", { match: DINGTALK }, "agentId is no agent's id"],
    ["an agent no key can hold", bound({}, "a:b"), "agentId is no agent's id"],
  ];
  test.each(unused)("with %s says nothing, which is said", (_what, binding, why) => {
    const found = read({ bindings: [bound({}, "good"), binding] });
    expect(found.agents).toEqual({ known: [], default: undefined, ...NOBODY, channel: "good" });
    expect(found.warnings).toHaveLength(1);
    expect(found.warnings[0]).toStartWith(`${OPENCLAW}: bindings.1: ${why}`);
  });

  test("that are no list are not used", () => {
    expect(read({ bindings: {} }).warnings).toEqual([
      `${OPENCLAW}: bindings: expected a list, so it is not used`,
    ]);
  });

  test("to an agent that is not there hold, so that nobody gets another one, and are said", () => {
    const agents = { list: [{ id: "main" }] };
    const found = read({ agents, bindings: [bound({}, "gone")] });
    expect(found.agents.channel).toBe("gone");
    expect(found.warnings).toEqual([
      `${OPENCLAW}: bindings.0: its agent is not among this file's agents: the gateway may refuse it`,
    ]);
  });

  test("name agents without regard to case, as OpenClaw does", () => {
    const agents = { entries: { main: {}, Helper: {} } };
    expect(read({ agents, bindings: [bound({}, "helper")] }).agents.channel).toBe("Helper");
  });
});

describe("loadConfig(), agents", () => {
  const openclaw = {
    agents: { list: [{ id: "main" }, { id: "helper" }] },
    bindings: [bound({ accountId: "a" }), bound({ guildId: "1" })],
  };

  test("come with each account, and a warning about them comes once", () => {
    const accounts = { a: ROBOT, b: { ...ROBOT, clientId: "other" } };
    const { config, warnings, effective } = load({ block: { accounts }, openclaw });
    expect(config?.accounts.map(({ agents }) => agents.account)).toEqual(["helper", undefined]);
    expect(config?.accounts.map(({ agentId }) => agentId)).toEqual([undefined, undefined]);
    expect(warnings).toHaveLength(1);
    const shown = effective.filter(({ path }) => /^accounts\..\.agentId$/.test(path));
    expect(shown).toEqual([
      { path: "accounts.a.agentId", value: "helper", source: `${OPENCLAW}: bindings` },
      { path: "accounts.b.agentId", value: "main", source: `${OPENCLAW}: agents` },
    ]);
  });

  test("of OpenClaw are not asked where the robot's own key names one", () => {
    const { config, effective } = load({ block: { ...ROBOT, agentId: "mine" }, openclaw });
    expect(config?.accounts[0]?.agentId).toBe("mine");
    expect(effective).toContainEqual(expect.objectContaining({ path: "agentId", value: "mine" }));
  });
});
