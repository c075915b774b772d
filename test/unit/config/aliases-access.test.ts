import { describe, expect, test } from "bun:test";
import { canonical } from "../../../src/core/config/aliases.ts";
import { translated } from "./_aliases.ts";

describe("canonical(), conversation ids in a list of people", () => {
  test("are the groups that are answered; the others stay people", () => {
    const given = { groupAllowFrom: ["u1", "cidA", " dingtalk:cidB "] };
    const { block, notes } = translated(given);
    expect(block).toEqual({
      groupAllowFrom: ["u1"],
      groupPolicy: "allowlist",
      groups: { cidA: { enabled: true }, cidB: { enabled: true } },
    });
    expect(notes).toEqual([
      expect.stringMatching(/^understood groupAllowFrom: .*groups\.<id>.*groupPolicy: "open"/),
    ]);
    expect(canonical(given).from.get("groups.cidA.enabled")).toBe("groupAllowFrom");
    expect(canonical(given).from.get("groupPolicy")).toBe("groupAllowFrom");
  });

  test("and nobody else leave no list: everyone in those groups may talk", () => {
    expect(translated({ groupPolicy: "open", groupAllowFrom: ["cidA"] }).block).toEqual({
      groupPolicy: "allowlist",
      groups: { cidA: { enabled: true } },
    });
  });

  test("do not open groups where they are disabled", () => {
    const { block } = translated({ groupPolicy: "disabled", groupAllowFrom: ["cidA"] });
    expect(block["groupPolicy"]).toBe("disabled");
    const account = { groupPolicy: "disabled", accounts: { a: { groupAllowFrom: ["cidA"] } } };
    expect(translated(account).block["accounts"]).toEqual({
      a: { groups: { cidA: { enabled: true } } },
    });
  });

  test("close groups that only have settings, but none that is enabled by name", () => {
    const { block, notes } = translated({
      groupAllowFrom: ["cidA", "cidOff"],
      groups: {
        cidA: { requireMention: true },
        cidOff: { enabled: false },
        cidB: { requireMention: false },
        cidC: { enabled: true },
        "*": { enabled: true, systemPrompt: "Be polite." },
      },
    });
    expect(block["groups"]).toEqual({
      cidA: { requireMention: true, enabled: true },
      cidOff: { enabled: false },
      cidB: { requireMention: false, enabled: false },
      cidC: { enabled: true },
      "*": { enabled: false, systemPrompt: "Be polite." },
    });
    expect(notes).toContainEqual(expect.stringMatching(/closed: cidB, \*;/));
  });

  test("of an account close the groups the top level opens", () => {
    const { block } = translated({
      groupAllowFrom: ["cidTop", "cidBoth"],
      accounts: { a: { groupAllowFrom: ["cidA", "cidBoth"] }, b: {} },
    });
    expect(block["accounts"]).toEqual({
      a: {
        groups: {
          cidA: { enabled: true },
          cidBoth: { enabled: true },
          cidTop: { enabled: false },
        },
      },
      b: {},
    });
    // The top level's, which holds for accounts too.
    expect(block["groupPolicy"]).toBe("allowlist");
  });

  test("are taken from allowFrom too, and close nothing that has a block there", () => {
    const { block, notes } = translated({
      allowFrom: ["u1", "cidA"],
      groups: { cidB: { systemPrompt: "x" } },
    });
    expect(block).toEqual({
      allowFrom: ["u1"],
      groupPolicy: "allowlist",
      groups: { cidA: { enabled: true }, cidB: { systemPrompt: "x" } },
    });
    expect(notes).toHaveLength(1);
  });

  test("alone in an account's allowFrom do not let the top level's people in", () => {
    const accounts = { a: { allowFrom: ["cidA"] } };
    const { block } = translated({ dmPolicy: "allowlist", allowFrom: ["u1"], accounts });
    expect(block["accounts"]).toMatchObject({ a: { allowFrom: [] } });
  });

  test("stay where they are while groups are unreadable, for the schema to refuse those", () => {
    const block = { groupAllowFrom: ["cidA"], groups: "all" };
    expect(translated(block).block).toEqual(block);
  });

  test.each(["groupAllowlist", "allowed_chats"])("in %s need not look like ones", (key) => {
    expect(translated({ [key]: ["cidA", "x1"] }).block).toEqual({
      groupPolicy: "allowlist",
      groups: { cidA: { enabled: true }, x1: { enabled: true } },
    });
    expect(translated({ [key]: [] }).block).toEqual({ groupPolicy: "allowlist" });
    expect(translated({ [key]: ["*"] }).block).toEqual({});
    expect(translated({ [key]: { a: 1 } }).block).toEqual({ groupAllowFrom: { a: 1 } });
  });
});

describe("canonical(), lists of people", () => {
  test("that are empty name nobody, and say so", () => {
    const { block, notes } = translated({
      allowFrom: [],
      groupAllowFrom: [],
      groups: { g: { groupAllowFrom: [] } },
    });
    expect(block).toEqual({ allowFrom: [], groupAllowFrom: [], groups: { g: { allowFrom: [] } } });
    for (const path of ["allowFrom", "groupAllowFrom", "groups.g.groupAllowFrom"]) {
      expect(notes).toContainEqual(expect.stringContaining(`understood ${path}: an empty list`));
    }
  });

  test.each(["allow_from", "allowed_users", "allowedSenders"])(
    "for all chats hold in all chats: %s",
    (key) => {
      const given = { [key]: ["u1"] };
      const { block, notes } = translated(given);
      expect(block).toEqual({ allowFrom: ["u1"], dmPolicy: "allowlist", groupAllowFrom: ["u1"] });
      expect(notes.filter((note) => note.startsWith(`understood ${key}: `))).toHaveLength(2);
      expect(canonical(given).from.get("dmPolicy")).toBe(key);
      expect(translated({ [key]: "*" }).block).toEqual({ allowFrom: ["*"] });
    },
  );

  test("stand beside the policies of the bridge they come from", () => {
    expect(translated({ allow_from: [], dm_policy: "open", group_policy: "open" }).block).toEqual({
      allowFrom: [],
      dmPolicy: "open",
      groupPolicy: "open",
    });
    expect(
      translated({ dmPolicy: "pairing", accounts: { a: { allow_from: ["u1"] } } }).block[
        "accounts"
      ],
    ).toEqual({ a: { allowFrom: ["u1"], groupAllowFrom: ["u1"] } });
  });

  test("called allowFrom restrict nothing by themselves, but in the plugin without policies", () => {
    const block = { allowFrom: ["u1"] };
    expect(translated(block)).toEqual({ block, notes: [] });
    expect(translated(block, "dingtalk")).toEqual({ block, notes: [] });
    expect(translated(block, "clawdbot-dingtalk").block).toEqual({
      allowFrom: ["u1"],
      dmPolicy: "allowlist",
      groupAllowFrom: ["u1"],
    });
    const accounts = { a: { allowFrom: ["u2"] }, b: {} };
    expect(translated({ ...block, accounts }, "clawdbot-dingtalk").block["accounts"]).toEqual({
      a: { allowFrom: ["u2"], dmPolicy: "allowlist", groupAllowFrom: ["u2"] },
      b: {},
    });
    expect(
      translated({ dmPolicy: "disabled", accounts }, "clawdbot-dingtalk").block["accounts"],
    ).toMatchObject({ a: { dmPolicy: "disabled" } });
    expect(translated({ allowFrom: ["*"] }, "clawdbot-dingtalk").block).toEqual({
      allowFrom: ["*"],
    });
  });
});

describe("canonical(), senderAccess", () => {
  test('"owner" lets the owner in, and no list more', () => {
    const { block, notes } = translated({
      ownerStaffId: "u9",
      senderAccess: "owner",
      allowedSenders: ["u1"],
      groupAccess: "all",
    });
    expect(block).toEqual({
      owners: ["u9"],
      dmPolicy: "allowlist",
      allowFrom: [],
      groupAllowFrom: ["u9"],
      groupPolicy: "open",
    });
    expect(notes).toContainEqual(expect.stringMatching(/^ignored allowedSenders: /));
  });

  test('"allowlist" lets the owner and the list in', () => {
    expect(
      translated({ ownerStaffId: "u9", senderAccess: "allowlist", allowedSenders: ["u1"] }).block,
    ).toEqual({
      owners: ["u9"],
      dmPolicy: "allowlist",
      allowFrom: ["u1"],
      groupAllowFrom: ["u9", "u1"],
    });
  });

  test('"all" restricts nobody', () => {
    expect(translated({ senderAccess: "all", allowedSenders: ["u1"] }).block).toEqual({
      dmPolicy: "open",
      allowFrom: ["u1"],
    });
  });
});

describe("canonical(), policies", () => {
  test("direct chats that are off stay off whatever the policy says", () => {
    const given = { dmPolicy: "pairing", dms: { enabled: false } };
    expect(translated(given).block).toEqual({ dmPolicy: "disabled" });
    expect(canonical(given).from.get("dmPolicy")).toBe("dms.enabled");
    expect(translated(given).notes).toEqual([expect.stringMatching(/^understood dms\.enabled: /)]);
  });

  test("a plugin that is closed by default is not opened", () => {
    const { block, notes } = translated({
      groupPolicy: "open",
      accounts: { a: { appKey: "x", renderMode: "raw" } },
    });
    expect(block).toMatchObject({ dmPolicy: "pairing", groupPolicy: "open" });
    expect(notes).toContainEqual(
      expect.stringMatching(/^understood accounts\.a\.appKey: dmPolicy .*"open"/),
    );
    expect(translated({ appKey: "x" }).block).toEqual({ clientId: "x" });
  });

  test("a group's own list of people keeps its name apart from the one for all groups", () => {
    const { block } = translated({
      groupAllowFrom: ["u1"],
      groups: { cidA: { groupAllowFrom: ["u2"], allowFrom: ["u3"] } },
    });
    expect(block).toEqual({ groupAllowFrom: ["u1"], groups: { cidA: { allowFrom: ["u3"] } } });
  });
});
