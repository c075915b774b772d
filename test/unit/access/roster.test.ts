import { describe, expect, test } from "bun:test";
import { createAccess } from "../../../src/core/access/access.ts";
import { createRoster } from "../../../src/core/access/roster.ts";
import {
  accountOf,
  agentOf,
  asker,
  cellOf,
  choice,
  createTable,
  direct,
  grant,
  group,
} from "./_access.ts";

const known = (table = createTable()) => {
  const roster = createRoster({ account: "work", store: table });
  return { table, roster };
};

/** Why something did not come about. */
const failed = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "it has not failed",
    (error: Error) => error.message,
  );

describe("Roster", () => {
  test("knows an account's grants and choices once they are read", async () => {
    const here = group("cid");
    const { roster } = known(
      createTable(
        [grant("a", "owner"), { ...grant("b", "owner"), account: "other" }],
        [choice(here, "a", "ours"), choice(direct("a"), "a", "mine")],
      ),
    );
    expect(await roster.refresh()).toBe(true);
    expect(roster.grants).toEqual([grant("a", "owner")]);
    expect(roster.grantOf("a")?.role).toBe("owner");
    expect(roster.grantOf("b")).toBeUndefined();
    expect(roster.choiceOf(here, "a")).toBe("ours");
    expect(roster.choiceOf(direct("a"), "a")).toBe("mine");
    expect(roster.choiceOf(here, "b")).toBeUndefined();
    expect(roster.choiceOf(group("a"), "a")).toBeUndefined();
  });

  test("is not asked before it is read: an unread one would make strangers owners", async () => {
    const { table, roster } = known(createTable([grant("o", "owner")]));
    const access = createAccess({ config: accountOf({ dmPolicy: "open" }), roster });
    expect(() => access.decide(direct("stan"), asker("stan"))).toThrow(
      "nobody has read the roster",
    );
    table.fail(new Error("disk"));
    expect(await failed(roster.refresh())).toBe("disk");
    expect(() => access.decide(direct("stan"), asker("stan"))).toThrow(
      "nobody has read the roster",
    );
    table.fail(undefined);
    await roster.refresh();
    expect(cellOf(access.decide(direct("stan"), asker("stan")))).toBe("no-agent-for-guests");
  });

  test("reads the store again only if its version is another", async () => {
    const { table, roster } = known();
    expect(await roster.refresh()).toBe(true);
    expect(await roster.refresh()).toBe(false);
    expect(table.reads()).toBe(1);
    table.write({ grants: [grant("a", "member")] });
    expect(roster.grantOf("a")).toBeUndefined();
    expect(await roster.refresh()).toBe(true);
    expect(roster.grantOf("a")?.role).toBe("member");
    expect(table.reads()).toBe(2);
  });

  test("forgets what is gone from the store", async () => {
    const { table, roster } = known(
      createTable([grant("a", "owner")], [choice(group("cid"), "a", "x")]),
    );
    await roster.refresh();
    table.write({ grants: [], choices: [] });
    await roster.refresh();
    expect(roster.grants).toEqual([]);
    expect(roster.grantOf("a")).toBeUndefined();
    expect(roster.choiceOf(group("cid"), "a")).toBeUndefined();
  });

  test("a store that fails leaves what is known, and the next refresh works again", async () => {
    const { table, roster } = known(createTable([grant("a", "owner")]));
    await roster.refresh();
    table.write({ grants: [] });
    table.fail(new Error("disk"));
    expect(await failed(roster.refresh())).toBe("disk");
    expect(roster.grantOf("a")?.role).toBe("owner");
    table.fail(undefined);
    expect(await roster.refresh()).toBe(true);
    expect(roster.grantOf("a")).toBeUndefined();
  });

  test("choices that cannot be read do not leave half a change", async () => {
    const table = createTable([grant("a", "owner")]);
    let broken = false;
    const store = {
      accessVersion: table.accessVersion,
      grants: table.grants,
      choices: async (account: string) => {
        if (broken) throw new Error("disk");
        return await table.choices(account);
      },
    };
    const roster = createRoster({ account: "work", store });
    await roster.refresh();
    table.write({ grants: [] });
    broken = true;
    expect(await failed(roster.refresh())).toBe("disk");
    expect(roster.grantOf("a")?.role).toBe("owner");
    broken = false;
    expect(await roster.refresh()).toBe(true);
    expect(roster.grantOf("a")).toBeUndefined();
  });

  test("what is written while it reads is found by the next refresh", async () => {
    const table = createTable();
    const store = {
      accessVersion: table.accessVersion,
      choices: table.choices,
      grants: async (account: string) => {
        const grants = await table.grants(account);
        if (table.reads() === 1) table.write({ grants: [grant("late", "owner")] });
        return grants;
      },
    };
    const roster = createRoster({ account: "work", store });
    await roster.refresh();
    expect(roster.grantOf("late")).toBeUndefined();
    expect(await roster.refresh()).toBe(true);
    expect(roster.grantOf("late")?.role).toBe("owner");
  });

  test("a slow refresh does not bring back what a later one has replaced", async () => {
    const table = createTable([grant("a", "owner")]);
    const held: (() => void)[] = [];
    let hold = true;
    const store = {
      accessVersion: table.accessVersion,
      choices: table.choices,
      grants: async (account: string) => {
        const grants = await table.grants(account);
        if (hold) await new Promise<void>((resolve) => held.push(resolve));
        return grants;
      },
    };
    const roster = createRoster({ account: "work", store });
    const slow = roster.refresh();
    while (held.length === 0) await Promise.resolve();
    hold = false;
    table.write({ grants: [] });
    const later = roster.refresh();
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    held[0]?.();
    await Promise.all([slow, later]);
    expect(roster.grantOf("a")).toBeUndefined();
  });
});

describe("Access, after a refresh", () => {
  test("follows grants that come and go", async () => {
    const { table, roster } = known();
    await roster.refresh();
    const access = createAccess({ config: accountOf({}), roster });
    const stan = () => cellOf(access.decide(direct("stan"), asker("stan")));
    expect([access.unowned, stan()]).toEqual([true, "owner"]);

    table.write({ grants: [grant("olga", "owner")] });
    await roster.refresh();
    expect([access.unowned, stan()]).toEqual([false, "no-agent-for-guests"]);
    expect(access.roleOf(direct("olga"), asker("olga"))).toBe("owner");

    table.write({ grants: [grant("olga", "owner"), grant("stan", "member")] });
    await roster.refresh();
    expect(stan()).toBe("member");

    table.write({ grants: [grant("olga", "owner")] });
    await roster.refresh();
    expect(stan()).toBe("no-agent-for-guests");
  });

  test("follows choices", async () => {
    const { table, roster } = known();
    await roster.refresh();
    const access = createAccess({ config: accountOf({ owners: ["o"] }), roster });
    const agent = () => agentOf(access.decide(direct("o"), asker("o")));
    expect(agent()).toBe("main");
    table.write({ choices: [choice(direct("o"), "o", "coder")] });
    await roster.refresh();
    expect(agent()).toBe("coder");
    table.write({ choices: [] });
    await roster.refresh();
    expect(agent()).toBe("main");
  });
});
