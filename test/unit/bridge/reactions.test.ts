import { describe, expect, test } from "bun:test";
import { createReactions } from "../../../src/core/bridge/reactions.ts";
import { createCounters } from "../../../src/core/counters.ts";
import type { SendResult } from "../../../src/core/dingtalk/errors.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

const TO = { conversationId: "cid", msgId: "msg1" };
const OK: SendResult = { ok: true };
const BUSY: SendResult = { ok: false, failure: "retry", reason: "busy" };
const DENIED: SendResult = { ok: false, failure: "blocked", reason: "no permission" };
const UNSURE: SendResult = { ok: false, failure: "retry", reason: "?", uncertain: true };

interface Given {
  readonly reply?: (at: number) => SendResult;
  readonly recall?: (at: number) => SendResult;
  readonly allowed?: boolean;
  readonly text?: string;
  readonly store?: ReturnType<typeof openSqliteStore>;
}

function reacting(given: Given = {}) {
  const clock = createFakeClock();
  const store = given.store ?? openSqliteStore(":memory:");
  const halt = new AbortController();
  const calls: string[] = [];
  const spent = { calls: 0 };
  const times = { reply: 0, recall: 0 };
  const act = (name: "reply" | "recall") => async (to: typeof TO, text: string) => {
    calls.push(`${name} ${to.msgId} ${text}`);
    return given[name]?.(times[name]++) ?? OK;
  };
  const counters = createCounters();
  const reactions = createReactions({
    api: { reply: act("reply"), recall: act("recall") },
    store,
    budget: {
      allows: () => given.allowed ?? true,
      async spend() {
        spent.calls++;
      },
    },
    text: given.text ?? "🤔",
    afterMs: 1500,
    clock,
    log: createFakeLog(),
    counters,
    signal: halt.signal,
  });
  return { clock, store, halt, calls, spent, reactions, counters };
}

describe("createReactions()", () => {
  test("an answer that comes soon costs no call", async () => {
    const { clock, calls, spent, reactions } = reacting();
    const reaction = reactions.begin(TO);
    await clock.advance(1400);
    reaction.end();
    await clock.advance(60_000);
    expect(calls).toEqual([]);
    expect(spent.calls).toBe(0);
  });

  test("is put on the message of a turn that takes longer, and taken off at its end", async () => {
    const { clock, calls, spent, reactions, store } = reacting();
    const reaction = reactions.begin(TO);
    await clock.advance(1500);
    expect(calls).toEqual(["reply msg1 🤔"]);
    reaction.end();
    reaction.end();
    await clock.advance(10_000);
    expect(calls).toEqual(["reply msg1 🤔", "recall msg1 🤔"]);
    expect(spent.calls).toBe(2);
    expect(await store.note("reaction msg1")).toBeUndefined();
  });

  test("DingTalk may not know the message yet: tried again a moment later, then given up", async () => {
    const { clock, calls, reactions, counters } = reacting({ reply: () => BUSY });
    const reaction = reactions.begin(TO);
    await clock.advance(10_000);
    reaction.end();
    await clock.advance(10_000);
    // What never was there need not be taken off.
    expect(calls).toEqual(Array.from({ length: 3 }, () => "reply msg1 🤔"));
    expect(counters.read().reactions_failed).toBe(1);
  });

  test("one that may have been put there is taken off", async () => {
    const { clock, calls, reactions } = reacting({ reply: (at) => (at === 0 ? UNSURE : BUSY) });
    const reaction = reactions.begin(TO);
    await clock.advance(10_000);
    reaction.end();
    await clock.advance(10_000);
    expect(calls.at(-1)).toBe("recall msg1 🤔");
  });

  test("the end in the middle of the tries stops them", async () => {
    const { clock, calls, reactions } = reacting({ reply: () => BUSY });
    const reaction = reactions.begin(TO);
    await clock.advance(1500);
    reaction.end();
    await clock.advance(10_000);
    expect(calls).toEqual(["reply msg1 🤔"]);
  });

  test("taking it off is tried three times", async () => {
    const { clock, calls, reactions } = reacting({ recall: (at) => (at < 2 ? BUSY : OK) });
    const reaction = reactions.begin(TO);
    await clock.advance(2000);
    reaction.end();
    await clock.advance(20_000);
    expect(calls.filter((call) => call.startsWith("recall"))).toHaveLength(3);
  });

  test("a missing permission turns them off until the next start", async () => {
    const { clock, calls, reactions } = reacting({ reply: () => DENIED });
    reactions.begin(TO);
    await clock.advance(10_000);
    reactions.begin({ ...TO, msgId: "msg2" });
    await clock.advance(10_000);
    expect(calls).toEqual(["reply msg1 🤔"]);
  });

  test.each([
    ["the budget is nearly used up", { allowed: false }],
    ["none is configured", { text: "" }],
  ])("none where %s", async (_why, given) => {
    const { clock, calls, reactions } = reacting(given);
    reactions.begin(TO);
    await clock.advance(10_000);
    expect(calls).toEqual([]);
  });

  test("what an earlier process left is taken off, and only that", async () => {
    const store = openSqliteStore(":memory:");
    const first = reacting({ store });
    first.reactions.begin(TO);
    await first.clock.advance(1500);
    first.halt.abort();
    const second = reacting({ store });
    const done = Promise.all([
      second.reactions.forget(TO),
      second.reactions.forget({ ...TO, msgId: "other" }),
    ]);
    await second.clock.advance(10_000);
    await done;
    expect(second.calls).toEqual(["recall msg1 🤔"]);
  });
});
