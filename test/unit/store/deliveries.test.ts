import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  deliveriesOf,
  headOf,
  statesOf,
  submitted,
  temporaryFile,
  toOne,
  toPeople,
} from "./_store.ts";

const people = toPeople().chat;
const refusedFor = (reason: string, ...userIds: readonly string[]) =>
  userIds.map((userId) => ({ userId, reason }));

async function withPeople(...userIds: readonly string[]): Promise<Store> {
  const store = openSqliteStore(":memory:");
  await submitted(store, "s1", toPeople(...userIds));
  return store;
}

describe("a delivery, when its message is sent", () => {
  test("has the key and what the way left out, over a restart", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await submitted(before, "s1", toOne("one"), toOne("two"));
    await before.sent(await headOf(before), { key: "k1", leftOut: ["@ mentions", "x"] }, NOW + 5);
    before.close();
    const after = openSqliteStore(file);
    expect(await statesOf(after, "s1")).toEqual(["user:staff1 sent k1", "user:staff1 queued"]);
    const [first, second] = await deliveriesOf(after, "s1");
    expect(first).toMatchObject({ leftOut: ["@ mentions", "x"], at: NOW + 5 });
    expect(second).toMatchObject({ leftOut: [], at: NOW });
    expect(await after.sentText("default", "k1")).toBe("one");
    after.close();
  });

  test("has no key where the way gives none", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"));
    await store.sent(await headOf(store), {}, NOW);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 sent"]);
  });

  test("failed for those of several whom DingTalk refused", async () => {
    const store = await withPeople("u1", "u2", "u3");
    const refused = refusedFor("left the company", "u2");
    await store.sent(await headOf(store, people), { key: "k1", refused }, NOW);
    expect(await statesOf(store, "s1")).toEqual([
      "user:u1 sent k1",
      "user:u2 failed left the company",
      "user:u3 sent k1",
    ]);
  });

  test("failed with the reason when it is given up, and the entry is none any more", async () => {
    const store = await withPeople("u1", "u2");
    const { id } = await headOf(store, people);
    await store.giveUp(id, "the app is disabled", NOW + 5);
    expect(await statesOf(store, "s1")).toEqual([
      "user:u1 failed the app is disabled",
      "user:u2 failed the app is disabled",
    ]);
    expect((await deliveriesOf(store, "s1")).map(({ at }) => at)).toEqual([NOW + 5, NOW + 5]);
    expect(await store.nextReplies(people, 9)).toEqual([]);
  });

  test("is the same when it is confirmed once more", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"));
    const head = await headOf(store);
    await store.sent(head, { key: "k1" }, NOW);
    await store.sent(head, { key: "k2", leftOut: ["x"] }, NOW + 9);
    await store.giveUp(head.id, "no", NOW + 9);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 sent k1"]);
    expect((await deliveriesOf(store, "s1"))[0]).toMatchObject({ leftOut: [], at: NOW });
  });

  test("is not touched by another message's end", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"));
    await submitted(store, "s2", toOne("two"));
    const [one, two] = await store.nextReplies(toOne("").chat, 2);
    if (two !== undefined) await store.sent(two, { key: "k2" }, NOW);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 queued"]);
    await store.giveUp(one?.id ?? 0, "no", NOW);
    expect(await statesOf(store, "s2")).toEqual(["user:staff1 sent k2"]);
  });
});

describe("Store.sentToSome()", () => {
  test("leaves the entry to the others, tried once more and not before its time", async () => {
    const store = await withPeople("u1", "u2", "u3", "u4");
    const first = await headOf(store, people);
    await store.sending(first, "api", USAGE, NOW);
    const delivered = { key: "k1", leftOut: ["x"], refused: refusedFor("gone", "u3") };
    await store.sentToSome(first, delivered, ["u2", "u4"], NOW + 60_000, NOW + 1);
    const second = await headOf(store, people);
    expect(second).toMatchObject({
      id: first.id,
      userIds: ["u2", "u4"],
      attempts: 1,
      notBefore: NOW + 60_000,
      message: first.message,
      submission: "s1",
    });
    expect(await statesOf(store, "s1")).toEqual([
      "user:u1 sent k1",
      "user:u2 queued",
      "user:u3 failed gone",
      "user:u4 queued",
    ]);
    expect(await store.sentText("default", "k1")).toBe("to all of you");
    // It is not on its way any more.
    expect(await store.leftSending("default")).toBe(0);

    await store.sent(second, { key: "k2", refused: refusedFor("late", "u4") }, NOW + 2);
    expect(await statesOf(store, "s1")).toEqual([
      "user:u1 sent k1",
      "user:u2 sent k2",
      "user:u3 failed gone",
      "user:u4 failed late",
    ]);
    const [one, two] = await deliveriesOf(store, "s1");
    expect([one?.leftOut, one?.at, two?.leftOut, two?.at]).toEqual([["x"], NOW + 1, [], NOW + 2]);
  });

  test("leaves to be given up or cancelled only those who have not got it", async () => {
    for (const end of ["failed", "recalled"]) {
      const store = await withPeople("u1", "u2");
      const head = await headOf(store, people);
      await store.sending(head, "api", USAGE, NOW);
      await store.sentToSome(head, { key: "k1" }, ["u2"], NOW, NOW);
      if (end === "failed") await store.giveUp(head.id, "no", NOW);
      else await store.cancel("s1", NOW);
      const [one, two] = await deliveriesOf(store, "s1");
      expect([one?.state, two?.state as string]).toEqual(["sent", end]);
      expect((await store.counts()).outbox).toBe(0);
    }
  });

  test("in any number of rounds ends for everybody as their own round said", async () => {
    const ids = ["a", "b", "aa", "user:a", "%", '"', "é", "中"];
    const rounds = fc.array(
      fc.array(fc.constantFrom("sent", "refused", "left"), {
        minLength: ids.length,
        maxLength: ids.length,
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(rounds, async (plan) => {
        const store = await withPeople(...ids);
        const expected = new Map<string, string>();
        let left = ids;
        for (const [round, fates] of plan.entries()) {
          const of = (fate: string) => left.filter((id) => fates[ids.indexOf(id)] === fate);
          const [sent, refused, later] = [of("sent"), of("refused"), of("left")];
          if (later.length === 0) break;
          for (const id of sent) expected.set(id, `sent k${round}`);
          for (const id of refused) expected.set(id, `failed r${round}`);
          const delivered = { key: `k${round}`, refused: refusedFor(`r${round}`, ...refused) };
          await store.sentToSome(await headOf(store, people), delivered, later, NOW, NOW);
          left = later;
        }
        const head = await headOf(store, people);
        expect(head.userIds).toEqual(left);
        await store.sent(head, { key: "last" }, NOW);
        expect(await statesOf(store, "s1")).toEqual(
          ids.map((id) => `user:${id} ${expected.get(id) ?? "sent last"}`),
        );
        store.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe("Store.recalled()", () => {
  test("is about one call: who got the message by another key still has it", async () => {
    const store = await withPeople("u1", "u2", "u3", "u4");
    const head = await headOf(store, people);
    const refused = refusedFor("gone", "u3");
    await store.sentToSome(head, { key: "k1", refused }, ["u4"], NOW, NOW);
    await store.sent(await headOf(store, people), { key: "k2" }, NOW);
    await store.recalled(head.id, "k1", NOW + HOUR);
    expect(await statesOf(store, "s1")).toEqual([
      "user:u1 recalled k1",
      "user:u2 recalled k1",
      "user:u3 failed gone",
      "user:u4 sent k2",
    ]);
    expect((await deliveriesOf(store, "s1")).map(({ at }) => at - NOW)).toEqual([HOUR, HOUR, 0, 0]);
  });

  test("happens once, and not to another message of the same key", async () => {
    const store = openSqliteStore(":memory:");
    await submitted(store, "s1", toOne("one"), toOne("two"));
    const [one, two] = await store.nextReplies(toOne("").chat, 2);
    for (const entry of [one, two]) {
      if (entry !== undefined) await store.sent(entry, { key: "k1" }, NOW);
    }
    await store.recalled(one?.id ?? 0, "k1", NOW + 1);
    await store.recalled(one?.id ?? 0, "k1", NOW + 2);
    await store.recalled(two?.id ?? 0, "other", NOW + 3);
    expect(await statesOf(store, "s1")).toEqual(["user:staff1 recalled k1", "user:staff1 sent k1"]);
    expect((await deliveriesOf(store, "s1"))[0]?.at).toBe(NOW + 1);
  });
});
