import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { claimOf, type Asker, type Chat } from "../../../src/core/inbound/session.ts";
import { COMMANDS, ROLES } from "../../../src/core/access/model.ts";
import { accessTo, asker, choice, direct, grant, group } from "./_access.ts";

/** Few ids, so that lists and people meet; some that only a careless look-up would find. */
const USERS = ["u1", "u2", "U1", "$:LWCP:x", "*", "constructor", "cidA"];
const CHATS = ["cidA", "cidB", "cida", "*", "u1", "toString"];

const user = fc.constantFrom(...USERS);
const cid = fc.constantFrom(...CHATS);
const role = fc.constantFrom(...ROLES);
const users = fc.array(user, { maxLength: 3 });
const optional = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] });

const someone: fc.Arbitrary<Asker> = fc.oneof(
  fc.uniqueArray(user, { minLength: 1, maxLength: 2 }).map((ids) => asker(...ids)),
  fc.constant(asker()),
);
/** Somebody, and the chat they write in. */
const arrival: fc.Arbitrary<{ chat: Chat; from: Asker }> = fc.oneof(
  fc.record({ chat: cid.map(group), from: someone }),
  someone
    .filter(({ userId }) => userId !== "")
    .map((from) => ({ chat: direct(from.userId), from })),
);

/** Agents named for a person or a chat, for a role, for a kind of chat; all others are the account's. */
const NAMED: fc.Arbitrary<string> = fc.constantFrom("named-1", "named-2");

const group1 = optional({
  enabled: fc.boolean(),
  allowFrom: users,
  agentId: NAMED,
  sessionScope: fc.constantFrom("group", "sender"),
});
const commands = fc.subarray([...COMMANDS]);

const anyBlock = optional({
  dmPolicy: fc.constantFrom("open", "pairing", "allowlist", "disabled"),
  groupPolicy: fc.constantFrom("open", "allowlist", "disabled"),
  allowFrom: users,
  groupAllowFrom: users,
  owners: users,
  members: users,
  users: fc.dictionary(user, optional({ role, agentId: NAMED })),
  roles: optional({
    // Of others than guests: no guest may get there.
    owner: optional({ agentId: fc.constant("owners-only"), commands }),
    member: optional({ agentId: fc.constant("members-only"), commands }),
    guest: optional({ agentId: NAMED, commands }),
  }),
  groups: fc.dictionary(cid, group1),
  agentId: fc.constant("account"),
  sessionScope: fc.constantFrom("group", "sender"),
  dmScope: fc.constantFrom("user", "main"),
});

const anySituation = fc.record({
  agents: optional({
    account: fc.constant("account-binding"),
    channel: fc.constant("channel-binding"),
    default: fc.constant("default"),
    direct: fc.dictionary(user, NAMED),
    group: fc.dictionary(cid, NAMED),
  }),
  grants: fc.array(
    fc.tuple(user, role).map(([id, role]) => grant(id, role)),
    { maxLength: 3 },
  ),
  choices: fc.array(
    fc
      .tuple(arrival, fc.constantFrom("named-1", "named-2", "account", "main", "chosen"))
      .map(([{ chat, from }, agentId]) => choice(chat, from.userId, agentId)),
    { maxLength: 4 },
  ),
});

type Block = (typeof anyBlock extends fc.Arbitrary<infer T> ? T : never) & {
  owners?: readonly string[];
};
type Situation = typeof anySituation extends fc.Arbitrary<infer T> ? T : never;

/** All agents that somebody has named for this guest, told apart from how they are looked for. */
function namedFor(block: Block, { agents }: Situation, chat: Chat, { userId, ids }: Asker) {
  const known = userId === "" ? [] : ids.filter((id) => id !== "*");
  const own = new Map(Object.entries(block.users ?? {}));
  const groups = new Map(Object.entries(block.groups ?? {}));
  const ofGroup = [
    chat.conversationId === "*" ? undefined : groups.get(chat.conversationId)?.agentId,
    groups.get("*")?.agentId,
    new Map(Object.entries(agents.group ?? {})).get(chat.conversationId),
  ];
  const direct = new Map(Object.entries(agents.direct ?? {}));
  const ofPerson = known.map((id) => own.get(id)?.agentId);
  const ofPeer = known.map((id) => direct.get(id));
  return [
    block.roles?.guest?.agentId,
    ...ofPerson,
    ...(chat.kind === "group" ? ofGroup : ofPeer),
  ].filter((agentId) => agentId !== undefined);
}

const holds = async <T extends [unknown, ...unknown[]]>(property: fc.IAsyncProperty<T>) =>
  await fc.assert(property, { numRuns: 1500 });

describe("whatever the configuration says,", () => {
  test("a guest of an owned robot talks to agents named for them only", async () => {
    let guests = 0;
    const owned = fc.record({ block: anyBlock, owner: fc.constantFrom("boss", "*") });
    await holds(
      fc.asyncProperty(owned, anySituation, arrival, async (config, situation, { chat, from }) => {
        const block = { ...config.block, owners: [...(config.block.owners ?? []), config.owner] };
        const access = await accessTo(block, situation);
        expect(access.unowned).toBe(false);
        const decision = access.decide(chat, from);
        if (!decision.allowed || decision.role !== "guest") return;
        guests++;
        expect(namedFor(block, situation, chat, from)).toContain(decision.agentId);
      }),
    );
    expect(guests).toBeGreaterThan(100);
  });

  test("no list that is empty lets anybody in, owners not into groups either", async () => {
    await holds(
      fc.asyncProperty(
        anyBlock,
        anySituation,
        arrival,
        async (block, situation, { chat, from }) => {
          const empty = { ...block, dmPolicy: "allowlist", allowFrom: [], members: [], users: {} };
          const groups = { "*": { allowFrom: [] } };
          for (const closed of [
            { ...empty, groupPolicy: "allowlist", groups: {} },
            { ...empty, groupPolicy: "allowlist", groups },
            { ...empty, groupPolicy: "open", groups },
            { ...empty, groupPolicy: "open", groups: {}, groupAllowFrom: [] },
          ]) {
            const access = await accessTo(closed, { ...situation, grants: [] });
            const decision = access.decide(chat, from);
            const isOwner = from.ids.some((id) => id !== "*" && block.owners?.includes(id));
            expect(decision.allowed).toBe(chat.kind === "direct" && isOwner);
          }
        },
      ),
    );
  });

  test("nobody is let in where a policy is disabled", async () => {
    await holds(
      fc.asyncProperty(
        anyBlock,
        anySituation,
        arrival,
        async (block, situation, { chat, from }) => {
          const disabled = { ...block, groupPolicy: "disabled", dmPolicy: "disabled" };
          expect((await accessTo(disabled, situation)).decide(chat, from)).toMatchObject({
            allowed: false,
            denial: chat.kind === "group" ? "groups-disabled" : "direct-disabled",
          });
        },
      ),
    );
  });

  test("the role decided by is the role somebody has, and brings its rights", async () => {
    await holds(
      fc.asyncProperty(
        anyBlock,
        anySituation,
        arrival,
        async (block, situation, { chat, from }) => {
          const access = await accessTo(block, situation);
          const decision = access.decide(chat, from);
          expect(decision.role).toBe(access.roleOf(chat, from));
          if (!decision.allowed) return;
          const own = block.roles?.[decision.role]?.commands;
          if (own !== undefined) expect(decision.rights.commands).toEqual(own);
        },
      ),
    );
  });

  test("two conversations never have one session", async () => {
    await holds(
      fc.asyncProperty(
        anyBlock,
        anySituation,
        fc.array(arrival, { minLength: 2, maxLength: 8 }),
        fc.boolean(),
        async (block, situation, arrivals, aside) => {
          const access = await accessTo(block, situation);
          const conversations = new Map<string, unknown>();
          for (const { chat, from } of arrivals) {
            const scope = access.scopeOf(chat, from, access.roleOf(chat, from));
            const alone = chat.kind === "group" && access.settings(chat).sessionScope === "sender";
            const { owner } = claimOf("main", aside ? { ...scope, aside } : scope);
            const conversation = {
              kind: chat.kind,
              id: chat.kind === "direct" ? chat.userId : chat.conversationId,
              whose: alone ? from.userId : "all",
              // Made an owner, somebody goes on in another session.
              main: scope.main === true,
            };
            expect(conversations.get(owner) ?? conversation).toEqual(conversation);
            conversations.set(owner, conversation);
          }
          const distinct = new Set([...conversations.values()].map((each) => JSON.stringify(each)));
          expect(distinct.size).toBe(conversations.size);
        },
      ),
    );
  });
});
