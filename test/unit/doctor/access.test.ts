import { describe, expect, test } from "bun:test";
import type { Grant } from "../../../src/core/access/model.ts";
import { agentsOf, audienceOf } from "../../../src/doctor/audience.ts";
import { accessFindings, powerOf } from "../../../src/doctor/check-access.ts";
import { robot, told } from "./_doctor.ts";

const OWNER: Grant = {
  account: "default",
  userId: "boss",
  role: "owner",
  nick: undefined,
  by: "command line",
  at: 0,
};
const RESTRICTED = {
  agents: { entries: { main: {}, guest: { tools: { profile: "minimal" } } } },
};

const look = (block: object, openclaw?: unknown, grants: readonly Grant[] = []) =>
  accessFindings({ config: robot(block), account: undefined, grants, openclaw });
const roles = (block: object, grants: readonly Grant[] = []) =>
  Object.fromEntries(
    [...audienceOf(robot(block), grants).agents].map(([agent, each]) => [
      agent,
      [...each].toSorted(),
    ]),
  );

describe("an open robot", () => {
  test("without an owner is told loudly, and once", () => {
    const said = told(look({}));
    expect(said).toContain("DB701 open");
    expect(said).toContain("DB702 clear");
  });

  test.each([
    [{ owners: ["boss"] }, []],
    [{ dmPolicy: "pairing" }, []],
    [{ dmPolicy: "allowlist", allowFrom: ["a"] }, []],
    // Somebody has been approved as one.
    [{}, [OWNER]],
  ])("%j is none", (block, grants) => {
    expect(told(look(block, undefined, grants))).toContain("DB701 owned");
  });

  test("doubtful policies each have a line; one that an approval has settled has none", () => {
    expect(told(look({ dmPolicy: "disabled", groupPolicy: "disabled" }))).toContain("DB702 doubt");
    expect(told(look({ dmPolicy: "pairing" }))).toContain("DB702 doubt");
    expect(told(look({ dmPolicy: "pairing" }, undefined, [OWNER]))).toContain("DB702 clear");
  });
});

describe("who gets to which agent", () => {
  test.each<[object, readonly Grant[], object]>([
    [{}, [], { main: ["guest", "owner"] }],
    [{ owners: ["boss"] }, [], { main: ["owner"] }],
    [{ owners: ["boss"], members: ["m"] }, [], { main: ["member", "owner"] }],
    [
      { owners: ["boss"], roles: { guest: { agentId: "guest" } } },
      [],
      { main: ["owner"], guest: ["guest"] },
    ],
    [
      { owners: ["boss"], groups: { cid1: { agentId: "support" } } },
      [],
      { main: ["owner"], support: ["guest", "owner"] },
    ],
    // Whoever is approved becomes a member.
    [{ owners: ["boss"], dmPolicy: "pairing" }, [], { main: ["member", "owner"] }],
    [
      { owners: ["boss"], dmPolicy: "allowlist", groupPolicy: "disabled", allowFrom: ["*"] },
      [],
      { main: ["owner"] },
    ],
    [
      { dmPolicy: "allowlist", allowFrom: [], groupPolicy: "disabled" },
      [{ ...OWNER, role: "member" }],
      { main: ["member"] },
    ],
    [
      { owners: ["boss"], users: { u: { agentId: "own" } }, groupPolicy: "disabled" },
      [],
      { main: ["owner"], own: ["guest"] },
    ],
  ])("%j", (block, grants, expected) => {
    expect(roles(block, grants)).toEqual(expected as never);
  });

  test("every agent a file can send to is asked for at the gateway", () => {
    const config = robot(
      {
        agentId: "main",
        roles: { guest: { agentId: "guest" } },
        users: { u: { agentId: "own" } },
        groups: { cid1: { agentId: "support" } },
      },
      {
        bindings: [
          { agentId: "bound", match: { channel: "dingtalk", peer: { kind: "group", id: "cid2" } } },
        ],
      },
    );
    expect(agentsOf(config).toSorted()).toEqual(["bound", "guest", "main", "own", "support"]);
    expect(agentsOf(robot())).toEqual(["main"]);
  });
});

describe("what an agent may do", () => {
  test.each<[string, unknown, string]>([
    ["guest", RESTRICTED, "restricted"],
    ["GUEST", RESTRICTED, "restricted"],
    ["main", RESTRICTED, "powerful"],
    ["gone", RESTRICTED, "powerful"],
    ["main", undefined, "unknown"],
    // Its session tools reach other agents, and what these may do.
    ["main", { tools: { profile: "messaging" } }, "powerful"],
    ["main", { tools: { profile: "coding" } }, "powerful"],
    [
      "main",
      {
        tools: { profile: "minimal" },
        agents: { entries: { main: { tools: { profile: "full" } } } },
      },
      "powerful",
    ],
    ["a", { agents: { list: [{ id: "a", tools: { profile: "minimal" } }] } }, "restricted"],
    ["a", { agents: { list: [{ id: "a", tools: { deny: ["exec"] } }] } }, "listed"],
    [
      "a",
      { agents: { list: [{ id: "a", tools: { profile: "minimal", alsoAllow: ["exec"] } }] } },
      "listed",
    ],
    ["main", { agents: { entries: null, list: "x" } }, "powerful"],
  ])("%s in %j: %s", (agent, openclaw, power) => {
    expect(powerOf(agent, openclaw)).toBe(power as never);
  });

  test("is told of others' agents only", () => {
    const owned = { owners: ["boss"] };
    expect(told(look(owned, {}))).toContain("DB703 nobody");
    expect(told(look({ ...owned, members: ["m"] }, RESTRICTED))).toContain("DB703 powerful");
    const kept = { ...owned, members: ["m"], roles: { member: { agentId: "guest" } } };
    expect(told(look(kept, RESTRICTED))).toContain("DB703 restricted");
    expect(told(look(kept))).toContain("DB703 unknown");
  });
});
