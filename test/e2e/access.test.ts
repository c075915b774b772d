import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Denial } from "../../src/core/access/model.ts";
import { DESK_TEXTS } from "../../src/core/desk/texts.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { openWorld, textOf, type World } from "./_world.ts";

/**
 * One robot for each policy, all in one worker. Every robot knows the same people: `owner`, `member`
 * (of `members`), `listed` (of the list the policy looks at) and `stranger`.
 */
const OWNED = { owners: ["owner"], members: ["member"], agentId: "main" };
const SERVED = "cidServed/+A==";
const OTHER = "cidOther/+A==";

const ROBOTS = {
  unowned: {},
  open: { ...OWNED },
  openGuests: { ...OWNED, roles: { guest: { agentId: "guest" }, member: { agentId: "helper" } } },
  allowlist: {
    ...OWNED,
    dmPolicy: "allowlist",
    allowFrom: ["dingtalk:listed"],
    groupPolicy: "allowlist",
    groups: { [SERVED]: { agentId: "support" } },
  },
  empty: {
    ...OWNED,
    dmPolicy: "allowlist",
    allowFrom: [],
    groupPolicy: "allowlist",
    groupAllowFrom: [],
  },
  disabled: { ...OWNED, dmPolicy: "disabled", groupPolicy: "disabled" },
  senders: {
    ...OWNED,
    roles: { guest: { agentId: "guest" } },
    groupAllowFrom: ["listed"],
    groups: {
      [OTHER]: { enabled: false },
      cidOwnList: { allowFrom: ["stranger"], sessionScope: "sender" },
      cidNobody: { allowFrom: [] },
    },
  },
  pairing: { ...OWNED, dmPolicy: "pairing" },
  // Other bridges' words for it.
  foreign: {
    ...OWNED,
    messageType: "markdown",
    groupAllowFrom: [SERVED, "listed"],
    roles: { guest: { agentId: "guest" } },
  },
} as const;

type RobotName = keyof typeof ROBOTS;
/** The agent that answers, or why nobody does. */
type Expected = { readonly agent: string; readonly user?: string } | Denial;

const agent = (name: string) => ({ agent: name });

const TABLE: readonly (readonly [RobotName, who: string, group: string | null, Expected])[] = [
  // Nobody owns it: whoever writes is taken for the owner, and groups are open.
  ["unowned", "stranger", null, agent("main")],
  ["unowned", "stranger", SERVED, agent("main")],
  // Open, and owned: a guest needs an agent of their own.
  ["open", "owner", null, agent("main")],
  ["open", "owner", SERVED, agent("main")],
  ["open", "member", null, agent("main")],
  ["open", "member", SERVED, agent("main")],
  ["open", "stranger", null, "no-agent-for-guests"],
  ["open", "stranger", SERVED, "no-agent-for-guests"],
  ["openGuests", "owner", null, agent("main")],
  ["openGuests", "member", null, agent("helper")],
  ["openGuests", "stranger", null, agent("guest")],
  ["openGuests", "owner", SERVED, agent("main")],
  ["openGuests", "stranger", SERVED, agent("guest")],
  // Allowlists: by person in direct chats, by group in groups.
  ["allowlist", "owner", null, agent("main")],
  ["allowlist", "member", null, agent("main")],
  ["allowlist", "listed", null, agent("main")],
  ["allowlist", "Listed", null, "direct-not-listed"],
  ["allowlist", "stranger", null, "direct-not-listed"],
  ["allowlist", "owner", SERVED, agent("support")],
  ["allowlist", "stranger", SERVED, agent("support")],
  ["allowlist", "owner", OTHER, "group-not-listed"],
  ["allowlist", "listed", OTHER, "group-not-listed"],
  // An empty list lets nobody in; who has a name elsewhere still has it in direct chats.
  ["empty", "owner", null, agent("main")],
  ["empty", "stranger", null, "direct-not-listed"],
  ["empty", "owner", SERVED, "group-not-listed"],
  ["empty", "stranger", SERVED, "group-not-listed"],
  ["disabled", "owner", null, "direct-disabled"],
  ["disabled", "stranger", null, "direct-disabled"],
  ["disabled", "owner", SERVED, "groups-disabled"],
  ["disabled", "stranger", SERVED, "groups-disabled"],
  // Senders in groups.
  ["senders", "listed", SERVED, agent("main")],
  ["senders", "owner", SERVED, "sender-not-listed"],
  ["senders", "stranger", SERVED, "sender-not-listed"],
  ["senders", "listed", OTHER, "group-not-listed"],
  ["senders", "stranger", "cidOwnList", { agent: "main", user: "stranger" }],
  ["senders", "listed", "cidOwnList", "sender-not-listed"],
  ["senders", "owner", "cidNobody", "sender-not-listed"],
  // Named for groups is not named for direct chats, but it is a name.
  ["senders", "stranger", null, agent("guest")],
  ["pairing", "owner", null, agent("main")],
  ["pairing", "member", null, agent("main")],
  ["pairing", "stranger", null, "pairing"],
  ["pairing", "stranger", SERVED, "no-agent-for-guests"],
  // soimy's senders and the official connector's groups in one list: both restrict.
  ["foreign", "listed", SERVED, agent("main")],
  ["foreign", "stranger", SERVED, "sender-not-listed"],
  ["foreign", "listed", OTHER, "group-not-listed"],
];

describe.each([...RUNTIMES])("%s: who may talk, to which agent", (runtime) => {
  let world: World<RobotName>;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      accounts: ROBOTS,
      block: () => ({ reply: { reaction: "" } }),
    });
  });
  afterAll(async () => await world.close());

  test.concurrent.each(TABLE.map((row, at) => [at, ...row] as const))(
    "%d: %s, %s in %p: %j",
    async (at, name, who, group, expected) => {
      const { dingtalk } = world.robots[name];
      // A chat for each row; groups that the configuration names are shared.
      const conversationId = group ?? `cidRow${at}==`;
      const words = `row ${at} asks`;
      const saying = { senderStaffId: who, senderNick: who, conversationId, text: words };
      await dingtalk.say(group === null ? saying : { ...saying, kind: "group" });
      const sends = () => dingtalk.sends().filter((send) => send.chat === conversationId);
      const questions = () => world.gateway.asked.filter(({ text }) => text.includes(words));
      if (typeof expected === "object") {
        await until(`a question of ${name}, not ${JSON.stringify(sends())}`, () => questions()[0]);
        expect(questions()).toHaveLength(1);
        const peer = group === null ? `user:${who}` : `group:${group}`;
        const own = expected.user === undefined ? "" : `:user:${expected.user}`;
        const session = `agent:${expected.agent}:dingtalk:${peer}${own}`;
        // Several robots know the same people: the later ones have a suffix.
        expect(questions()[0]?.session.replace(/~\d+$/, "")).toBe(session);
        expect(questions()[0]?.headers["x-openclaw-agent-id"]).toBe(expected.agent);
        return;
      }
      if (expected === "pairing") {
        // The code stands for the person.
        const code = () => sends().find((send) => /\/approve [A-Z2-9]{8}/.test(textOf(send)));
        await until("a code", code);
        expect(questions()).toEqual([]);
        return;
      }
      const denied = () => sends().find((send) => textOf(send).includes(`\`${who}\``));
      const said = textOf(await until(`a denial of ${name}`, denied));
      if (group !== null) expect(said).toContain(group);
      expect(said).toContain(firstWords(expected));
      expect(questions()).toEqual([]);
    },
  );

  test("a denial is told once a minute to each person in each chat, and never reaches the gateway", async () => {
    const { dingtalk } = world.robots.disabled;
    const say = async (who: string, text: string) =>
      await dingtalk.say({ senderStaffId: who, conversationId: "cidQuiet==", text });
    await say("insistent", "let me in");
    await until("the denial", () => dingtalk.sends().some(({ chat }) => chat === "cidQuiet=="));
    await say("insistent", "please");
    await say("insistent", "PLEASE");
    await say("another", "me too");
    const sends = () => dingtalk.sends().filter(({ chat }) => chat === "cidQuiet==");
    await until("the other's denial", () =>
      sends().some((send) => textOf(send).includes("another")),
    );
    expect(sends()).toHaveLength(2);
    expect(world.gateway.asked.some(({ text }) => /let me in|please|me too/i.test(text))).toBe(
      false,
    );
  });

  test("no two chats share a session, whatever robots and people they have in common", () => {
    const owners = new Map<string, Set<string>>();
    for (const { session, text } of world.gateway.asked) {
      const row = TABLE[Number(/row (\d+) asks/.exec(text)?.[1] ?? -1)];
      if (row === undefined) continue;
      const [name, who, group] = row;
      const chat = `${name} ${group ?? who}`;
      const folded = session.toLowerCase();
      owners.set(folded, (owners.get(folded) ?? new Set()).add(chat));
    }
    expect(owners.size).toBeGreaterThan(10);
    for (const [session, chats] of owners) expect([session, ...chats]).toHaveLength(2);
  });
});

/** What a denial says first, whoever it is told to. */
function firstWords(denial: Denial): string {
  const said = DESK_TEXTS.zh.denied(denial, []);
  return said.split(/[。\n]/)[0] ?? said;
}
