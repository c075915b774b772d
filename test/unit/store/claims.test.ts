import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { claimOf, foldedKey, type Chat, type Scope } from "../../../src/core/inbound/session.ts";
import type { Arrival, Place, Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import { NOW, SESSION, chat, group, kindsOf, message, temporaryFile } from "./_store.ts";

const person = (userId: string, account = "default"): Chat => ({
  account,
  kind: "direct",
  conversationId: `cid of ${userId}`,
  userId,
});
const groupOf = (conversationId: string): Chat => ({ ...group, conversationId });
const placeOf = (scope: Scope, agent = "main") => claimOf(agent, scope);

let next = 0;
/** A message of its own for each call. */
function arrival(of: Chat, place: Place = placeOf({ chat: of }), fields: object = {}): Arrival {
  return { ...message(++next), chat: of, place, ...fields };
}

async function sessionsOf(store: Store, arrivals: readonly Arrival[]): Promise<string[]> {
  return (await store.takeIn(arrivals, [], USAGE)).map(({ session }) => session);
}

const direct = (user: string) => `agent:main:dingtalk:user:${user}`;
const inGroup = (rest: string) => `agent:main:dingtalk:group:${rest}`;

describe("Store.takeIn(), which session", () => {
  test("is the wanted one, byte for byte, and the lane its messages wait in", async () => {
    const store = openSqliteStore(":memory:");
    expect(await sessionsOf(store, [arrival(person("Üser 1%"))])).toEqual([direct("Üser 1%")]);
    expect(await store.nextTurns(direct("Üser 1%"), 9)).toHaveLength(1);
  });

  test("is another one where only the case differs, the same one ever after", async () => {
    const file = temporaryFile();
    let store = openSqliteStore(file);
    const people = ["u1", "U1", "u1", "U1", "u2"].map((user) => person(user));
    const expected = ["u1", "U1~2", "u1", "U1~2", "u2"].map(direct);
    // Within one batch, from what is known by heart, and from the file.
    expect(
      await sessionsOf(
        store,
        people.map((each) => arrival(each)),
      ),
    ).toEqual(expected);
    expect(
      await sessionsOf(
        store,
        people.map((each) => arrival(each)),
      ),
    ).toEqual(expected);
    store.close();
    store = openSqliteStore(file);
    const backwards = people.toReversed().map((each) => arrival(each));
    expect(await sessionsOf(store, backwards)).toEqual(expected.toReversed());
    store.close();
  });

  test("passes over suffixed keys that are somebody's real name", async () => {
    const store = openSqliteStore(":memory:");
    const arrivals = ["u1~2", "u1", "U1"].map((user) => arrival(person(user)));
    expect(await sessionsOf(store, arrivals)).toEqual(["u1~2", "u1", "U1~3"].map(direct));
    // And the other way round: the suffix was there first.
    const later = ["v1", "V1", "v1~2"].map((user) => arrival(person(user)));
    expect(await sessionsOf(store, later)).toEqual(["v1", "V1~2", "v1~2~2"].map(direct));
  });

  test("is never shared by what only looks the same: members, asides, groups, accounts", async () => {
    const store = openSqliteStore(":memory:");
    const cid = groupOf("cid");
    const arrivals = [
      arrival(cid, placeOf({ chat: cid, member: "u1" })),
      arrival(groupOf("cid:user:u1")),
      arrival(cid, placeOf({ chat: cid, aside: true })),
      arrival(groupOf("cid:btw")),
      arrival(person("u1")),
      arrival(person("u1", "second")),
      arrival(person("u1"), placeOf({ chat: person("u1"), main: true })),
      arrival(person("u2"), placeOf({ chat: person("u2"), main: true })),
      arrival(person("u1"), placeOf({ chat: person("u1") }, "other")),
    ];
    expect(await sessionsOf(store, arrivals)).toEqual([
      inGroup("cid:user:u1"),
      inGroup("cid:user:u1~2"),
      inGroup("cid:btw"),
      inGroup("cid:btw~2"),
      direct("u1"),
      direct("u1~2"),
      "agent:main:main",
      "agent:main:main~2",
      "agent:other:dingtalk:user:u1",
    ]);
  });

  test("is one lane for one agent whose name is written in two ways", async () => {
    const store = openSqliteStore(":memory:");
    const chats = ["main", "Main"].map((agent) => arrival(chat, placeOf({ chat }, agent)));
    expect(await sessionsOf(store, chats)).toEqual([SESSION, SESSION]);
  });

  test("stays a person's when their direct chat gets another conversation id", async () => {
    const store = openSqliteStore(":memory:");
    const moved = { ...chat, conversationId: "cidNew==" };
    expect(await sessionsOf(store, [arrival(chat), arrival(moved)])).toEqual([SESSION, SESSION]);
    expect(await store.chatByFoldedKey(SESSION)).toEqual({ ...moved, session: SESSION });
    expect(await sessionsOf(store, [arrival(chat)])).toEqual([SESSION]);
    expect(await store.chatByFoldedKey(SESSION)).toEqual({ ...chat, session: SESSION });
  });

  test("is given to nobody by a batch that was not committed", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    const other = new DatabaseSync(file);
    other.exec(
      "CREATE TRIGGER obstacle BEFORE INSERT ON quarantine BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    const bad = { account: "default", reason: "r", data: "d", receivedAt: NOW };
    const failed = await store.takeIn([arrival(person("U1"))], [bad], USAGE).catch(() => "failed");
    expect(failed).toBe("failed");
    expect(await store.chatByFoldedKey(direct("u1"))).toBeUndefined();
    expect(await sessionsOf(store, [arrival(person("u1")), arrival(person("U1"))])).toEqual([
      direct("u1"),
      direct("U1~2"),
    ]);
    other.close();
    store.close();
  });

  test("is settled between two processes by who came first", async () => {
    const file = temporaryFile();
    const [one, two] = [openSqliteStore(file), openSqliteStore(file)];
    expect(await sessionsOf(one, [arrival(person("u1"))])).toEqual([direct("u1")]);
    expect(await sessionsOf(two, [arrival(person("U1"))])).toEqual([direct("U1~2")]);
    expect(await sessionsOf(one, [arrival(person("U1"))])).toEqual([direct("U1~2")]);
    one.close();
    two.close();
  });

  test("is told of known messages too, which change nothing", async () => {
    const store = openSqliteStore(":memory:");
    const first = arrival(chat);
    const moved = { ...chat, conversationId: "cidNew==" };
    await store.takeIn([first, arrival(moved)], [], USAGE);
    const again = await store.takeIn([first, { ...first, msgId: "renamed" }], [], USAGE);
    expect(again).toEqual([
      { kind: "duplicate-id", session: SESSION },
      { kind: "duplicate-content", session: SESSION },
    ]);
    expect(await store.chatByFoldedKey(SESSION)).toMatchObject(moved);
  });
});

describe("Store.takeIn(), for the desk", () => {
  const desk = { desk: "desk:default:staff1" };

  test("is a lane like another, but no chat's session", async () => {
    const store = openSqliteStore(":memory:");
    expect(await store.takeIn([arrival(chat, desk)], [], USAGE)).toEqual([
      { kind: "stored", session: desk.desk },
    ]);
    expect(await store.sessionsWaiting("default")).toEqual([desk.desk]);
    expect(await store.nextTurns(desk.desk, 9)).toHaveLength(1);
    expect(await store.chatByFoldedKey(foldedKey(desk.desk))).toBeUndefined();
    expect(await store.directChat("default", "staff1")).toBeUndefined();
  });

  test("leaves the chat's notices alone when it has answered", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([arrival(chat), arrival(chat, desk)], [], USAGE);
    const notice = { chat, message: { format: "text" as const, title: "", parts: [] } };
    expect(await store.notify(SESSION, notice, NOW, NOW)).toBe(true);
    const [atDesk] = await store.nextTurns(desk.desk, 1);
    await store.settle([atDesk?.id ?? 0], [notice], NOW);
    expect((await store.nextReplies(chat, 9)).map((entry) => entry.notice)).toEqual([true, false]);
    const [inSession] = await store.nextTurns(SESSION, 1);
    await store.settle([inSession?.id ?? 0], [], NOW);
    expect((await store.nextReplies(chat, 9)).map((entry) => entry.notice)).toEqual([false]);
  });

  test("knows its messages again", async () => {
    const store = openSqliteStore(":memory:");
    const first = arrival(chat, desk);
    expect(await kindsOf(store.takeIn([first, first], [], USAGE))).toEqual([
      "stored",
      "duplicate-id",
    ]);
  });
});

describe("Store.chatByFoldedKey(), of claims", () => {
  test("finds suffixed sessions and those of members, each with its notices", async () => {
    const store = openSqliteStore(":memory:");
    const members = ["u1", "U1"].map((member) => arrival(group, placeOf({ chat: group, member })));
    const sessions = await sessionsOf(store, [
      ...["a", "A"].map((user) => arrival(person(user))),
      ...members,
    ]);
    expect(new Set(sessions.map(foldedKey)).size).toBe(4);
    const chats = [person("a"), person("A"), group, group];
    for (const [at, session] of sessions.entries()) {
      const found = await store.chatByFoldedKey(foldedKey(session));
      const member = [undefined, undefined, "u1", "U1"][at];
      const whose = member === undefined ? {} : { member };
      expect(found).toEqual({ ...(chats[at] ?? chat), session, ...whose });
      const notice = { chat, message: { format: "text" as const, title: "", parts: [] } };
      expect(await store.notify(session, notice, NOW, NOW)).toBe(true);
      expect(await store.notify(session, notice, NOW, NOW)).toBe(false);
    }
  });
});

/** Ids made of what could be mistaken for something else. */
const piece = fc.oneof(
  fc.constantFrom("a", "A", ":user:", ":group:", ":btw", "~2", "~", ":", "%", "%61", "é", "É"),
  fc.constantFrom(
    "e\u0301",
    "ß",
    "İ",
    "ı",
    "K",
    "k",
    "\u212a",
    " ",
    "\u0000",
    "\n",
    '"',
    "\\",
    "]",
  ),
  fc.constantFrom("\ud800", "\udc00", "\ufffd", "😀", "main"),
  fc.string({ unit: "binary", maxLength: 2 }),
);
const id = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
const scope: fc.Arbitrary<Scope> = fc
  .record({
    account: fc.constantFrom("default", "Default"),
    id,
    userless: fc.boolean(),
    kind: fc.constantFrom("direct" as const, "group" as const),
    member: fc.option(id, { nil: undefined }),
    aside: fc.constantFrom(undefined, true as const),
    main: fc.constantFrom(undefined, undefined, true as const),
  })
  .map(({ account, id: peer, userless, kind, member, aside, main }) => ({
    chat: {
      account,
      kind,
      conversationId: peer,
      userId: kind === "direct" && !userless ? peer : undefined,
    },
    member: kind === "group" ? member : undefined,
    aside,
    main,
  }));

test("two conversations never have one session, and each keeps its own, also over restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(scope, { minLength: 2, maxLength: 12 }), async (scopes) => {
      const file = temporaryFile();
      const keys = new Map<string, string>();
      const owners = new Map<string, string>();
      for (const order of [scopes, scopes.toReversed(), scopes]) {
        const store = openSqliteStore(file);
        const half = order.length >> 1;
        for (const batch of [order.slice(0, half), order.slice(half)]) {
          const claims = batch.map((each) => placeOf(each));
          const arrivals = batch.map((each, at) => arrival(each.chat, claims[at]));
          const sessions = await sessionsOf(store, arrivals);
          for (const [at, session] of sessions.entries()) {
            const key = foldedKey(session);
            const { wanted = "", owner = "" } = claims[at] ?? {};
            // One owner has several only where what it wants differs.
            expect(keys.get(`${owner}\n${wanted}`) ?? key).toBe(key);
            expect(owners.get(key) ?? owner).toBe(owner);
            keys.set(`${owner}\n${wanted}`, key);
            owners.set(key, owner);
            expect((await store.chatByFoldedKey(key))?.session).toBe(session);
          }
        }
        store.close();
      }
    }),
    { numRuns: 150 },
  );
}, 60_000);
