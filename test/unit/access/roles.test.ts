import { describe, expect, test } from "bun:test";
import type { Role } from "../../../src/core/access/model.ts";
import {
  accessTo,
  agentOf,
  asker,
  cellOf,
  direct,
  grant,
  group,
  type Situation,
} from "./_access.ts";

describe("Access.roleOf(), what goes before what", () => {
  const rows: [what: string, block: object, granted: Role | undefined, role: Role][] = [
    ["users over owners", { owners: ["u"], users: { u: { role: "guest" } } }, undefined, "guest"],
    ["users over a grant", { users: { u: { role: "member" } } }, "owner", "member"],
    ["users over members", { members: ["u"], users: { u: { role: "owner" } } }, undefined, "owner"],
    ["users without a role say nothing", { owners: ["u"], users: { u: {} } }, undefined, "owner"],
    ["owners over a grant", { owners: ["u"] }, "guest", "owner"],
    ["a grant over members", { owners: ["o"], members: ["u"] }, "guest", "guest"],
    ["a grant over allowFrom", { owners: ["o"], allowFrom: ["u"] }, "owner", "owner"],
    ["members", { owners: ["o"], members: ["u"] }, undefined, "member"],
    ["allowFrom", { owners: ["o"], allowFrom: ["u"] }, undefined, "member"],
    ["groupAllowFrom", { owners: ["o"], groupAllowFrom: ["u"] }, undefined, "member"],
    ["nothing", { owners: ["o"] }, undefined, "guest"],
    ["* in members", { owners: ["o"], members: ["*"] }, undefined, "guest"],
    ["* in allowFrom", { owners: ["o"], allowFrom: ["*"] }, undefined, "guest"],
    ["* in groupAllowFrom", { owners: ["o"], groupAllowFrom: ["*"] }, undefined, "guest"],
    ["* in owners", { owners: ["*"] }, undefined, "guest"],
    ["* in owners beside an id", { owners: ["*", "o"] }, undefined, "guest"],
    ["* in users", { users: { "*": { role: "owner" } } }, undefined, "guest"],
  ];
  test.each(rows)("%s: %j, granted %s: %s", async (_, block, granted, role) => {
    const grants = granted === undefined ? [] : [grant("u", granted)];
    const access = await accessTo(block, { grants });
    expect(access.roleOf(direct("u"), asker("u"))).toBe(role);
  });

  test("names of an object's own methods are nobody's", async () => {
    const access = await accessTo({ owners: ["o"] });
    for (const id of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      expect(access.roleOf(direct(id), asker(id))).toBe("guest");
      expect(cellOf(access.decide(direct(id), asker(id)))).toBe("no-agent-for-guests");
      expect(cellOf(access.decide(group(id), asker("stan")))).toBe("no-agent-for-guests");
    }
  });

  test("who is in the list of one group is a member there, not elsewhere", async () => {
    const groups = { cidA: { allowFrom: ["u"] }, "*": { allowFrom: ["v"] } };
    const access = await accessTo({ owners: ["o"], groups });
    expect(access.roleOf(group("cidA"), asker("u"))).toBe("member");
    expect(access.roleOf(group("cidB"), asker("u"))).toBe("guest");
    expect(access.roleOf(group("cidA"), asker("v"))).toBe("guest");
    expect(access.roleOf(group("cidB"), asker("v"))).toBe("member");
    expect(access.roleOf(direct("u"), asker("u"))).toBe("guest");
    expect(access.roleOf({ kind: "group" }, asker("u"))).toBe("guest");
  });

  test("two ids of one person with a role each: the lesser holds", async () => {
    const users = { staff: { role: "owner" }, "$:1": { role: "guest" } };
    const access = await accessTo({ users });
    expect(access.roleOf(direct("staff"), asker("staff", "$:1"))).toBe("guest");
    expect(access.roleOf(direct("$:1"), asker("$:1", "staff"))).toBe("guest");
    expect(access.roleOf(direct("staff"), asker("staff"))).toBe("owner");
  });

  test("a demoted owner cannot come in by their other id", async () => {
    const access = await accessTo({ owners: ["$:1"], users: { staff: { role: "guest" } } });
    expect(access.roleOf(direct("staff"), asker("staff", "$:1"))).toBe("guest");
  });

  test("nameless people are guests, also while there is no owner", async () => {
    const access = await accessTo(
      { dmPolicy: "open", members: ["a"] },
      { grants: [grant("", "member")] },
    );
    expect(access.roleOf({ kind: "direct" }, asker())).toBe("guest");
    expect(access.roleOf({ kind: "direct" }, { userId: "", ids: ["a"], nick: "A" })).toBe("guest");
    expect(access.roleOf({ kind: "direct" }, { userId: "", ids: [""], nick: "" })).toBe("guest");
  });
});

describe("people without an id", () => {
  const nobody = { userId: "", ids: [], nick: "A" };

  test.each([
    [{ users: { "": { role: "owner" } } }, nobody, []],
    [{ members: ["a"] }, { ...nobody, ids: ["a"] }, []],
    [{ owners: ["o"] }, nobody, [grant("", "owner")]],
  ])("are named by nothing: %j", async (block, from, grants) => {
    const access = await accessTo({ dmPolicy: "allowlist", ...block }, { grants });
    expect(cellOf(access.decide(direct(""), from))).toBe("direct-not-listed");
  });
});

describe("Access.unowned", () => {
  const rows: [what: string, block: object, situation: Situation, unowned: boolean][] = [
    ["a fresh robot", {}, {}, true],
    [
      "members only",
      { members: ["m"], allowFrom: ["a"] },
      { grants: [grant("g", "member")] },
      true,
    ],
    ["owners", { owners: ["o"] }, {}, false],
    ["an owner under users", { users: { o: { role: "owner" } } }, {}, false],
    ["a granted owner", {}, { grants: [grant("g", "member"), grant("o", "owner")] }, false],
    ["an owner who is demoted", { owners: ["o"], users: { o: { role: "guest" } } }, {}, false],
    // Else "*" would make everyone an owner after all.
    ["* in owners", { owners: ["*"] }, {}, false],
    ["* as an owner under users", { users: { "*": { role: "owner" } } }, {}, false],
  ];
  test.each(rows)("%s: %j", async (_, block, situation, unowned) => {
    expect((await accessTo(block, situation)).unowned).toBe(unowned);
  });

  test("whoever writes directly to an open robot is taken for an owner", async () => {
    const access = await accessTo({ members: ["m"] });
    expect(cellOf(access.decide(direct("stan"), asker("stan")))).toBe("owner");
    expect(cellOf(access.decide(direct("m"), asker("m")))).toBe("member");
    expect(cellOf(access.decide(group("cid"), asker("stan")))).toBe("guest");
  });

  test.each(["pairing", "allowlist", "disabled"])(
    "not so where dmPolicy is %s",
    async (dmPolicy) => {
      const access = await accessTo({ dmPolicy, allowFrom: ["*"] });
      expect(access.roleOf(direct("stan"), asker("stan"))).toBe("guest");
    },
  );

  test("guests get the account's agent in groups, until there is an owner", async () => {
    const unowned = await accessTo({ agentId: "strong" });
    const owned = await accessTo({ agentId: "strong" }, { grants: [grant("o", "owner")] });
    expect(agentOf(unowned.decide(group("cid"), asker("stan")))).toBe("strong");
    expect(agentOf(owned.decide(group("cid"), asker("stan")))).toBe("no-agent-for-guests");
    expect(agentOf(owned.decide(group("cid"), asker("o")))).toBe("strong");
  });

  test.each([
    { dmPolicy: "allowlist", allowFrom: ["me"] },
    { dmPolicy: "pairing" },
    { dmPolicy: "disabled" },
  ])("who has said who may write has said it for groups too, owner or not: %j", async (block) => {
    const access = await accessTo({ agentId: "strong", ...block });
    expect(access.unowned).toBe(false);
    expect(agentOf(access.decide(group("cid"), asker("stan")))).toBe("no-agent-for-guests");
    if (block.allowFrom !== undefined) {
      expect(agentOf(access.decide(group("cid"), asker("me")))).toBe("strong");
    }
  });
});

describe("rights", () => {
  const rightsIn = async (block: object, id: string) => {
    const decision = (await accessTo(block)).decide(direct(id), asker(id));
    return decision.allowed ? decision.rights : decision.denial;
  };
  const block = { owners: ["o"], members: ["m"], roles: { guest: { agentId: "lobby" } } };

  test("of each role by itself", async () => {
    expect(await rightsIn(block, "o")).toEqual({
      commands: ["help", "stop", "new", "status", "whoami", "agent", "approve", "btw"],
      media: true,
      files: true,
      proactive: "any",
    });
    expect(await rightsIn(block, "m")).toEqual({
      commands: ["help", "stop", "new", "status", "whoami", "btw"],
      media: true,
      files: true,
      proactive: "own",
    });
    expect(await rightsIn(block, "stan")).toEqual({
      commands: ["help", "stop", "new", "whoami", "btw"],
      media: true,
      files: false,
      proactive: "none",
    });
  });

  test("each key of a role may differ, the others stay", async () => {
    const roles = {
      owner: { files: false },
      member: { commands: [], proactive: "none" },
      guest: { agentId: "lobby", media: false, commands: ["help"] },
    };
    expect(await rightsIn({ ...block, roles }, "o")).toMatchObject({
      files: false,
      proactive: "any",
    });
    expect(await rightsIn({ ...block, roles }, "m")).toEqual({
      commands: [],
      media: true,
      files: true,
      proactive: "none",
    });
    expect(await rightsIn({ ...block, roles }, "stan")).toEqual({
      commands: ["help"],
      media: false,
      files: false,
      proactive: "none",
    });
  });
});
