import { describe, expect, test } from "bun:test";
import { createIntake } from "../../../src/core/bridge/intake.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { NO_METER } from "../../../src/core/meter.ts";
import { chatOf, claimOf } from "../../../src/core/inbound/session.ts";
import type { Store } from "../../../src/core/store.ts";
import { traceOf } from "../../../src/core/trace.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { USAGE, WEBHOOK, groupData, robotData } from "../../support/fake-messages.ts";

interface Overrides {
  readonly takeIn?: (real: Store["takeIn"]) => Store["takeIn"];
  readonly open?: () => boolean;
  readonly outageMs?: number;
}

function taking({ takeIn, open = () => true, outageMs = 0 }: Overrides = {}) {
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const real = openSqliteStore(":memory:");
  const store = takeIn === undefined ? real : { ...real, takeIn: takeIn(real.takeIn) };
  const woken: string[] = [];
  const acks: { messageId: string; code: number; data: string }[] = [];
  const path = {
    send(text: string) {
      if (!open()) return false;
      const { headers, code, data } = JSON.parse(text) as {
        headers: { messageId: string };
        code: number;
        data: string;
      };
      acks.push({ messageId: headers.messageId, code, data });
      return true;
    },
  };
  const intake = createIntake({
    account: "default",
    placeOf(message) {
      const chat = chatOf("default", message);
      return { chat, place: claimOf("main", { chat }) };
    },
    oapiUrl: "https://oapi.dingtalk.com",
    store,
    budget: { current: () => USAGE },
    outageMs: () => outageMs,
    clock,
    log,
    counters,
    meter: NO_METER,
    onStored: (_arrival, session) => void woken.push(session),
  });
  const offer = (data: string, messageId: string) => intake.offer(data, messageId, path);
  return { intake, offer, store: real, clock, log, counters, woken, acks };
}

/** A gate the store stands still at until the test lets it through. */
function gate() {
  const waiting: (() => void)[] = [];
  const takeIn =
    (real: Store["takeIn"]) =>
    async (...args: Parameters<Store["takeIn"]>) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return await real(...args);
    };
  return { takeIn, waiting, pass: () => waiting.shift()?.() };
}

const SESSION = "agent:main:dingtalk:user:staff1";
const conversation = { account: "default", conversationId: "cidDirect==" };

describe("createIntake()", () => {
  test("stores a message, acks it and wakes its session", async () => {
    const { offer, clock, store, woken, acks, counters } = taking();
    offer(robotData(), "push1");
    await clock.settle();
    expect(acks).toEqual([{ messageId: "push1", code: 200, data: '{"response":null}' }]);
    expect(woken).toEqual([SESSION]);
    expect((await store.nextTurns(SESSION, 1))[0]).toMatchObject({ data: robotData() });
    expect(counters.read()).toEqual({ acks: 1, messages_stored: 1 });
  });

  test("acks only after the commit", async () => {
    const { takeIn, waiting, pass } = gate();
    const { offer, clock, woken, acks } = taking({ takeIn });
    offer(robotData(), "push1");
    await clock.settle();
    expect(waiting).toHaveLength(1);
    expect(acks).toEqual([]);
    expect(woken).toEqual([]);
    pass();
    await clock.settle();
    expect(acks).toHaveLength(1);
    expect(woken).toHaveLength(1);
  });

  test("names each message it has stored, those of one commit in one line", async () => {
    const { offer, clock, log } = taking();
    const stored = () =>
      log.entries
        .filter(({ message }) => message === "message stored and acked")
        .map(({ fields }) => fields);
    offer(robotData({ msgId: "one" }), "push1");
    await clock.settle();
    expect(stored()).toEqual([{ trace: traceOf("default", "one"), ms: 0 }]);
    const many = Array.from({ length: 150 }, (_, at) => `m${at}`);
    for (const [at, msgId] of many.entries()) {
      offer(robotData({ msgId, createAt: at }), `push-${msgId}`);
    }
    offer(robotData({ msgId: "one" }), "again");
    await clock.settle();
    const lines = stored().slice(1);
    expect(lines.map(({ traces }) => (traces as string[]).length)).toEqual([100, 50]);
    expect(lines.flatMap(({ traces }) => traces)).toEqual(
      many.map((msgId) => traceOf("default", msgId)),
    );
    expect(log.entries.at(-1)).toMatchObject({ fields: { trace: traceOf("default", "one") } });
  });

  test("commits all frames of one turn of the event loop in one transaction", async () => {
    const batches: number[] = [];
    const { offer, clock, acks } = taking({
      takeIn: (real) => (arrivals, quarantine, usage) => {
        batches.push(arrivals.length + quarantine.length);
        return real(arrivals, quarantine, usage);
      },
    });
    for (let at = 0; at < 50; at++) {
      offer(robotData({ msgId: `msg${at}`, createAt: at }), `push${at}`);
    }
    offer("unreadable", "push50");
    expect(batches).toEqual([]);
    await clock.settle();
    expect(batches).toEqual([51]);
    expect(acks.map(({ messageId }) => messageId)).toEqual(
      Array.from({ length: 51 }, (_, at) => `push${at}`),
    );
  });

  test("commits what comes during a commit in the next one, in order", async () => {
    const { takeIn, waiting, pass } = gate();
    const { offer, clock, acks } = taking({ takeIn });
    offer(robotData({ msgId: "a", createAt: 1 }), "push1");
    await clock.settle();
    offer(robotData({ msgId: "b", createAt: 2 }), "push2");
    await clock.settle();
    offer(robotData({ msgId: "c", createAt: 3 }), "push3");
    await clock.settle();
    expect(waiting).toHaveLength(1);
    pass();
    await clock.settle();
    pass();
    await clock.settle();
    expect(acks.map(({ messageId }) => messageId)).toEqual(["push1", "push2", "push3"]);
  });

  test("does not ack what the store rejects, and says why until a commit works again", async () => {
    let full = true;
    const { intake, offer, clock, woken, acks, counters, log } = taking({
      takeIn:
        (real) =>
        (...args) =>
          full ? Promise.reject(new Error("database or disk is full")) : real(...args),
    });
    expect(intake.problem).toBeNull();
    offer(robotData(), "push1");
    offer(robotData({ msgId: "msg2==", createAt: 2 }), "push2");
    await clock.settle();
    expect(acks).toEqual([]);
    expect(woken).toEqual([]);
    expect(intake.problem).toBe("database or disk is full");
    expect(counters.read()).toEqual({ messages_not_stored: 2 });
    expect(log.entries.at(-1)?.level).toBe("error");

    full = false;
    offer(robotData(), "push3");
    await clock.settle();
    expect(intake.problem).toBeNull();
    expect(acks.map(({ messageId }) => messageId)).toEqual(["push3"]);
    expect(woken).toEqual([SESSION]);
  });

  test("forgets a failure that has not come again for four minutes: a quiet robot recovers", async () => {
    const { intake, offer, clock } = taking({
      takeIn: () => () => Promise.reject(new Error("database is locked")),
    });
    offer(robotData(), "push1");
    await clock.settle();
    await clock.advance(239_999);
    expect(intake.problem).toBe("database is locked");
    await clock.advance(1);
    expect(intake.problem).toBeNull();
  });

  test("notes the outage clock, in whole milliseconds, from which the holding is counted", async () => {
    const { offer, clock, store } = taking({ outageMs: 1234.56 });
    offer(robotData(), "push1");
    await clock.settle();
    expect((await store.nextTurns(SESSION, 1))[0]?.outageMs).toBe(1235);
  });

  test("counts every push against the month: known ones and unreadable ones too", async () => {
    const { offer, clock, store } = taking();
    offer(robotData(), "push1");
    offer(robotData(), "push2");
    offer("unreadable", "push3");
    await clock.settle();
    offer(robotData(), "push4");
    await clock.settle();
    expect(await store.usage(USAGE)).toEqual({ api: 0, stream: 4 });
  });

  test("does not ack while the inbox is full, and does again when there is room", async () => {
    const real = openSqliteStore(":memory:", { maxMb: 1 });
    const { intake, offer, clock, acks } = taking({ takeIn: () => real.takeIn });
    const text = { content: "x".repeat(300_000) };
    for (let at = 0; at < 9; at++) {
      offer(robotData({ msgId: `m${at}`, createAt: at, text }), `push${at}`);
      await clock.settle();
    }
    const taken = acks.length;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(9);
    expect(intake.problem).toMatch(/inbox is full/);
    for (let at = 0; at < taken; at++) {
      await real.settle([(await real.nextTurns(SESSION, 1))[0]?.id ?? 0], [], clock.now());
    }
    // DingTalk brings what was not acked again.
    offer(robotData({ msgId: "m8", createAt: 8, text }), "again");
    await clock.settle();
    expect(acks.at(-1)?.messageId).toBe("again");
    expect(intake.problem).toBeNull();
  });

  test("gives a webhook that names no end the 90 minutes they live", async () => {
    const { offer, clock, store } = taking();
    offer(robotData({ sessionWebhookExpiredTime: undefined }), "push1");
    await clock.settle();
    const conversationId = (JSON.parse(robotData()) as { conversationId: string }).conversationId;
    const webhook = await store.webhook({ account: "default", conversationId });
    expect(webhook?.expiresAt).toBe(clock.now() + 5_400_000);
  });

  test("acks a duplicate again but does not wake its session again", async () => {
    const { offer, clock, store, woken, acks, counters } = taking();
    offer(robotData(), "push1");
    await clock.settle();
    offer(robotData(), "push2");
    await clock.settle();
    expect(acks.map(({ messageId }) => messageId)).toEqual(["push1", "push2"]);
    expect(woken).toHaveLength(1);
    expect((await store.counts()).inbox).toBe(1);
    expect(counters.read()).toMatchObject({ messages_stored: 1, duplicates_by_id: 1, acks: 2 });
  });

  test("knows a duplicate within one batch", async () => {
    const { offer, clock, woken, acks } = taking();
    offer(robotData(), "push1");
    offer(robotData(), "push2");
    await clock.settle();
    expect(acks).toHaveLength(2);
    expect(woken).toHaveLength(1);
  });

  test("knows a message that comes again under another id by its content", async () => {
    const { offer, clock, woken, acks, counters } = taking();
    offer(robotData({ msgId: "one" }), "push1");
    await clock.settle();
    offer(robotData({ msgId: "two" }), "push2");
    await clock.settle();
    expect(acks).toHaveLength(2);
    expect(woken).toHaveLength(1);
    expect(counters.read()).toMatchObject({ duplicates_by_content: 1 });
  });

  test("keeps two equal texts apart that were sent at different times", async () => {
    const { offer, clock, woken } = taking();
    offer(robotData({ msgId: "one", createAt: 1 }), "push1");
    offer(robotData({ msgId: "two", createAt: 2 }), "push2");
    await clock.settle();
    expect(woken).toHaveLength(2);
  });

  test("knows a message without an id by its push, and by its content", async () => {
    const { offer, clock, woken, acks } = taking();
    const data = robotData({ msgId: undefined });
    offer(data, "push1");
    await clock.settle();
    offer(data, "push2");
    await clock.settle();
    expect(acks).toHaveLength(2);
    expect(woken).toHaveLength(1);
  });

  test.each(["not JSON", "[]", "{}", '{"conversationId":""}'])(
    "acks a message nobody can read and keeps it in quarantine: %s",
    async (data) => {
      const { offer, clock, store, acks, woken, counters } = taking();
      offer(data, "push1");
      await clock.settle();
      expect(acks).toHaveLength(1);
      expect(woken).toEqual([]);
      expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0, quarantine: 1 });
      expect(counters.read()).toEqual({ acks: 1, quarantined: 1 });
    },
  );

  test("keeps the webhook of a message", async () => {
    const { offer, clock, store } = taking();
    offer(robotData(), "push1");
    await clock.settle();
    expect(await store.webhook(conversation)).toEqual({
      url: WEBHOOK,
      expiresAt: 1_700_005_400_000,
    });
  });

  test("never stores a webhook that points elsewhere, but takes the message", async () => {
    const { offer, clock, store, woken, counters, log } = taking();
    offer(robotData({ sessionWebhook: "https://evil.test/take?all=1" }), "push1");
    await clock.settle();
    expect(woken).toHaveLength(1);
    expect(await store.webhook(conversation)).toBeUndefined();
    expect(counters.read()).toMatchObject({ webhooks_refused: 1 });
    expect(log.text()).not.toContain("evil.test");
  });

  test("gives each chat its own session", async () => {
    const { offer, clock, woken } = taking();
    offer(robotData(), "push1");
    offer(groupData({ msgId: "g" }), "push2");
    offer(robotData({ msgId: "o", senderStaffId: "", conversationId: "cidO" }), "push3");
    await clock.settle();
    expect(woken).toEqual([
      SESSION,
      "agent:main:dingtalk:group:cidGroup==",
      "agent:main:dingtalk:user:$:LWCP_v1:$sender",
    ]);
  });

  test("counts an ack that the link did not take: the message is safe all the same", async () => {
    const { offer, clock, woken, counters } = taking({ open: () => false });
    offer(robotData(), "push1");
    await clock.settle();
    expect(woken).toHaveLength(1);
    expect(counters.read()).toEqual({ acks_unsent: 1, messages_stored: 1 });
  });

  test("settled() waits for what was offered, and not when nothing was", async () => {
    const { intake, offer, clock, acks } = taking();
    await intake.settled();
    offer(robotData(), "push1");
    const settled = intake.settled();
    await clock.settle();
    await settled;
    expect(acks).toHaveLength(1);
  });

  test("settled() resolves after a failed commit too", async () => {
    const { intake, offer, clock } = taking({
      takeIn: () => () => Promise.reject(new Error("disk I/O error")),
    });
    offer(robotData(), "push1");
    const settled = intake.settled();
    await clock.settle();
    await settled;
    expect(intake.problem).toBe("disk I/O error");
  });

  test("keeps message text, ids and webhooks out of the log above debug", async () => {
    const { offer, clock, log } = taking();
    offer(robotData({ text: { content: "TOPSECRET" } }), "push1");
    offer('{"text":"TOPSECRET"}', "push2");
    await clock.settle();
    const loud = JSON.stringify(log.entries.filter(({ level }) => level !== "debug"));
    expect(loud).not.toContain("TOPSECRET");
    expect(log.text()).not.toContain("session=");
  });

  test.each([
    ["a fraction", 1_700_005_400_000.5],
    ["beyond every integer", 1e30],
    ["the largest a database can hold", "9223372036854775807"],
    ["endless", "9".repeat(400)],
    ["negative", -1],
  ])("takes a message whose webhook's expiry is strange: %s", async (_what, expiry) => {
    const { intake, offer, clock, acks, store } = taking();
    offer(robotData({ sessionWebhookExpiredTime: expiry }), "push1");
    offer(groupData({ msgId: "another" }), "push2");
    await clock.settle();
    expect(intake.problem).toBeNull();
    expect(acks).toHaveLength(2);
    expect(await store.webhook(conversation)).toMatchObject({ url: WEBHOOK });
  });
});
