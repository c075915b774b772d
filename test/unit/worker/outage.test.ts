import { describe, expect, test } from "bun:test";
import { TEXTS } from "../../../src/core/texts.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { jsonResponse } from "../../support/fake-fetch.ts";
import { frameText, groupData, robotData } from "../../support/fake-messages.ts";
import { createFakeOpenClaw, draining, refused, starting, type FakeOpenClaw } from "./_openclaw.ts";
import { createDayClock, working, type Setup } from "./_worker.ts";

const { queued, failures, help } = TEXTS.zh;
const MINUTE = 60_000;

/** A worker with a gateway that keeps records, and people who write. */
async function talking(setup: Setup & { readonly away?: FakeOpenClaw["state"]["away"] } = {}) {
  const clock = setup.clock ?? createDayClock();
  const openclaw = createFakeOpenClaw(clock.now);
  openclaw.state.away = setup.away;
  const under = working({ ...setup, clock, openclaw: openclaw.answer });
  const socket = await under.connect();
  let count = 0;
  const push = (data: string) => socket.text(frameText({ messageId: `push${++count}`, data }));
  /** A person's message, in a chat of their own. */
  const write = (content: string, person = "staff1") =>
    push(
      robotData({
        msgId: `m${count}`,
        createAt: clock.now() + count,
        senderStaffId: person,
        conversationId: `cid-${person}`,
        text: { content },
        // Hours of outage must not be a matter of webhooks here.
        sessionWebhookExpiredTime: clock.now() + 24 * 60 * MINUTE,
      }),
    );
  /** The same in a group of that name. */
  const writeIn = (name: string, content: string, person = "staff1") =>
    push(
      groupData({
        msgId: `m${count}`,
        createAt: clock.now() + count,
        senderStaffId: person,
        conversationId: `cid-${name}`,
        text: { content },
        sessionWebhookExpiredTime: clock.now() + 24 * 60 * MINUTE,
      }),
    );
  /** Time passes, and DingTalk's link stays alive. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5000) {
      await clock.advance(Math.min(left, 5000));
      socket.pong();
    }
  };
  return { ...under, openclaw, socket, push, write, writeIn, pass };
}

describe("createWorker(), while the gateway is away", () => {
  test("takes messages in, acks and holds them, and answers when it is back", async () => {
    const { clock, write, socket, store, words, openclaw, pass } = await talking({ away: refused });
    write("one");
    await clock.settle();
    expect(socket.sent).toHaveLength(1);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 0 });
    await pass(5000);
    openclaw.state.away = undefined;
    await pass(5000);
    expect(words()).toEqual(["re: one"]);
    expect(openclaw.texts()).toEqual(["one"]);
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0 });
  });

  test("tells each session once, when it has waited 15 s", async () => {
    const { write, words, pass } = await talking({ away: refused });
    write("one");
    write("two");
    await pass(14_999);
    expect(words()).toEqual([]);
    await pass(1);
    expect(words()).toEqual([queued]);
    write("hello", "staff2");
    await pass(15_000);
    expect(words()).toEqual([queued, queued]);
    await pass(10 * MINUTE);
    expect(words()).toEqual([queued, queued]);
  });

  test("does not tell them again after a restart in the same outage", async () => {
    const store = openSqliteStore(":memory:");
    const clock = createDayClock();
    const first = await talking({ away: refused, store, clock });
    first.write("one");
    await first.pass(20_000);
    expect(first.words()).toEqual([queued]);
    first.crash();

    const second = await talking({
      away: refused,
      store,
      clock: createDayClock(clock.now() + 5 * MINUTE),
    });
    await second.pass(10 * MINUTE);
    expect(second.words()).toEqual([]);
    second.openclaw.state.away = undefined;
    await second.pass(15_000);
    expect(second.words()).toEqual(["re: one"]);
  });

  test("tells them again in the next outage", async () => {
    const { write, words, pass, openclaw } = await talking({ away: refused });
    write("one");
    await pass(20_000);
    openclaw.state.away = undefined;
    await pass(15_000);
    expect(words()).toEqual([queued, "re: one"]);
    openclaw.state.away = refused;
    write("two");
    await pass(20_000);
    expect(words()).toEqual([queued, "re: one", queued]);
  });

  test("drops the notice if the answer is there before it could be sent", async () => {
    let busy = true;
    const good: string[] = [];
    const { write, pass, openclaw } = await talking({
      away: refused,
      webhook({ body }) {
        if (busy) return jsonResponse(200, { errcode: -1, errmsg: "busy" });
        good.push(body);
        return jsonResponse(200, { errcode: 0 });
      },
    });
    write("one");
    await pass(20_000);
    openclaw.state.away = undefined;
    await pass(15_000);
    busy = false;
    await pass(MINUTE);
    expect(good.map((body) => (JSON.parse(body) as { text: unknown }).text)).toEqual([
      { content: "re: one" },
    ]);
  });

  test("answers by itself what needs no gateway", async () => {
    const { clock, push, words, store } = await talking({ away: refused });
    push(robotData({ msgId: "1", text: { content: " " } }));
    push(groupData({ msgId: "2", text: { content: " " } }));
    push(robotData({ msgId: "3", createAt: 3, text: undefined, errorCode: "20001" }));
    await clock.settle();
    expect(words().toSorted()).toEqual([`@staff1 ${help}`, help]);
    expect((await store.counts()).inbox).toBe(0);
  });

  test("fails message by message after gateway.holdMs, each in its own time", async () => {
    const block = { gateway: { holdMs: 10 * MINUTE } };
    const { writeIn, words, pass, store } = await talking({ away: refused, block });
    const failed = failures["held-too-long"];
    writeIn("group", "one", "ann");
    await pass(4 * MINUTE);
    writeIn("group", "two", "bob");
    await pass(6 * MINUTE - 1);
    expect(words()).toEqual([queued]);
    await pass(1);
    expect(words()).toEqual([queued, `@ann ${failed}`]);
    await pass(4 * MINUTE - 1);
    expect(words()).toEqual([queued, `@ann ${failed}`]);
    await pass(1);
    expect(words()).toEqual([queued, `@ann ${failed}`, `@bob ${failed}`]);
    expect((await store.counts()).inbox).toBe(0);
  });

  test("fails no message for having waited behind an older one of the same person", async () => {
    const block = { gateway: { holdMs: 10 * MINUTE } };
    const { write, words, pass, openclaw } = await talking({ away: refused, block });
    const failed = failures["held-too-long"];
    write("one");
    await pass(9 * MINUTE);
    write("two");
    await pass(MINUTE);
    expect(words()).toEqual([queued, failed]);
    openclaw.state.away = undefined;
    await pass(MINUTE);
    expect(words()).toEqual([queued, failed, "re: two"]);
  });

  test("does not count time in which it did not run against gateway.holdMs", async () => {
    const store = openSqliteStore(":memory:");
    const block = { gateway: { holdMs: 10 * MINUTE } };
    const first = await talking({ away: refused, store, block });
    first.write("one");
    await first.pass(5 * MINUTE);
    const stop = first.stopping();
    await first.clock.settle();
    expect(stop.over).toBe(true);

    const clock = createDayClock(first.clock.now() + 3 * 60 * MINUTE);
    const second = await talking({ away: refused, store, block, clock });
    await second.pass(5 * MINUTE - 1000);
    expect(second.words()).toEqual([]);
    await second.pass(2000);
    expect(second.words()).toEqual([failures["held-too-long"]]);
  });

  test("shows in its status what it waits for", async () => {
    const { clock, write, get, pass } = await talking({ away: refused });
    const since = clock.now();
    write("one");
    write("hello", "staff2");
    await pass(20_000);
    expect((await get("/status")).json).toMatchObject({
      accounts: {
        default: {
          gateway: { state: "shut", since, reason: expect.stringContaining("ECONNREFUSED") },
        },
      },
      turns: { running: 0, waiting: 0, held: 2 },
      store: { inbox: 2 },
      counters: { gateway_outages: 1, notices: 2 },
    });
    expect((await get("/readyz")).status).toBe(200);
  });
});

describe("createWorker(), when the gateway is back", () => {
  test("lets one turn try, then all in order, each session's one after the other", async () => {
    const { writeIn, pass, openclaw, words } = await talking({ away: refused });
    for (const name of ["ann", "bob", "cyd"]) {
      writeIn(name, `${name} 1`, "staff1");
      writeIn(name, `${name} 2`, "staff2");
    }
    await pass(5000);
    openclaw.state.prompt = false;
    openclaw.state.away = undefined;
    await pass(5000);
    expect(openclaw.texts()).toEqual(["ann 1"]);
    openclaw.last().say("re");
    await pass(1);
    expect(openclaw.texts()).toEqual(["ann 1", "bob 1", "cyd 1"]);
    openclaw.turns[1]?.end("re: bob 1");
    await pass(1);
    expect(openclaw.texts()).toEqual(["ann 1", "bob 1", "cyd 1", "bob 2"]);
    openclaw.state.prompt = true;
    for (const turn of [0, 2, 3].map((at) => openclaw.turns[at])) turn?.end(`re: ${turn.text}`);
    await pass(1000);
    expect(openclaw.texts()).toEqual(["ann 1", "bob 1", "cyd 1", "bob 2", "ann 2", "cyd 2"]);
    for (const person of ["ann", "bob", "cyd"]) {
      const theirs = words().filter((each) => each.includes(`${person} `) && each !== queued);
      expect(theirs.map((each) => each.slice(-1))).toEqual(["1", "2"]);
    }
  });

  test("takes a turn that has been taken for 15 s as a sign that it works", async () => {
    const { write, pass, openclaw } = await talking({ away: refused });
    write("one", "ann");
    write("two", "bob");
    openclaw.state.prompt = false;
    await pass(1);
    openclaw.state.away = undefined;
    await pass(1000);
    expect(openclaw.texts()).toEqual(["one"]);
    await pass(14_998);
    expect(openclaw.texts()).toEqual(["one"]);
    await pass(1000);
    expect(openclaw.texts()).toEqual(["one", "two"]);
  });

  test("begins gently: 4 turns at once, then 8, 16, …", async () => {
    const { write, pass, openclaw, clock } = await talking({ away: refused });
    for (let person = 0; person < 40; person++) write("hello", `p${person}`);
    await pass(5000);
    openclaw.state.prompt = false;
    openclaw.state.away = undefined;
    await pass(5000);
    expect(openclaw.turns).toHaveLength(1);
    openclaw.last().say("re");
    const most: number[] = [];
    await clock.settle();
    for (let second = 0; second < 5; second++) {
      most.push(openclaw.turns.length);
      await pass(1000);
    }
    expect(most).toEqual([4, 8, 16, 32, 40]);
  });

  test("lets the next one try when a try breaks off", async () => {
    const { write, pass, openclaw } = await talking({ away: refused });
    write("one", "ann");
    write("two", "bob");
    await pass(1);
    openclaw.state.prompt = false;
    openclaw.state.away = undefined;
    await pass(1000);
    expect(openclaw.texts()).toEqual(["one"]);
    openclaw.last().breakOff({ goesOn: true });
    await pass(1);
    expect(openclaw.texts()).toEqual(["one", "two"]);
  });

  test("is tried also when that shows in the very moment in which a turn is put on hold", async () => {
    const real = openSqliteStore(":memory:");
    const noted: (() => void)[] = [];
    const store = {
      ...real,
      async notify(...given: Parameters<typeof real.notify>) {
        await new Promise<void>((resolve) => noted.push(resolve));
        return await real.notify(...given);
      },
    };
    const { write, pass, openclaw, words } = await talking({ away: refused, store });
    write("one");
    await pass(15_000);
    expect(noted).toHaveLength(1);
    openclaw.state.away = undefined;
    await pass(15_000);
    noted[0]?.();
    await pass(MINUTE);
    expect(openclaw.texts()).toEqual(["one"]);
    expect(words().at(-1)).toBe("re: one");
  });

  test("holds on as long as it drains or starts, and honours its Retry-After", async () => {
    const { write, pass, openclaw, words } = await talking({ away: draining });
    write("one");
    await pass(10_000);
    openclaw.state.away = starting;
    await pass(2 * MINUTE);
    expect(words()).toEqual([queued]);
    openclaw.state.away = undefined;
    await pass(15_000);
    expect(words()).toEqual([queued, "re: one"]);
    expect(openclaw.texts()).toEqual(["one"]);
  });

  test("asks anew, as for the first time, what stood in line when it was told to stop", async () => {
    const { write, pass, openclaw, words } = await talking();
    openclaw.state.error = "Gateway is draining; new tasks are not accepted";
    write("one");
    await pass(500);
    expect(words()).toEqual([]);
    openclaw.state.error = undefined;
    await pass(15_000);
    expect(openclaw.texts()).toEqual(["one", "one"]);
    expect(words()).toEqual(["re: one"]);
  });

  test("waits for a person where it must be restarted, and says so loudly", async () => {
    const { write, pass, openclaw, words, log } = await talking();
    openclaw.state.error = "Agent database execution admission is closed";
    write("one");
    write("two", "bob");
    await pass(5 * MINUTE);
    expect(words()).toEqual([queued, queued]);
    const errors = log.entries.filter(({ level }) => level === "error");
    expect(errors).toMatchObject([{ message: expect.stringContaining("must be restarted") }]);
    // One turn at a time finds out whether it has been done: every 15 s at most.
    expect(openclaw.turns.length).toBeLessThan(30);
    openclaw.state.error = undefined;
    await pass(20_000);
    expect(words().slice(2).toSorted()).toEqual(["re: one", "re: two"]);
  });

  test("keeps its place among those held, though the person writes on", async () => {
    const { write, openclaw, pass } = await talking({ away: refused });
    write("one", "ann");
    await pass(1000);
    write("two", "bob");
    await pass(1000);
    write("three", "ann");
    openclaw.state.prompt = false;
    openclaw.state.away = undefined;
    await pass(15_000);
    expect(openclaw.texts()[0]).toBe("one\n\nthree");
  });
});

describe("createWorker(), when the gateway breaks off in mid-turn", () => {
  /** One question is being answered when the gateway dies. */
  async function broken() {
    const under = await talking();
    under.openclaw.state.prompt = false;
    under.write("one");
    await under.pass(10_000);
    under.openclaw.last().say("half an ans");
    await under.pass(1000);
    under.openclaw.crash();
    await under.clock.settle();
    return under;
  }

  test("waits for what it goes on with by itself, and gives the whole answer once", async () => {
    const { openclaw, pass, words, write, store } = await broken();
    write("two");
    await pass(5000);
    openclaw.resume();
    await pass(MINUTE);
    expect(openclaw.texts()).toEqual(["one"]);
    openclaw.turns[0]?.endUnheard("the whole answer");
    openclaw.state.prompt = true;
    await pass(30_000);
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(words()).toEqual(["the whole answer", "re: two"]);
    expect((await store.counts()).inbox).toBe(0);
  });

  test("finds the answer where only the connection broke", async () => {
    const { clock, write, openclaw, pass, words } = await talking();
    openclaw.state.prompt = false;
    write("one");
    await clock.settle();
    openclaw.last().endUnheard("the whole answer");
    openclaw.last().breakOff();
    await pass(1);
    expect(words()).toEqual(["the whole answer"]);
    expect(openclaw.texts()).toEqual(["one"]);
  });

  test("asks again what it gave up, and lets the agent know", async () => {
    const { openclaw, pass, words } = await broken();
    openclaw.state.prompt = true;
    await pass(20_000);
    openclaw.restart();
    await pass(30_000);
    expect(openclaw.texts()).toEqual(["one", expect.stringMatching(/^\[The earlier .*\]\none$/)]);
    expect(words()).toEqual([queued, `re: ${openclaw.texts()[1]}`]);
  });

  test("gives up what it never comes to an end with", async () => {
    const block = { gateway: { timeoutMs: 10 * MINUTE } };
    const under = await talking({ block });
    under.openclaw.state.prompt = false;
    under.write("one");
    await under.pass(1000);
    under.openclaw.crash();
    await under.pass(5000);
    under.openclaw.resume();
    await under.pass(9 * MINUTE);
    expect(under.words()).toEqual([]);
    await under.pass(2 * MINUTE);
    expect(under.words()).toEqual([failures.timeout]);
    expect(under.openclaw.texts()).toEqual(["one"]);
  });

  test("asks again no sooner because the person writes on: it is given up after 8 tries", async () => {
    const { clock, write, openclaw, pass } = await talking();
    openclaw.state.prompt = false;
    write("one");
    await clock.settle();
    for (let at = 0; at < 10; at++) {
      for (const turn of openclaw.atWork()) turn.breakOff();
      await clock.settle();
      write(`and ${at}`);
      await pass(100);
    }
    // At once the first time, after a second or more from then on.
    expect(openclaw.turns.length).toBeLessThanOrEqual(3);
  });
});

describe("createWorker(), when the gateway is back and the store fails", () => {
  test("tries every 5 s, not without a pause", async () => {
    const real = openSqliteStore(":memory:");
    let broken = false;
    let tries = 0;
    const asking: typeof real.asking = async (...args) => {
      if (!broken) return await real.asking(...args);
      // Bounded, so that a worker that never pauses fails this test instead of hanging it.
      if (++tries > 50) return await real.asking(...args);
      throw new Error("disk full");
    };
    const { clock, write, words, openclaw, pass } = await talking({
      store: { ...real, asking },
      away: refused,
    });
    write("one");
    await clock.settle();
    broken = true;
    openclaw.state.away = undefined;
    await pass(MINUTE);
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThan(15);
    broken = false;
    await pass(MINUTE);
    expect(words().filter((each) => each !== queued)).toHaveLength(1);
  });
});
