import { describe, expect, test } from "bun:test";
import { accessOf } from "../../../src/core/access/report.ts";
import { ROBOT, configOf } from "../config/_loading.ts";

const OWNED = { owners: ["boss"] };

/** What is said about the only robot of a file. */
function access(block: object, openclaw?: unknown) {
  const [account] = configOf({ block: { ...ROBOT, ...block }, openclaw }).accounts;
  if (account === undefined) throw new Error("no account");
  const { says, warnings } = accessOf(account);
  const line = (start: string) => says.find((each) => each.startsWith(start)) ?? "";
  return {
    direct: line("direct chats"),
    groups: line("groups:"),
    inGroups: line("in groups"),
    in: (group: string) => line(`in ${group}:`),
    owners: line("owners"),
    members: line("members"),
    guests: line("guests"),
    says,
    warnings: warnings.join("\n"),
  };
}

describe("two fields and nothing else", () => {
  const { direct, groups, inGroups, owners, guests, warnings } = access({});

  test("let everyone in", () => {
    expect(direct).toContain("anyone who can see the robot");
    expect(groups).toContain("all the robot is in");
    expect(inGroups).toBe("in groups: anyone");
  });

  test("make whoever writes directly the owner, and that is a warning", () => {
    expect(owners).toContain("whoever writes directly is treated as the owner of the machine");
    expect(owners).toContain("agent main");
    expect(guests).toContain("while nobody is an owner they talk to agent main too");
    expect(warnings).toContain('nobody is an owner while dmPolicy is "open"');
  });
});

describe("direct chats", () => {
  test.each<[object, string, string | undefined]>([
    [{ dmPolicy: "disabled" }, "nobody", undefined],
    [{ dmPolicy: "allowlist", allowFrom: ["a", "b"] }, "only boss, a, b and whoever", undefined],
    [{ dmPolicy: "allowlist", members: ["m"] }, "only boss, m and whoever", undefined],
    [{ dmPolicy: "allowlist", users: { u: { role: "guest" } } }, "only boss, u and", undefined],
    [{ dmPolicy: "allowlist", users: { u: { agentId: "x" } } }, "only boss and whoever", undefined],
    [{ dmPolicy: "pairing" }, "anyone else gets a code", undefined],
    [{ dmPolicy: "pairing", allowFrom: ["*"] }, 'anyone (allowFrom holds "*")', undefined],
    [{ dmPolicy: "allowlist", allowFrom: ["*"] }, 'anyone (allowFrom holds "*")', undefined],
    [{ dmPolicy: "open", allowFrom: ["a"] }, "anyone who can see", "allowFrom restricts nothing"],
  ])("%j: %s", (block, said, warning) => {
    const { direct, warnings } = access({ ...OWNED, ...block });
    expect(direct).toContain(said);
    if (warning === undefined) expect(warnings).toBe("");
    else expect(warnings).toContain(warning);
  });

  test("a list of nobody lets nobody in", () => {
    for (const block of [{ dmPolicy: "allowlist" }, { allowFrom: [] }]) {
      const { direct, warnings } = access(block);
      expect(direct).toContain("nobody but whoever has been approved");
      expect(warnings).toContain("nobody is on a list");
    }
  });

  test("pairing without an owner makes one of the first", () => {
    const { owners, warnings } = access({ dmPolicy: "pairing" });
    expect(owners).toContain("the first who is approved on the command line becomes one");
    expect(warnings).toContain("nobody is an owner yet");
    expect(access({ ...OWNED, dmPolicy: "pairing" }).warnings).toBe("");
  });

  test("many names are not all told", () => {
    const allowFrom = Array.from({ length: 30 }, (_, at) => `u${at}`);
    const { direct } = access({ dmPolicy: "allowlist", allowFrom });
    expect(direct).toContain("u19 and 11 more");
    expect(direct).not.toContain("u20");
  });
});

describe("groups", () => {
  test.each<[string, object, string]>([
    ["none", { groupPolicy: "disabled" }, "groups: none"],
    ["some", { groupPolicy: "allowlist", groups: { cidA: {}, cidB: {} } }, "only cidA and cidB"],
    ["all", { groupPolicy: "allowlist", groups: { "*": {} } }, "all the robot is in"],
    ["all but one", { groups: { cidA: { enabled: false } } }, "but not cidA"],
    [
      "one of two",
      { groupPolicy: "allowlist", groups: { cidA: {}, cidB: { enabled: false } } },
      "groups: only cidA (",
    ],
    [
      "those that are not switched off for all",
      { groups: { "*": { enabled: false }, cidA: { enabled: true }, cidB: {} } },
      "groups: only cidA (",
    ],
  ])("%s", (_which, block, said) => {
    const { groups, warnings } = access({ ...OWNED, ...block });
    expect(groups).toContain(said);
    expect(warnings).toBe("");
  });

  test("whom they are for", () => {
    const groups = { cidA: { allowFrom: ["x"] }, cidB: { allowFrom: ["*"] }, cidC: {} };
    const said = access({ ...OWNED, groupPolicy: "allowlist", groupAllowFrom: ["a", "b"], groups });
    expect(said.inGroups).toBe("in groups: only a and b");
    expect(said.in("cidA")).toBe("in cidA: only x");
    expect(said.in("cidB")).toBe("in cidB: anyone");
    expect(said.in("cidC")).toBe("");
    expect(access({ ...OWNED, groupPolicy: "disabled" }).inGroups).toBe("");
  });

  test("which agent answers there", () => {
    const bindings = [
      { agentId: "ops", match: { channel: "dingtalk", peer: { kind: "group", id: "cidB" } } },
    ];
    const said = access({ ...OWNED, groups: { cidA: { agentId: "support" } } }, { bindings });
    expect(said.in("cidA")).toContain("agent support answers whoever asks");
    expect(said.in("cidB")).toContain("agent ops answers whoever asks");
  });

  test("that are listed for nothing", () => {
    const listed = { groups: { cidA: { agentId: "x" } } };
    expect(access({ ...OWNED, ...listed }).warnings).toContain("restricts nothing");
    expect(access({ ...OWNED, ...listed, groupPolicy: "allowlist" }).warnings).toBe("");
    expect(access({ ...OWNED, groups: { "*": { agentId: "x" } } }).warnings).toBe("");
  });

  test.each<[object, string]>([
    [{ groupPolicy: "allowlist" }, "no group is served"],
    [{ groupAllowFrom: [] }, "groupAllowFrom is an empty list"],
    [
      { groupPolicy: "allowlist", groups: { cidA: { allowFrom: [] } } },
      "allowFrom is an empty list for cidA",
    ],
    [{ dmPolicy: "disabled", groupPolicy: "disabled" }, "nobody can talk to this robot"],
  ])("that serve nobody: %j", (block, warning) => {
    expect(access({ ...OWNED, ...block }).warnings).toContain(warning);
  });
});

describe("roles", () => {
  test("are told by name, with their agents", () => {
    const said = access({
      owners: ["boss", "was"],
      members: ["m"],
      allowFrom: ["a"],
      dmPolicy: "allowlist",
      users: { was: { role: "member" }, other: { role: "owner" }, m: { role: "guest" } },
      roles: { member: { agentId: "staff" } },
      agentId: "work",
    });
    expect(said.owners).toBe("owners: boss and other, with agent work");
    expect(said.members).toContain("a and was, with agent staff");
    expect(said.members).not.toContain("m,");
  });

  test("guests of an owned robot are refused until somebody names an agent for them", () => {
    const guests = (block: object) => access({ ...OWNED, ...block }).guests;
    expect(guests({})).toBe("guests are refused: roles.guest.agentId is not set");
    expect(guests({ agentId: "work" })).toContain("are refused");
    expect(guests({ roles: { guest: { agentId: "g" } } })).toBe("guests talk to agent g");
    expect(guests({ groups: { "*": { agentId: "g" } } })).toBe(
      "guests talk to agent g in groups, and are refused in direct chats: roles.guest.agentId is not set",
    );
  });

  test.each<[object, string]>([
    [{ owners: ["*"] }, "owners:"],
    [{ ...OWNED, members: ["*"] }, "members:"],
    [{ ...OWNED, users: { "*": { role: "member" } } }, "users:"],
  ])('are nobody\'s by "*": %j', (block, key) => {
    const { warnings, says } = access(block);
    expect(warnings).toStartWith(`${key} "*" is nobody's id`);
    expect(says.join("\n")).not.toContain("*,");
  });

  test('"*" as the only owner makes nobody one, and no stranger either', () => {
    const { owners, guests } = access({ owners: ["*"] });
    expect(owners).toContain("nobody");
    expect(owners).not.toContain("treated as the owner");
    expect(guests).toContain("are refused");
  });

  test("people with an agent of their own", () => {
    const peer = { kind: "direct", id: "bound" };
    const bindings = [{ agentId: "b", match: { channel: "dingtalk", peer } }];
    const { says } = access({ ...OWNED, users: { u: { agentId: "x" } } }, { bindings });
    expect(says).toContain("u talks to agent x in direct chats");
    expect(says).toContain("bound talks to agent b in direct chats");
  });
});
