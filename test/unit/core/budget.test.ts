import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createBudget, monthOf } from "../../../src/core/budget.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { arrivalOf, robotData, words } from "../../support/fake-messages.ts";

const HOUR = 3_600_000;

/** A budget of 100 API calls and 10 pushes a month. */
function spending(start = "2023-11-15T04:00:00Z", store: Store = openSqliteStore(":memory:")) {
  const clock = createFakeClock(Date.parse(start));
  const log = createFakeLog();
  const open = () =>
    createBudget({ account: "default", limits: { api: 100, stream: 10 }, store, clock, log });
  const budget = open();
  let next = 0;
  const push = async (count: number) => {
    const arrivals = Array.from({ length: count }, () => {
      next++;
      return arrivalOf(robotData({ msgId: `${clock.now()} ${next}`, createAt: next }));
    });
    await store.takeIn(arrivals, [], budget.current());
  };
  const { chat, session } = arrivalOf(robotData());
  /** Sends by the OpenAPI; needs a message to answer. */
  const call = async (count: number) => {
    const id = (await store.nextTurns(session, 1))[0]?.id ?? 0;
    await store.settle([id], [{ chat, message: words("x") }], clock.now());
    const [entry] = await store.nextReplies(chat, 1);
    if (entry === undefined) throw new Error("nothing to send");
    for (let at = 0; at < count; at++) {
      await store.sending(entry, "api", budget.current(), clock.now());
    }
  };
  const warned = () => log.entries.filter(({ level }) => level === "warn").map((e) => e.fields);
  return { budget, open, store, clock, log, push, call, warned };
}

describe("monthOf()", () => {
  test.each([
    ["2023-10-31T15:59:59.999Z", "2023-10"],
    ["2023-10-31T16:00:00.000Z", "2023-11"],
    ["2023-12-31T15:59:59.999Z", "2023-12"],
    ["2023-12-31T16:00:00.000Z", "2024-01"],
    ["2024-02-29T15:59:59.999Z", "2024-02"],
    ["2024-02-29T16:00:00.000Z", "2024-03"],
    ["2024-06-15T00:00:00.000Z", "2024-06"],
  ])("in China %s lies in %s", (time, month) => {
    expect(monthOf(Date.parse(time))).toBe(month);
  });

  test("is what a calendar in Shanghai says, at any time", () => {
    const shanghai = new Intl.DateTimeFormat("en-CA", {
      timeZone: "Asia/Shanghai",
      year: "numeric",
      month: "2-digit",
    });
    const min = Date.parse("2020-01-01T00:00:00Z");
    const max = Date.parse("2040-01-01T00:00:00Z");
    fc.assert(
      fc.property(fc.integer({ min, max }), (now) => {
        expect(monthOf(now)).toBe(shanghai.format(now));
      }),
    );
  });
});

describe("Budget.current()", () => {
  test("names the month as time goes by", async () => {
    const { budget, clock } = spending("2023-12-31T15:59:59Z");
    expect(budget.current()).toEqual({ account: "default", month: "2023-12" });
    await clock.advance(1000);
    expect(budget.current()).toEqual({ account: "default", month: "2024-01" });
  });
});

describe("Budget.check()", () => {
  test("warns when four fifths are gone, not before", async () => {
    const { budget, push, warned } = spending();
    await push(7);
    await budget.check();
    expect(warned()).toEqual([]);
    await push(1);
    await budget.check();
    expect(warned()).toEqual([{ used: 8, limit: 10, setting: "budget.stream", month: "2023-11" }]);
  });

  test("warns once a month and quota, whatever comes after, restarts too", async () => {
    const { budget, open, push, call, warned } = spending();
    await push(9);
    for (let at = 0; at < 3; at++) await budget.check();
    await open().check();
    await push(5);
    await open().check();
    expect(warned()).toHaveLength(1);
    await call(80);
    await budget.check();
    await open().check();
    expect(warned().map(({ setting }) => setting)).toEqual(["budget.stream", "budget.apiCalls"]);
  });

  test("begins anew with the month in China", async () => {
    const { budget, push, clock, warned } = spending("2023-11-30T15:00:00Z");
    await push(9);
    await budget.check();
    await clock.advance(HOUR);
    await budget.check();
    expect(warned()).toHaveLength(1);
    expect((await budget.status()).stream).toEqual({ used: 0, limit: 10 });
    await push(8);
    await budget.check();
    expect(warned().map(({ month }) => month)).toEqual(["2023-11", "2023-12"]);
  });

  test("says nothing of what is far from its end", async () => {
    const { budget, warned, log } = spending();
    await budget.check();
    expect(warned()).toEqual([]);
    expect(log.entries).toEqual([]);
  });

  test("keeps accounts apart", async () => {
    const { store, push, clock, log } = spending();
    await push(9);
    const limits = { api: 100, stream: 10 };
    const other = createBudget({ account: "other", limits, store, clock, log });
    await other.check();
    expect(log.entries).toEqual([]);
    expect((await other.status()).stream.used).toBe(0);
  });

  test("passes on that the store does not work, and warns later", async () => {
    const { store, push, clock, log, warned } = spending();
    await push(9);
    let broken = true;
    const budget = createBudget({
      account: "default",
      limits: { api: 100, stream: 10 },
      store: {
        ...store,
        setNote: (key, value) =>
          broken ? Promise.reject(new Error("disk full")) : store.setNote(key, value),
      },
      clock,
      log,
    });
    expect(await budget.check().catch((error: unknown) => error)).toBeInstanceOf(Error);
    broken = false;
    await budget.check();
    expect(warned()).toHaveLength(1);
  });
});

describe("Budget.quota()", () => {
  const errors = (log: ReturnType<typeof createFakeLog>) =>
    log.entries.filter(({ level }) => level === "error");

  test("is told loudly, once an hour as long as it goes on", async () => {
    const { budget, clock, log } = spending();
    for (let minute = 0; minute < 180; minute++) {
      budget.quota(true);
      await clock.advance(60_000);
    }
    expect(errors(log)).toHaveLength(3);
    expect(errors(log)[0]?.message).toContain("quota");
  });

  test("is shown until the month ends", async () => {
    const { budget, clock } = spending("2023-11-30T14:00:00Z");
    expect((await budget.status()).overQuotaSince).toBeNull();
    const at = clock.now();
    budget.quota(true);
    expect((await budget.status()).overQuotaSince).toBe(at);
    await clock.advance(2 * HOUR - 1);
    expect((await budget.status()).overQuotaSince).toBe(at);
    await clock.advance(1);
    expect((await budget.status()).overQuotaSince).toBeNull();
  });

  test("says since when, not when last", async () => {
    const { budget, clock } = spending();
    const began = clock.now();
    budget.quota(true);
    await clock.advance(HOUR);
    budget.quota(true);
    expect((await budget.status()).overQuotaSince).toBe(began);
  });
});

describe("Budget.status()", () => {
  test("shows what is used of what there is", async () => {
    const { budget, push, call } = spending();
    await push(3);
    await call(2);
    expect(await budget.status()).toEqual({
      month: "2023-11",
      api: { used: 2, limit: 100 },
      stream: { used: 3, limit: 10 },
      overQuotaSince: null,
    });
  });
});

describe("what answers can do without", () => {
  test("goes in this order as the month's calls run out", async () => {
    const { budget, store } = spending();
    const call = async (count: number) => {
      for (let at = 0; at < count; at++) await store.spend(budget.current(), "api");
    };
    const allowed = async () => {
      await budget.check();
      return [budget.allows("reaction"), budget.allows("card")];
    };
    expect(await allowed()).toEqual([true, true]);
    await call(70);
    expect(await allowed()).toEqual([false, true]);
    await call(15);
    expect(await allowed()).toEqual([false, false]);
  });

  test("what is spent between two looks counts, and is stored", async () => {
    const { budget, store } = spending();
    await budget.check();
    for (let at = 0; at < 70; at++) await budget.spend();
    expect(budget.allows("reaction")).toBe(false);
    expect(await store.usage(budget.current())).toMatchObject({ api: 70 });
  });

  test("a new month gives them back", async () => {
    const { budget, clock, store } = spending();
    for (let at = 0; at < 90; at++) await store.spend(budget.current(), "api");
    await budget.check();
    expect(budget.allows("card")).toBe(false);
    await clock.advance(31 * 24 * HOUR);
    await budget.check();
    expect(budget.allows("card")).toBe(true);
  });

  test("a store that fails costs no call", async () => {
    const real = openSqliteStore(":memory:");
    const { budget } = spending(undefined, {
      ...real,
      spend: async () => {
        throw new Error("disk full");
      },
    });
    await budget.spend();
  });
});
