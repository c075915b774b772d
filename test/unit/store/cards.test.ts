import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import type { CardText, Message } from "../../../src/core/message.ts";
import type { Reply, Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { USAGE, words } from "../../support/fake-messages.ts";
import {
  HOUR,
  NOW,
  SESSION,
  chat,
  group,
  headOf,
  message,
  reply,
  settled,
  stored,
  submissionOf,
  temporaryFile,
  waitingIn,
} from "./_store.ts";

const lastText = (outTrackId: string, text = "the end"): CardText => ({
  format: "card",
  outTrackId,
  text,
});
const closing = (outTrackId: string): Reply => ({ chat, message: lastText(outTrackId) });

async function opened(store: Store, ...ids: readonly string[]): Promise<void> {
  for (const [at, outTrackId] of ids.entries()) {
    await store.cardOpened({ outTrackId, chat }, NOW + at);
  }
}

const openIn = async (store: Store) =>
  (await store.openCards("default")).map(({ outTrackId }) => outTrackId);

describe("Store.openCards()", () => {
  test("are those an earlier process left, the oldest first, each with its chat", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await before.cardOpened({ outTrackId: "z", chat: group }, NOW + 1);
    await before.cardOpened({ outTrackId: "a", chat }, NOW + 1);
    await before.cardOpened({ outTrackId: "m", chat }, NOW);
    before.close();
    const after = openSqliteStore(file);
    await after.prune(NOW + 1000 * 24 * HOUR);
    expect(await after.openCards("default")).toEqual([
      { outTrackId: "m", chat },
      { outTrackId: "z", chat: group },
      { outTrackId: "a", chat },
    ]);
    after.close();
  });

  test("are an account's own", async () => {
    const store = openSqliteStore(":memory:");
    await opened(store, "a");
    const others = { ...chat, account: "other" };
    await store.cardOpened({ outTrackId: "b", chat: others }, NOW);
    expect(await openIn(store)).toEqual(["a"]);
    expect(await store.openCards("other")).toEqual([{ outTrackId: "b", chat: others }]);
    expect(await store.openCards("third")).toEqual([]);
  });

  test("are none that never came about, and each one once", async () => {
    const store = openSqliteStore(":memory:");
    await opened(store, "a", "b", "b");
    await store.cardGone("a");
    await store.cardGone("never");
    expect(await openIn(store)).toEqual(["b"]);
  });
});

describe("a card's last text", () => {
  test("closes it when its turn is settled, and no other", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 2);
    await opened(store, "a", "b");
    await settled(store, [reply("in words")]);
    expect(await openIn(store)).toEqual(["a", "b"]);
    await settled(store, [reply("a file"), closing("a")]);
    expect(await openIn(store)).toEqual(["b"]);
    expect(await waitingIn(store)).toEqual(["in words", "a file", "the end"]);
  });

  test("leaves it open when the turn had been settled before", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const id = (await store.nextTurns(SESSION, 1))[0]?.id ?? 0;
    await store.settle([id], [], NOW);
    await opened(store, "a");
    await store.settle([id], [closing("a")], NOW);
    expect(await openIn(store)).toEqual(["a"]);
  });

  test("closes it together with the turn, or not at all", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await stored(store, 1);
    await opened(store, "a");
    const other = new DatabaseSync(file);
    other.exec(
      `CREATE TRIGGER obstacle BEFORE INSERT ON outbox WHEN new.message LIKE '%bad%'
       BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    other.close();
    const failed = await settled(store, [closing("a"), reply("bad")]).catch(() => "failed");
    expect(failed).toBe("failed");
    expect(await openIn(store)).toEqual(["a"]);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 0 });
    store.close();
  });

  test("closes it by whatever way it enters the outbox", async () => {
    const store = openSqliteStore(":memory:");
    await store.takeIn([message(0)], [], USAGE);
    await opened(store, "a", "b", "c");
    await store.notify(SESSION, closing("a"), NOW, NOW);
    await store.submit(submissionOf("s", [{ ...closing("b"), targets: ["user:staff1"] }]), 9, NOW);
    expect(await openIn(store)).toEqual(["c"]);
  });

  test("comes back whole from the outbox, and can become a message in words", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    const instead = words("what the card was to say");
    const whole: Message = { ...lastText("a", "# end"), key: "k1", instead };
    await settled(store, [{ chat, message: whole }, reply("after it")]);
    const head = await headOf(store);
    expect(head.message).toEqual(whole);
    await store.sending(head, "api", USAGE, NOW);
    await store.merge([head.id], instead);
    // What is on its way, if anything, is the card and not these words.
    expect(await store.leftSending("default")).toBe(0);
    expect(await waitingIn(store)).toEqual(["what the card was to say", "after it"]);
    expect(await headOf(store)).toMatchObject({ id: head.id, attempts: 0, createdAt: NOW });
  });

  test("costs a call, but is no new message that a minute's limit counts", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await settled(store, [closing("a"), reply("in words")]);
    for (const entry of await store.nextReplies(chat, 2)) {
      await store.sending(entry, "api", USAGE, NOW + entry.id);
    }
    const [, inWords] = await store.nextReplies(chat, 2);
    expect(await store.recentSends(chat, 0)).toEqual([NOW + (inWords?.id ?? 0)]);
    expect((await store.usage(USAGE)).api).toBe(2);
  });

  test("is what a quote of the card says", async () => {
    const store = openSqliteStore(":memory:");
    await stored(store, 1);
    await settled(store, [closing("a")]);
    await store.sent(await headOf(store), { key: "k1" }, NOW);
    expect(await store.sentText("default", "k1")).toBe("the end");
  });
});

describe("Store.settleCards()", () => {
  test("puts the last texts into the outbox, and the cards are closed", async () => {
    const file = temporaryFile();
    const before = openSqliteStore(file);
    await opened(before, "a", "b", "c");
    before.close();
    const after = openSqliteStore(file);
    await after.settleCards([closing("a"), closing("b")], NOW + 5);
    expect(await openIn(after)).toEqual(["c"]);
    expect((await after.nextReplies(chat, 9)).map((entry) => entry.message)).toEqual([
      lastText("a"),
      lastText("b"),
    ]);
    expect(await headOf(after)).toMatchObject({ createdAt: NOW + 5, notBefore: NOW + 5 });
    after.close();
  });

  test("does all of it or nothing", async () => {
    const file = temporaryFile();
    const store = openSqliteStore(file);
    await opened(store, "a", "b");
    const other = new DatabaseSync(file);
    other.exec(
      `CREATE TRIGGER obstacle BEFORE DELETE ON cards WHEN old.out_track_id = 'b'
       BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    other.close();
    const replies = [closing("a"), closing("b")];
    expect(await store.settleCards(replies, NOW).catch(() => "failed")).toBe("failed");
    expect(await openIn(store)).toEqual(["a", "b"]);
    expect((await store.counts()).outbox).toBe(0);
    store.close();
  });
});
