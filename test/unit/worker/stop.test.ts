import { describe, expect, test } from "bun:test";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { jsonResponse, never } from "../../support/fake-fetch.ts";
import { arrivalOf, frameText, groupData, robotData } from "../../support/fake-messages.ts";
import { answerStream } from "../../support/fake-stream.ts";
import { createFakeOpenClaw, refused } from "./_openclaw.ts";
import { createDayClock, working } from "./_worker.ts";

const robotFrame = (messageId: string, data = robotData()) => frameText({ messageId, data });

/** Answers that the test lets go. */
function held(answer: () => Response) {
  const open: (() => void)[] = [];
  return {
    answer: () => new Promise<Response>((resolve) => open.push(() => resolve(answer()))),
    release: () => open.shift()?.(),
  };
}

describe("Worker.stop()", () => {
  test("is over at once when nothing is under way", async () => {
    const { clock, connect, stopping, worker } = working();
    const socket = await connect();
    const stop = stopping();
    await clock.settle();
    expect(stop).toEqual({ over: true, afterMs: 0 });
    expect(socket.closing()).toBeDefined();
    expect(await worker.status()).toMatchObject({
      accounts: { default: { stream: { state: "stopped" } } },
    });
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  test("still acks what has arrived", async () => {
    const { clock, connect, stopping, store } = working({ gateway: never });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    const stop = stopping();
    await clock.advance(15_500);
    expect(socket.sent).toHaveLength(1);
    expect((await store.counts()).inbox).toBe(1);
    expect(stop.over).toBe(true);
  });

  test("lets a turn under way finish and its answer go out", async () => {
    const gateway = held(() => answerStream("the answer").response());
    const { clock, connect, stopping, sent, store } = working({ gateway: gateway.answer });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    const stop = stopping();
    await clock.advance(5000);
    expect(stop.over).toBe(false);
    gateway.release();
    await clock.settle();
    expect(sent()).toHaveLength(1);
    expect(stop).toEqual({ over: true, afterMs: 5000 });
    expect((await store.counts()).inbox).toBe(0);
  });

  test("starts no further turn: what waits stays in the store", async () => {
    const gateway = held(() => answerStream("the answer").response());
    const { clock, connect, stopping, asked, store } = working({ gateway: gateway.answer });
    const socket = await connect();
    socket.text(robotFrame("p1", robotData({ msgId: "1", createAt: 1 })));
    await clock.settle();
    socket.text(robotFrame("p2", robotData({ msgId: "2", createAt: 2 })));
    await clock.settle();
    const stop = stopping();
    await clock.settle();
    gateway.release();
    await clock.settle();
    expect(stop.over).toBe(true);
    expect(asked()).toHaveLength(1);
    expect((await store.counts()).inbox).toBe(1);
  });

  test("parks a turn that is not over in 15 s, and hangs up only then", async () => {
    const { clock, connect, stopping, asked, store, log } = working({ gateway: never });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    const stop = stopping();
    // The gateway counts its 15 s from when the request arrived.
    await clock.advance(15_499);
    expect(stop.over).toBe(false);
    expect(asked()[0]?.signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(asked()[0]?.signal?.aborted).toBe(true);
    expect(stop).toEqual({ over: true, afterMs: 15_500 });
    expect((await store.counts()).inbox).toBe(1);
    expect(log.entries.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("takes 15 s at most, also when an answer that came late cannot be sent", async () => {
    const gateway = held(() => answerStream("the answer").response());
    const { clock, connect, stopping, store } = working({
      gateway: gateway.answer,
      webhook: never,
    });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    const stop = stopping();
    await clock.advance(14_000);
    gateway.release();
    await clock.advance(1000);
    expect(stop.over).toBe(true);
    expect((await store.counts()).outbox).toBe(1);
  });

  test("takes 15 s at most, also when a turn was aborted and another reply hangs", async () => {
    const gateway = (call: { body: string }) =>
      call.body.includes("stuck") ? never() : answerStream("the answer").response();
    let hang = false;
    const { clock, connect, stopping, store } = working({
      gateway,
      webhook: () => (hang ? never() : jsonResponse(200, { errcode: -1 })),
    });
    const socket = await connect();
    socket.text(robotFrame("p1", robotData({ msgId: "1", text: { content: "stuck" } })));
    socket.text(robotFrame("p2", groupData({ msgId: "2" })));
    await clock.advance(1500);
    const stop = stopping();
    // The reply was tried after 0, 1, 3 and 7 s; the try after 15 s hangs when the time is up.
    await clock.advance(12_500);
    hang = true;
    await clock.advance(2500);
    expect(stop.over).toBe(true);
    expect(await store.counts()).toMatchObject({ inbox: 1, outbox: 1 });
  });

  test("asks nothing anew: a turn that is still looked for waits for the next start", async () => {
    // The worker looks for what an earlier one asked, and the gateway takes its time to tell.
    const store = openSqliteStore(":memory:");
    const arrival = { ...arrivalOf(robotData()), outageMs: 0 };
    await store.takeIn([arrival], [], { account: "default", month: "2023-11" });
    const entry = (await store.nextTurns(arrival.session, 1))[0];
    const clock = createDayClock();
    await store.asking([entry?.id ?? 0], { text: "你好", at: clock.now() - 60_000 });
    let tell = () => {};
    const openclaw = createFakeOpenClaw(clock.now);
    openclaw.state.prompt = false;
    const { connect, stopping, log } = working({
      store,
      clock,
      async openclaw(call) {
        if (call.url.endsWith("/tools/invoke")) await new Promise<void>((go) => (tell = go));
        const answered = openclaw.answer(call);
        if (answered instanceof Error) throw answered;
        return answered;
      },
    });
    await connect();
    await clock.settle();
    const stop = stopping();
    for (let calls = 0; calls < 3; calls++) {
      await clock.advance(3000);
      tell();
    }
    await clock.settle();
    expect(stop).toEqual({ over: true, afterMs: 9000 });
    expect(openclaw.turns).toEqual([]);
    expect((await store.counts()).inbox).toBe(1);
    expect(log.entries.filter(({ level }) => level === "error")).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("is over as soon as such a request ends by itself", async () => {
    const clock = createDayClock();
    const openclaw = createFakeOpenClaw(clock.now);
    openclaw.state.prompt = false;
    const { connect, stopping, words } = working({ clock, openclaw: openclaw.answer });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.settle();
    const stop = stopping();
    await clock.advance(10_000);
    openclaw.last().end("the answer");
    await clock.settle();
    expect(openclaw.last().signal?.aborted).toBe(false);
    expect(stop).toEqual({ over: true, afterMs: 10_000 });
    expect(words()).toEqual(["the answer"]);
  });

  test("does not wait for a gateway that is away: what is held stays in the store", async () => {
    const clock = createDayClock();
    const openclaw = createFakeOpenClaw(clock.now);
    openclaw.state.away = refused;
    const { connect, stopping, store } = working({ clock, openclaw: openclaw.answer });
    const socket = await connect();
    socket.text(robotFrame("push1"));
    await clock.advance(5000);
    const stop = stopping();
    await clock.settle();
    expect(stop).toEqual({ over: true, afterMs: 0 });
    expect((await store.counts()).inbox).toBe(1);
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  test("touches the store no more when it is over: it may be closed then", async () => {
    const { clock, connect, stopping, store, log } = working();
    const socket = await connect();
    const stop = stopping();
    await clock.settle();
    expect(stop.over).toBe(true);
    store.close();
    socket.text(robotFrame("late"));
    await clock.advance(60 * 60_000);
    expect(log.entries.filter(({ level }) => level === "error")).toEqual([]);
  });
});
