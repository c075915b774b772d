import { describe, expect, test } from "bun:test";
import { accessTo, asker, cellOf, direct, grant, group, rowsOf } from "./_access.ts";

const HERE = "cidHere==";

/** Of an owned robot; each is known in one way only. */
const CAST = {
  owners: ["olga", "dora"],
  members: ["mike"],
  users: { rolf: { role: "member" }, gus: { role: "guest" }, dora: { role: "guest" } },
  // So that it is the policies alone that keep somebody out.
  roles: { guest: { agentId: "lobby" } },
};
const GRANTS = [grant("gora", "owner"), grant("gmem", "member"), grant("ggue", "guest")];

const DIRECT: Record<string, object> = {
  open: { dmPolicy: "open", allowFrom: ["allan"] },
  pairing: { dmPolicy: "pairing", allowFrom: ["allan"] },
  "pairing *": { dmPolicy: "pairing", allowFrom: ["allan", "*"] },
  allowlist: { dmPolicy: "allowlist", allowFrom: ["allan"] },
  "allowlist *": { dmPolicy: "allowlist", allowFrom: ["allan", "*"] },
  "allowlist []": { dmPolicy: "allowlist", allowFrom: [] },
  "allowlist unset": { dmPolicy: "allowlist" },
  disabled: { dmPolicy: "disabled", allowFrom: ["allan", "*"] },
};

/** Who is let in directly, and as what; else the denial. */
const DIRECT_TABLE = rowsOf(`
  who                 | open   | pairing | pairing * | allowlist         | allowlist * | allowlist []      | allowlist unset   | disabled
  --------------------|--------|---------|-----------|-------------------|-------------|-------------------|-------------------|----------------
  olga, owners        | owner  | owner   | owner     | owner             | owner       | owner             | owner             | direct-disabled
  gora, granted       | owner  | owner   | owner     | owner             | owner       | owner             | owner             | direct-disabled
  gmem, granted       | member | member  | member    | member            | member      | member            | member            | direct-disabled
  ggue, granted       | guest  | guest   | guest     | guest             | guest       | guest             | guest             | direct-disabled
  mike, members       | member | member  | member    | member            | member      | member            | member            | direct-disabled
  rolf, users         | member | member  | member    | member            | member      | member            | member            | direct-disabled
  gus, users          | guest  | guest   | guest     | guest             | guest       | guest             | guest             | direct-disabled
  dora, demoted owner | guest  | guest   | guest     | guest             | guest       | guest             | guest             | direct-disabled
  allan, allowFrom    | member | member  | member    | member            | member      | direct-not-listed | direct-not-listed | direct-disabled
  stan, nowhere       | guest  | pairing | guest     | direct-not-listed | guest       | direct-not-listed | direct-not-listed | direct-disabled
  OLGA, other case    | guest  | pairing | guest     | direct-not-listed | guest       | direct-not-listed | direct-not-listed | direct-disabled
  *, an id like any   | guest  | pairing | guest     | direct-not-listed | guest       | direct-not-listed | direct-not-listed | direct-disabled
`);

const GROUPS: Record<string, object> = {
  open: {},
  "open, senders": { groupAllowFrom: ["sally"] },
  "open, senders []": { groupAllowFrom: [] },
  "open, senders *": { groupAllowFrom: ["sally", "*"] },
  "open, own list": { groupAllowFrom: ["sally"], groups: { [HERE]: { allowFrom: ["ida"] } } },
  "open, own list []": { groupAllowFrom: ["*"], groups: { [HERE]: { allowFrom: [] } } },
  "open, own list *": { groupAllowFrom: [], groups: { [HERE]: { allowFrom: ["ida", "*"] } } },
  "open, list of *": { groupAllowFrom: ["sally"], groups: { "*": { allowFrom: ["ida"] } } },
  "open, own list over *": {
    groups: { "*": { allowFrom: ["sally"] }, [HERE]: { allowFrom: ["ida"] } },
  },
  "open, another's list": { groups: { cidOther: { allowFrom: ["ida"] } } },
  "open, list with olga": { groups: { [HERE]: { allowFrom: ["olga", "gus"] } } },
  "open, off": { groups: { [HERE]: { enabled: false } } },
  "open, all off": { groups: { "*": { enabled: false }, [HERE]: {} } },
  "open, others off": { groups: { "*": { enabled: false }, [HERE]: { enabled: true } } },
  allowlist: { groupPolicy: "allowlist" },
  "allowlist, other": { groupPolicy: "allowlist", groups: { "cidhere==": {}, cidOther: {} } },
  "allowlist, this": { groupPolicy: "allowlist", groups: { [HERE]: {} } },
  "allowlist, *": { groupPolicy: "allowlist", groups: { "*": {} } },
  "allowlist, this off": {
    groupPolicy: "allowlist",
    groups: { "*": {}, [HERE]: { enabled: false } },
  },
  "allowlist, senders": {
    groupPolicy: "allowlist",
    groupAllowFrom: ["sally"],
    groups: { [HERE]: {} },
  },
  disabled: {
    groupPolicy: "disabled",
    groupAllowFrom: ["*"],
    groups: { [HERE]: { enabled: true } },
  },
};

/** The same in a group; "-" sender-not-listed, "x" group-not-listed, "X" groups-disabled. */
const GROUP_TABLE = rowsOf(`
  policy                | olga  | gora  | mike   | dora  | gus   | stan  | sally  | ida    | nameless
  ----------------------|-------|-------|--------|-------|-------|-------|--------|--------|---------
  open                  | owner | owner | member | guest | guest | guest | guest  | guest  | guest
  open, senders         | -     | -     | -      | -     | -     | -     | member | -      | -
  open, senders []      | -     | -     | -      | -     | -     | -     | -      | -      | -
  open, senders *       | owner | owner | member | guest | guest | guest | member | guest  | guest
  open, own list        | -     | -     | -      | -     | -     | -     | -      | member | -
  open, own list []     | -     | -     | -      | -     | -     | -     | -      | -      | -
  open, own list *      | owner | owner | member | guest | guest | guest | guest  | member | guest
  open, list of *       | -     | -     | -      | -     | -     | -     | -      | member | -
  open, own list over * | -     | -     | -      | -     | -     | -     | -      | member | -
  open, another's list  | owner | owner | member | guest | guest | guest | guest  | guest  | guest
  open, list with olga  | owner | -     | -      | -     | guest | -     | -      | -      | -
  open, off             | x     | x     | x      | x     | x     | x     | x      | x      | x
  open, all off         | x     | x     | x      | x     | x     | x     | x      | x      | x
  open, others off      | owner | owner | member | guest | guest | guest | guest  | guest  | guest
  allowlist             | x     | x     | x      | x     | x     | x     | x      | x      | x
  allowlist, other      | x     | x     | x      | x     | x     | x     | x      | x      | x
  allowlist, this       | owner | owner | member | guest | guest | guest | guest  | guest  | guest
  allowlist, *          | owner | owner | member | guest | guest | guest | guest  | guest  | guest
  allowlist, this off   | x     | x     | x      | x     | x     | x     | x      | x      | x
  allowlist, senders    | -     | -     | -      | -     | -     | -     | member | -      | -
  disabled              | X     | X     | X      | X     | X     | X     | X      | X      | X
`);

const SHORT: Record<string, string> = {
  "-": "sender-not-listed",
  x: "group-not-listed",
  X: "groups-disabled",
};

describe("Access.decide(), direct chats of an owned robot", () => {
  const cells = DIRECT_TABLE.rows.flatMap(([who = "", ...cells]) =>
    cells.map((cell, at) => [DIRECT_TABLE.head[at + 1] ?? "", who, cell] as const),
  );
  test.each(cells)("%s: %s: %s", async (policy, who, expected) => {
    const access = await accessTo({ ...CAST, ...DIRECT[policy] }, { grants: GRANTS });
    const id = who.split(",")[0] ?? "";
    expect(cellOf(access.decide(direct(id), asker(id)))).toBe(expected);
  });

  test("people are found by any of their ids", async () => {
    const access = await accessTo({
      dmPolicy: "allowlist",
      allowFrom: ["$:LWCP:x"],
      owners: ["o"],
    });
    expect(cellOf(access.decide(direct("manager1"), asker("manager1", "$:LWCP:x")))).toBe("member");
  });

  test("a grant is by user id only", async () => {
    const access = await accessTo({ dmPolicy: "allowlist" }, { grants: [grant("$:1", "owner")] });
    const decision = access.decide(direct("manager1"), asker("manager1", "$:1"));
    expect(cellOf(decision)).toBe("direct-not-listed");
  });

  test("people known in groups are not let in for that", async () => {
    const block = { dmPolicy: "allowlist", groupAllowFrom: ["sally"], owners: ["olga"] };
    const access = await accessTo({ ...block, groups: { [HERE]: { allowFrom: ["ida"] } } });
    expect(cellOf(access.decide(direct("sally"), asker("sally")))).toBe("direct-not-listed");
    expect(cellOf(access.decide(direct("ida"), asker("ida")))).toBe("direct-not-listed");
  });

  test("a role without a word about it lets nobody in", async () => {
    const access = await accessTo({ dmPolicy: "allowlist", users: { stan: { agentId: "x" } } });
    expect(cellOf(access.decide(direct("stan"), asker("stan")))).toBe("direct-not-listed");
  });

  test("a denial says what somebody is", async () => {
    const access = await accessTo({ ...CAST, dmPolicy: "disabled" });
    expect(access.decide(direct("olga"), asker("olga"))).toEqual({
      allowed: false,
      role: "owner",
      denial: "direct-disabled",
    });
  });
});

describe("Access.decide(), groups of an owned robot", () => {
  const cells = GROUP_TABLE.rows.flatMap(([policy = "", ...cells]) =>
    cells.map((cell, at) => {
      const who = GROUP_TABLE.head[at + 1] ?? "";
      return [policy, who, SHORT[cell] ?? cell] as const;
    }),
  );
  test.each(cells)("%s: %s: %s", async (policy, who, expected) => {
    const access = await accessTo({ ...CAST, ...GROUPS[policy] }, { grants: GRANTS });
    const from = who === "nameless" ? asker() : asker(who);
    expect(cellOf(access.decide(group(HERE), from))).toBe(expected);
  });

  test("every row is of a policy there is, every policy has a row", () => {
    expect(GROUP_TABLE.rows.map(([policy]) => policy)).toEqual(Object.keys(GROUPS));
    expect(DIRECT_TABLE.head.slice(1)).toEqual(Object.keys(DIRECT));
  });
});
