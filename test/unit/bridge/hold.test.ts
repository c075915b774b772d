import { describe, expect, test } from "bun:test";
import { createHold, type HoldOptions } from "../../../src/core/bridge/hold.ts";
import { createCounters } from "../../../src/core/counters.ts";
import type { GateState } from "../../../src/core/gateway/gate.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { reasonOf } from "../../../src/core/log.ts";
import type { Message } from "../../../src/core/message.ts";
import type { InboxEntry } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { arrivalOf, groupData, robotData } from "../../support/fake-messages.ts";

const NOTICE: Message = { format: "text", title: "", parts: [{ text: "kept" }] };
const HOUR = 60 * 60_000;
const USAGE = { account: "default", month: "2023-11" };

/** A hold over a real store, in an outage that began when it was made. */
async function holding(options: Partial<HoldOptions> = {}) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const store = openSqliteStore(":memory:");
  const outage = { state: "shut" as GateState, since: clock.now(), ms: 0 };
  const told: string[] = [];
  const create = () =>
    createHold({
      gate: {
        get since() {
          return outage.since;
        },
        outageMs: () => outage.ms,
        get state() {
          return outage.state;
        },
      },
      store,
      clock,
      log,
      counters,
      holdMs: HOUR,
      notice: NOTICE,
      onNotice: ({ conversationId }) => void told.push(conversationId),
      ...options,
    });
  /** Takes a message in now. */
  const arrive = async (data = robotData()): Promise<{ entry: InboxEntry; chat: Chat }> => {
    const arrival = { ...arrivalOf(data), receivedAt: clock.now(), outageMs: outage.ms };
    await store.takeIn([arrival], [], USAGE);
    const entry = (await store.nextTurns(arrival.session, 1))[0] as InboxEntry;
    return { entry, chat: arrival.chat };
  };
  /** Time passes, all of it outage. */
  const pass = async (ms: number) => {
    outage.ms += ms;
    await clock.advance(ms);
  };
  const notices = async (chat: Chat) => await store.nextReplies(chat, 10);
  return {
    hold: create(),
    create,
    clock,
    log,
    counters,
    store,
    outage,
    told,
    arrive,
    pass,
    notices,
  };
}

describe("Hold.wait()", () => {
  test("comes back when the notice is due, 15 s after the message came", async () => {
    const { hold, arrive, pass, notices, told } = await holding();
    await pass(20_000);
    const { entry, chat } = await arrive();
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 15_000 });
    await pass(5000);
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 10_000 });
    expect(await notices(chat)).toEqual([]);
    expect(told).toEqual([]);
  });

  test("counts the 15 s from the beginning of the outage where the message is older", async () => {
    const { hold, outage, clock, arrive, pass } = await holding();
    const { entry, chat } = await arrive();
    await clock.advance(60_000);
    outage.since = clock.now();
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 15_000 });
    await pass(14_999);
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 1 });
  });

  test("tells people then, once, and comes back when the message has been held long enough", async () => {
    const { hold, arrive, pass, notices, told, counters } = await holding();
    const { entry, chat } = await arrive();
    await pass(15_000);
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: HOUR - 15_000 });
    await pass(10_000);
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: HOUR - 25_000 });
    const [notice, ...others] = await notices(chat);
    expect(notice).toMatchObject({ message: NOTICE, notice: true, chat });
    expect(others).toEqual([]);
    expect(told).toEqual([chat.conversationId]);
    expect(counters.read()).toEqual({ notices: 1 });
  });

  test("tells them once in an outage, also after a restart in its midst", async () => {
    const { hold, create, arrive, pass, told } = await holding();
    const { entry, chat } = await arrive();
    await pass(15_000);
    await hold.wait(entry, chat);
    await pass(60_000);
    await create().wait(entry, chat);
    expect(told).toHaveLength(1);
  });

  test("tells them once for all messages of a session", async () => {
    const { hold, store, arrive, pass, told } = await holding();
    const first = await arrive(robotData({ msgId: "1", createAt: 1 }));
    await arrive(robotData({ msgId: "2", createAt: 2 }));
    await pass(15_000);
    await hold.wait(first.entry, first.chat);
    await store.settle([first.entry.id], [], 0);
    const second = (await store.nextTurns(first.entry.session, 1))[0] as InboxEntry;
    await hold.wait(second, first.chat);
    expect(told).toHaveLength(1);
  });

  test("tells each session", async () => {
    const { hold, arrive, pass, told } = await holding();
    const direct = await arrive(robotData({ msgId: "1" }));
    const group = await arrive(groupData({ msgId: "2" }));
    await pass(15_000);
    for (const { entry, chat } of [direct, group]) await hold.wait(entry, chat);
    expect(told).toEqual(["cidDirect==", "cidGroup=="]);
  });

  test("tells them again in the next outage", async () => {
    const { hold, outage, clock, arrive, pass, told } = await holding();
    const { entry, chat } = await arrive();
    await pass(15_000);
    await hold.wait(entry, chat);
    await clock.advance(60_000);
    outage.since = clock.now();
    await pass(15_000);
    await hold.wait(entry, chat);
    expect(told).toHaveLength(2);
  });

  test("drops a notice that has not gone out when the answer is there", async () => {
    const { hold, store, clock, arrive, pass, notices } = await holding();
    const { entry, chat } = await arrive();
    await pass(15_000);
    await hold.wait(entry, chat);
    const message: Message = { format: "text", title: "", parts: [{ text: "the answer" }] };
    await store.settle([entry.id], [{ chat, message }], clock.now());
    expect((await notices(chat)).map((each) => each.message)).toEqual([message]);
  });

  test("gives a message up by the outage's time alone, when it has been held long enough", async () => {
    const { hold, outage, clock, arrive, pass } = await holding();
    await pass(30 * 60_000);
    const { entry, chat } = await arrive();
    await pass(HOUR - 1);
    // Time in which the gateway was there, or no worker ran.
    await clock.advance(5 * HOUR);
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 1 });
    outage.ms += 1;
    expect(await hold.wait(entry, chat)).toBe("expired");
  });

  test("gives later messages up later", async () => {
    const { hold, store, arrive, pass } = await holding();
    const first = await arrive(robotData({ msgId: "1", createAt: 1 }));
    await pass(20 * 60_000);
    await arrive(robotData({ msgId: "2", createAt: 2 }));
    await pass(40 * 60_000);
    expect(await hold.wait(first.entry, first.chat)).toBe("expired");
    await store.settle([first.entry.id], [], 0);
    const second = (await store.nextTurns(first.entry.session, 1))[0] as InboxEntry;
    expect(await hold.wait(second, first.chat)).toEqual({ laterMs: 20 * 60_000 });
  });

  test("never waits longer than there is left: a short holdMs leaves no time for a notice", async () => {
    const { hold, arrive, pass, told } = await holding({ holdMs: 10_000 });
    const { entry, chat } = await arrive();
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 10_000 });
    await pass(10_000);
    expect(await hold.wait(entry, chat)).toBe("expired");
    expect(told).toEqual([]);
  });

  test("holds nothing where holdMs is 0", async () => {
    const { hold, arrive } = await holding({ holdMs: 0 });
    const { entry, chat } = await arrive();
    expect(await hold.wait(entry, chat)).toBe("expired");
    expect(hold.size).toBe(0);
  });

  test("does not take a message for an old one when a crash has forgotten some of the outage", async () => {
    const { hold, outage, arrive, pass } = await holding();
    await pass(9000);
    const { entry, chat } = await arrive();
    outage.ms = 0;
    expect(await hold.wait(entry, chat)).toEqual({ laterMs: 15_000 });
  });

  test("rejects if the notice cannot be stored: the turn comes back", async () => {
    const store = { notify: () => Promise.reject(new Error("disk full")) };
    const { hold, arrive, pass, told } = await holding({ store });
    const { entry, chat } = await arrive();
    await pass(15_000);
    expect(await hold.wait(entry, chat).catch(reasonOf)).toBe("disk full");
    expect(told).toEqual([]);
  });

  test("keeps what people said out of the log", async () => {
    const { hold, arrive, pass, log } = await holding();
    const { entry, chat } = await arrive(robotData({ text: { content: "TOPSECRET" } }));
    await pass(15_000);
    await hold.wait(entry, chat);
    expect(log.text()).not.toContain("TOPSECRET");
  });
});

describe("Hold.first()", () => {
  test("is the session held longest, until it is released", async () => {
    const { hold, arrive } = await holding();
    expect(hold.first()).toBeUndefined();
    const direct = await arrive(robotData({ msgId: "1" }));
    const group = await arrive(groupData({ msgId: "2" }));
    for (const { entry, chat } of [direct, group]) await hold.wait(entry, chat);
    expect(hold.first()).toBe(direct.entry.session);
    expect(hold.size).toBe(2);
    hold.release(direct.entry.session);
    expect(hold.first()).toBe(group.entry.session);
    hold.release(group.entry.session);
    hold.release("nobody");
    expect(hold.first()).toBeUndefined();
    expect(hold.size).toBe(0);
  });

  test("is not held twice for waiting twice", async () => {
    const { hold, arrive } = await holding();
    const { entry, chat } = await arrive();
    await hold.wait(entry, chat);
    await hold.wait(entry, chat);
    expect(hold.size).toBe(1);
  });
});
