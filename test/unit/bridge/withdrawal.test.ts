import { describe, expect, test } from "bun:test";
import { createWithdrawal } from "../../../src/core/bridge/withdrawal.ts";
import { createStops } from "../../../src/core/desk/stops.ts";
import { reasonOf } from "../../../src/core/log.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { USAGE, arrivalOf, groupData } from "../../support/fake-messages.ts";

const LATER = 1_000_000;

/** A group where people have written, and one of them takes back what they wrote. */
async function group(writers: readonly string[], broken: Partial<Store> = {}) {
  const store = openSqliteStore(":memory:");
  const stops = createStops();
  const done: string[] = [];
  const woken: string[] = [];
  const arrivals = writers.map((senderStaffId, at) =>
    arrivalOf(groupData({ senderStaffId, msgId: `msg${at + 1}`, createAt: at })),
  );
  const [arrival] = arrivals;
  if (arrival === undefined) throw new Error("nobody has written");
  await store.takeIn(arrivals, [], USAGE);
  const withdraw = createWithdrawal({
    store: { ...store, ...broken },
    stops,
    clock: createFakeClock(),
    log: createFakeLog(),
    onFilesDone: async ({ msgId }) => void done.push(msgId),
    onWithdrawn: (session) => void woken.push(session),
  });
  const { chat, session } = arrival;
  return {
    store,
    stops,
    done,
    woken,
    chat,
    session,
    by: (userId: string, id = LATER) =>
      withdraw({ id, asker: { userId, ids: [userId], nick: undefined }, chat }, session),
    waiting: async () => await store.nextTurns(session, 9),
    names: async () => (await store.nextTurns(session, 9)).map(({ msgId }) => msgId),
  };
}

describe("createWithdrawal()", () => {
  test("takes back all that this person has waiting, and nothing of the others", async () => {
    const { by, names, stops, done, woken, waiting, session } = await group(["a", "b", "a"]);
    const [first] = await waiting();
    expect(await by("a")).toBe(2);
    expect(await names()).toEqual(["msg2"]);
    expect(done).toEqual(["msg1", "msg3"]);
    expect(woken).toEqual([session]);
    // Whoever has read it from the inbox before knows it too.
    expect(stops.isWithdrawn(first?.id ?? 0)).toBe(true);
  });

  test("leaves what they have written after that", async () => {
    const { by, names, waiting } = await group(["a", "a"]);
    expect(await by("a", (await waiting())[1]?.id)).toBe(1);
    expect(await names()).toEqual(["msg2"]);
  });

  test("leaves what a turn is at work on: that ends by itself", async () => {
    const { by, names, waiting, stops, chat, session } = await group(["a", "a"]);
    const ids = (await waiting()).slice(0, 1).map(({ id }) => id);
    const rest = { asker: "a", isWelcome: () => true, cards: () => [] };
    const turn = stops.begin({ session, ids, chat, ...rest });
    expect(await by("a")).toBe(1);
    expect(await names()).toEqual(["msg1"]);
    expect(turn.signal.aborted).toBe(false);
  });

  test("what was asked already is left to its turn, which is to end", async () => {
    const { by, names, waiting, store, stops, done, woken, session } = await group(["a"]);
    const [entry] = await waiting();
    await store.asking([entry?.id ?? 0], { text: "a question", at: 1 });
    expect(await by("a")).toBe(1);
    expect(await names()).toEqual(["msg1"]);
    expect(stops.isWithdrawn(entry?.id ?? 0)).toBe(true);
    expect(done).toEqual([]);
    expect(woken).toEqual([session]);
  });

  test.each(["b", ""])("nothing waits of %p", async (who) => {
    const { by, names, woken } = await group(["a", ""]);
    expect(await by(who)).toBe(0);
    expect(await names()).toHaveLength(2);
    expect(woken).toEqual([]);
  });

  test("what the store does not let go will be asked", async () => {
    const settle = () => Promise.reject(new Error("disk full"));
    const { by, names, stops, waiting } = await group(["a"], { settle });
    const [entry] = await waiting();
    expect(await by("a").catch(reasonOf)).toBe("disk full");
    expect(await names()).toEqual(["msg1"]);
    expect(stops.isWithdrawn(entry?.id ?? 0)).toBe(false);
  });
});
