import { describe, expect, test } from "bun:test";
import type { Link } from "../../../src/core/stream/link.ts";
import { supervising } from "./_supervising.ts";
import { frameText } from "../../support/fake-messages.ts";

const DISCONNECT = frameText({ type: "SYSTEM", topic: "disconnect", data: '{"reason":"expired"}' });

describe("createSupervisor()", () => {
  test("is stopped until started", () => {
    const { supervisor, opens } = supervising();
    expect(supervisor.status()).toMatchObject({ state: "stopped", generation: 0, failures: 0 });
    expect(opens()).toBe(0);
  });

  test("opens, dials and is connected as soon as the socket is open", async () => {
    const { supervisor, clock, sockets, last, counters } = supervising();
    supervisor.start();
    expect(supervisor.status().state).toBe("connecting");
    await clock.settle();
    expect(sockets.map(({ url }) => url)).toEqual(["wss://stream.test/connect?ticket=1"]);
    expect(supervisor.status().state).toBe("connecting");
    last().open();
    expect(supervisor.status()).toMatchObject({
      state: "connected",
      generation: 1,
      failures: 0,
      problem: null,
      nextTryAt: null,
    });
    expect(counters.read()).toEqual({ links_opened: 1 });
  });

  test("does not wait for REGISTERED or any other frame", async () => {
    const { supervisor, clock, connect } = supervising();
    await connect();
    await clock.advance(1000);
    expect(supervisor.status()).toMatchObject({ state: "connected", lastFrameAt: null });
  });

  test("start() does nothing while it runs", async () => {
    const { supervisor, clock, opens, connect } = supervising();
    await connect();
    supervisor.start();
    await clock.settle();
    expect(opens()).toBe(1);
  });

  test("hands robot messages on with the link they came by", async () => {
    const { connect, messages } = supervising();
    const socket = await connect();
    socket.text(frameText({ messageId: "m1", data: "{}" }));
    expect(messages).toMatchObject([{ data: "{}", messageId: "m1" }]);
    expect(messages[0]?.link.send("ack")).toBe(true);
    expect(socket.sent).toEqual(["ack"]);
  });

  test("knows when the last frame came", async () => {
    const { supervisor, clock, connect } = supervising();
    const socket = await connect();
    await clock.advance(1234);
    socket.text(frameText({ type: "SYSTEM", topic: "ping", messageId: "p" }));
    expect(supervisor.status().lastFrameAt).toBe(clock.now());
  });

  test("never has two attempts under way", async () => {
    const { supervisor, clock, sockets, connect } = supervising();
    const socket = await connect();
    socket.text(DISCONNECT);
    socket.text(DISCONNECT);
    socket.end();
    await clock.advance(5000);
    expect(sockets).toHaveLength(2);
    expect(supervisor.status()).toMatchObject({ state: "connecting", generation: 2 });
  });
});

describe("createSupervisor(), when DingTalk asks to reconnect", () => {
  test("opens the replacement at once, while the old link still delivers and acks", async () => {
    const { supervisor, clock, sockets, connect, messages } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    expect(sockets).toHaveLength(2);
    expect(old.closing()).toBeUndefined();

    old.text(frameText({ messageId: "late", data: "{}" }));
    expect(messages).toHaveLength(1);
    expect(messages[0]?.link.send("ack")).toBe(true);
    expect(old.sent).toEqual(["ack"]);

    sockets[1]?.open();
    expect(supervisor.status()).toMatchObject({ state: "connected", generation: 2 });
  });

  test("is untouched when the old link ends after the hand-over", async () => {
    const { supervisor, clock, sockets, connect, counters } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    sockets[1]?.open();
    old.end(1000, "bye");
    await clock.advance(3000);
    expect(supervisor.status()).toMatchObject({ state: "connected", generation: 2, failures: 0 });
    expect(sockets).toHaveLength(2);
    expect(counters.read()).toEqual({ frames: 1, links_opened: 2 });
  });

  test("is untouched when the old link ends before the new one is open", async () => {
    const { supervisor, clock, sockets, connect } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    old.end(1000);
    await clock.advance(1000);
    expect(supervisor.status()).toMatchObject({ state: "connecting", generation: 2 });
    sockets[1]?.open();
    expect(supervisor.status().state).toBe("connected");
  });

  test("drops the old link 15 s later if DingTalk does not", async () => {
    const { clock, sockets, connect } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    sockets[1]?.open();
    for (let second = 1; second < 15; second++) {
      await clock.advance(1000);
      old.pong();
      sockets[1]?.pong();
    }
    expect(old.terminated()).toBe(false);
    await clock.advance(1000);
    expect(old.terminated()).toBe(true);
    expect(sockets[1]?.ended()).toBe(false);
  });

  test("takes a disconnect on the old link for nothing new", async () => {
    const { clock, sockets, connect } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    sockets[1]?.open();
    old.text(DISCONNECT);
    await clock.settle();
    expect(sockets).toHaveLength(2);
  });

  test("starts again at the shortest wait if the replacement fails after a link that lived", async () => {
    const { supervisor, clock, connect, answers } = supervising();
    answers.push("unavailable", "unavailable", "unavailable", "unavailable");
    supervisor.start();
    await clock.advance(1000 + 2000 + 4000 + 8000);
    const socket = await connect(false);
    expect(supervisor.status().state).toBe("connected");
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000);
      socket.pong();
    }
    answers.push("unavailable");
    socket.text(DISCONNECT);
    await clock.settle();
    expect(supervisor.status()).toMatchObject({ state: "waiting", failures: 1 });
    expect(supervisor.status().nextTryAt).toBe(clock.now() + 1000);
  });

  test("is at once each time, as long as the links before have lived", async () => {
    const { clock, sockets, connect } = supervising();
    let socket = await connect();
    for (let round = 1; round <= 5; round++) {
      for (let second = 0; second < 30; second += 5) {
        await clock.advance(5000);
        socket.pong();
      }
      socket.text(DISCONNECT);
      await clock.settle();
      expect(sockets).toHaveLength(round + 1);
      socket = await connect(false);
    }
  });

  test("does not race a server that sends every new link away at once", async () => {
    const { supervisor, clock, sockets } = supervising();
    supervisor.start();
    for (let round = 0; round < 100; round++) {
      await clock.advance(100);
      const socket = sockets.at(-1);
      if (socket === undefined || socket.ended()) continue;
      socket.open();
      socket.text(DISCONNECT);
      socket.end(1000);
    }
    // 10 s have passed: one replacement at once is right, ten a second are not.
    expect(sockets.length).toBeLessThan(20);
  });
});

describe("createSupervisor(), late events of old generations", () => {
  test("closes a link that opens when another attempt has taken its place", async () => {
    const { supervisor, clock, sockets } = supervising();
    supervisor.start();
    await clock.settle();
    supervisor.stop();
    supervisor.start();
    await clock.settle();
    expect(sockets).toHaveLength(2);
    sockets[0]?.open();
    expect(supervisor.status()).toMatchObject({ state: "connecting", generation: 2 });
    expect(sockets[0]?.closing()).toBeDefined();
    sockets[1]?.open();
    expect(supervisor.status().state).toBe("connected");
    sockets[0]?.end();
    expect(supervisor.status().state).toBe("connected");
  });

  test("does nothing with an endpoint that comes after stop()", async () => {
    const { supervisor, clock, sockets } = supervising();
    supervisor.start();
    supervisor.stop();
    await clock.advance(60_000);
    expect(sockets).toEqual([]);
    expect(supervisor.status().state).toBe("stopped");
  });

  test("dials once when stopped and started again while opening", async () => {
    const { supervisor, clock, sockets, opens } = supervising();
    supervisor.start();
    supervisor.stop();
    supervisor.start();
    await clock.settle();
    expect(opens()).toBe(2);
    expect(sockets.map(({ url }) => url)).toEqual(["wss://stream.test/connect?ticket=2"]);
  });
});

describe("Supervisor.stop()", () => {
  test("closes every link, the draining ones too, and never comes back", async () => {
    const { supervisor, clock, sockets, connect } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    sockets[1]?.open();
    supervisor.stop();
    expect(sockets.map((socket) => socket.closing())).toEqual([
      { code: 1000, reason: "bye" },
      { code: 1000, reason: "bye" },
    ]);
    await clock.advance(120_000);
    expect(sockets.map((socket) => socket.ended())).toEqual([true, true]);
    expect(sockets).toHaveLength(2);
    expect(supervisor.status()).toMatchObject({ state: "stopped", nextTryAt: null });
    expect(clock.pending).toBe(0);
  });

  test("takes the waiting retry back", async () => {
    const { supervisor, clock, opens, answers } = supervising();
    answers.push("unavailable");
    supervisor.start();
    await clock.settle();
    expect(supervisor.status().state).toBe("waiting");
    supervisor.stop();
    await clock.advance(120_000);
    expect(opens()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("is over after a second, even if DingTalk still asks to reconnect", async () => {
    const { supervisor, clock, connect } = supervising();
    const socket = await connect();
    supervisor.stop();
    socket.text(DISCONNECT);
    await clock.advance(1000);
    expect(socket.ended()).toBe(true);
    expect(supervisor.status().state).toBe("stopped");
    expect(clock.pending).toBe(0);
  });

  test("sends nothing more on the links it has closed", async () => {
    const { supervisor, connect, messages } = supervising();
    const socket = await connect();
    socket.text(frameText({ messageId: "m1", data: "{}" }));
    const link = messages[0]?.link as Link;
    supervisor.stop();
    expect(link.send("ack")).toBe(false);
    expect(socket.sent).toEqual([]);
  });
});
