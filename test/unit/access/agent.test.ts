import { describe, expect, test } from "bun:test";
import type { Agents } from "../../../src/core/config/schema.ts";
import { accessTo, agentOf, asker, choice, direct, grant, group } from "./_access.ts";

const CID = "cidHere==";

/** Every place that may name an agent, the first to be asked first; each names one of its own. */
const PLACES: Record<string, { block?: object; agents?: Partial<Agents> }> = {
  users: { block: { users: { u: { agentId: "users" } } } },
  group: { block: { groups: { [CID]: { agentId: "group" } } } },
  peer: { agents: { direct: { u: "peer" }, group: { [CID]: "peer" } } },
  role: {
    block: {
      roles: {
        owner: { agentId: "role" },
        member: { agentId: "role" },
        guest: { agentId: "role" },
      },
    },
  },
  groups: { block: { groups: { "*": { agentId: "groups" } } } },
  agentId: { block: { agentId: "agentId" } },
  account: { agents: { account: "account" } },
  channel: { agents: { channel: "channel" } },
  default: { agents: { default: "default" } },
};

/** The configuration with these places, and with nothing else. */
function naming(places: readonly string[]) {
  const chosen = places.map((place) => PLACES[place] ?? {});
  const groups = chosen.map(({ block }) => (block as { groups?: object })?.groups);
  return {
    block: {
      ...Object.assign({}, ...chosen.map(({ block }) => block)),
      groups: Object.assign({}, ...groups),
    },
    agents: Object.assign({}, ...chosen.map(({ agents }) => agents)) as Partial<Agents>,
  };
}

const ROLE = { owner: { owners: ["u"] }, member: { owners: ["o"], members: ["u"] } } as const;
const GUEST = { owners: ["o"] };

const IN_GROUP = ["group", "peer", "role", "groups", "agentId", "account", "channel", "default"];
const ORDERS: [where: string, extra: object, order: string[]][] = [
  ["direct", {}, ["users", "peer", "role", "agentId", "account", "channel", "default"]],
  ["group", {}, IN_GROUP],
  ["group", { sessionScope: "sender" }, IN_GROUP.toSpliced(2, 0, "users")],
];

describe("Access.decide(), the agent", () => {
  const steps = ORDERS.flatMap(([where, extra, order]) =>
    order.map((_, at) => [where, extra, order.slice(at)] as const),
  );
  test.each(steps)("%s %j: the first of %j", async (where, extra, order) => {
    const { block, agents } = naming(order);
    const chat = where === "direct" ? direct("u") : group(CID);
    for (const role of [ROLE.owner, ROLE.member]) {
      const access = await accessTo({ ...block, ...extra, ...role }, { agents });
      expect(agentOf(access.decide(chat, asker("u")))).toBe(order[0] ?? "");
    }
    const forGuests = ["users", "group", "peer", "role", "groups"].includes(order[0] ?? "");
    const access = await accessTo({ ...block, ...extra, ...GUEST }, { agents });
    expect(agentOf(access.decide(chat, asker("u")))).toBe(
      forGuests ? (order[0] ?? "") : "no-agent-for-guests",
    );
  });

  test("is main where nothing names one", async () => {
    const access = await accessTo({ owners: ["u"] });
    expect(agentOf(access.decide(direct("u"), asker("u")))).toBe("main");
    expect(agentOf(access.decide(group(CID), asker("u")))).toBe("main");
  });

  test("somebody's own agent stays out of a session that a group shares", async () => {
    const block = { owners: ["o"], users: { u: { agentId: "strong" } } };
    const shared = await accessTo(block);
    expect(agentOf(shared.decide(group(CID), asker("u")))).toBe("no-agent-for-guests");
    const groups = { [CID]: { sessionScope: "sender" } };
    const own = await accessTo({ ...block, groups });
    expect(agentOf(own.decide(group(CID), asker("u")))).toBe("strong");
    expect(agentOf(own.decide(group("cidOther"), asker("u")))).toBe("no-agent-for-guests");
  });

  test("names people by any of their ids, never by *", async () => {
    const users = { "$:1": { agentId: "known" }, "*": { agentId: "star" } };
    const agents = { direct: { "*": "star" }, group: { "*": "star" } };
    const access = await accessTo({ owners: ["o"], users }, { agents });
    expect(agentOf(access.decide(direct("u"), asker("u", "$:1")))).toBe("known");
    expect(agentOf(access.decide(direct("v"), asker("v")))).toBe("no-agent-for-guests");
    expect(agentOf(access.decide(direct("*"), asker("*")))).toBe("no-agent-for-guests");
    expect(agentOf(access.decide(group("*"), asker("v")))).toBe("no-agent-for-guests");
  });

  test("a group whose block names none falls back to that of *", async () => {
    const groups = { [CID]: { requireMention: false }, "*": { agentId: "team" } };
    const access = await accessTo({ owners: ["o"], groups });
    expect(agentOf(access.decide(group(CID), asker("stan")))).toBe("team");
  });

  test("the block of * is no group's own, whatever a group is called", async () => {
    const roles = { guest: { agentId: "lobby" } };
    const access = await accessTo({ owners: ["o"], roles, groups: { "*": { agentId: "team" } } });
    expect(agentOf(access.decide(group("*"), asker("stan")))).toBe("lobby");
  });

  test("what is said for all groups gets no guest past what is said for guests", async () => {
    const roles = { guest: { agentId: "lobby", commands: ["agent"] } };
    const block = { owners: ["o"], roles, groups: { "*": { agentId: "team" } } };
    const choices = [choice(group(CID), "stan", "team")];
    const access = await accessTo(block, { choices });
    expect(agentOf(access.decide(group(CID), asker("stan")))).toBe("lobby");
  });
});

describe("Access.decide(), a choice", () => {
  const everywhere = naming(Object.keys(PLACES));

  test("of an owner goes before all, in the chat it was made in", async () => {
    const choices = [choice(direct("u"), "u", "mine"), choice(group(CID), "u", "ours")];
    const block = { ...everywhere.block, owners: ["u", "o"] };
    const access = await accessTo(block, { ...everywhere, choices });
    expect(agentOf(access.decide(direct("u"), asker("u")))).toBe("mine");
    expect(agentOf(access.decide(group(CID), asker("u")))).toBe("ours");
    expect(agentOf(access.decide(group("cidOther"), asker("u")))).toBe("role");
    expect(agentOf(access.decide(group(CID), asker("o")))).toBe("group");
  });

  test("holds in a direct chat whose conversation id has changed", async () => {
    const access = await accessTo(
      { owners: ["u"] },
      { choices: [choice(direct("u"), "u", "mine")] },
    );
    const moved = { ...direct("u"), conversationId: "cidNew==" };
    expect(agentOf(access.decide(moved, asker("u")))).toBe("mine");
  });

  test("counts only as long as the role may choose", async () => {
    const choices = [choice(direct("u"), "u", "strong")];
    const decided = async (block: object) =>
      agentOf((await accessTo(block, { choices })).decide(direct("u"), asker("u")));
    expect(await decided({ owners: ["u"] })).toBe("strong");
    expect(await decided({ owners: ["u"], users: { u: { role: "member" } } })).toBe("main");
    expect(await decided({ owners: ["u"], roles: { owner: { commands: ["help"] } } })).toBe("main");
    const roles = { member: { commands: ["agent"] } };
    expect(await decided({ owners: ["o"], members: ["u"], roles })).toBe("strong");
  });

  test("of a guest reaches only what is named for them too", async () => {
    const roles = { guest: { agentId: "lobby", commands: ["agent"] } };
    const users = { u: { agentId: "desk" } };
    const decided = async (chosen: string, block: object = { owners: ["o"] }) => {
      const choices = [choice(direct("u"), "u", chosen)];
      const access = await accessTo({ ...block, users, roles, agentId: "strong" }, { choices });
      return agentOf(access.decide(direct("u"), asker("u")));
    };
    expect(await decided("lobby")).toBe("lobby");
    expect(await decided("strong")).toBe("desk");
    expect(await decided("main")).toBe("desk");
    // Nobody owns the robot yet, but who may write has been said.
    expect(await decided("strong", { dmPolicy: "pairing", allowFrom: ["*"] })).toBe("desk");
  });

  test("of somebody without an id is nobody's", async () => {
    const choices = [choice(group(CID), "", "strong")];
    const block = { roles: { guest: { commands: ["agent"] } }, agentId: "usual" };
    const access = await accessTo(block, { choices });
    expect(agentOf(access.decide(group(CID), asker()))).toBe("usual");
  });

  test("of an owner by grant is gone with the grant", async () => {
    const choices = [choice(direct("u"), "u", "strong")];
    const roles = { guest: { agentId: "lobby" } };
    const granted = await accessTo(
      { owners: ["o"], roles },
      { choices, grants: [grant("u", "owner")] },
    );
    const revoked = await accessTo({ owners: ["o"], roles }, { choices });
    expect(agentOf(granted.decide(direct("u"), asker("u")))).toBe("strong");
    expect(agentOf(revoked.decide(direct("u"), asker("u")))).toBe("lobby");
  });
});
