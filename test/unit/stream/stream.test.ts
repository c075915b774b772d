import { describe, expect, test } from "bun:test";
import type { Log } from "../../../src/core/log.ts";
import { createStream } from "../../../src/core/stream/stream.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { frameText } from "../../support/fake-messages.ts";
import { playing } from "./_supervising.ts";

const DISCONNECT = frameText({ type: "SYSTEM", topic: "disconnect" });

/** A log that remembers which children were asked for. */
function namingLog() {
  const names: string[] = [];
  const fake = createFakeLog();
  const log: Log = {
    ...fake,
    child(name) {
      names.push(name);
      return fake;
    },
  };
  return { log, names };
}

function streaming(links: number) {
  const play = playing();
  const stream = createStream({ ...play.options, links });
  return {
    ...play,
    stream,
    states: () => stream.status().links.map(({ state }) => state),
    /** Starts it and lets every link open. */
    async connect() {
      stream.start();
      for (let link = 0; link < links; link++) {
        await play.clock.settle();
        play.last().open();
      }
    },
  };
}

describe("createStream()", () => {
  test("with one link is what its supervisor is", async () => {
    const { stream, connect, sockets, clock } = streaming(1);
    expect(stream.status()).toMatchObject({ state: "stopped", links: [{ state: "stopped" }] });
    await connect();
    await clock.settle();
    expect(sockets).toHaveLength(1);
    const { links, ...status } = stream.status();
    expect(status).toMatchObject({ state: "connected", generation: 1 });
    expect(links).toEqual([status]);
  });

  test("names its links in the log only when there are two", () => {
    for (const links of [1, 2]) {
      const { options } = playing();
      const { log, names } = namingLog();
      createStream({ ...options, log, links });
      expect(names).toEqual(links === 1 ? [] : ["link1", "link2"]);
    }
  });

  test("opens the second link once the first is up", async () => {
    const { stream, clock, sockets, opens, states, last } = streaming(2);
    stream.start();
    await clock.advance(1000);
    expect(opens()).toBe(1);
    expect(states()).toEqual(["connecting", "stopped"]);
    last().open();
    await clock.settle();
    expect(sockets).toHaveLength(2);
    expect(states()).toEqual(["connected", "connecting"]);
    last().open();
    expect(states()).toEqual(["connected", "connected"]);
  });

  test("finds out and tells only once that the secret is wrong", async () => {
    const { stream, clock, opens, answers, lines, last, states } = streaming(2);
    answers.push("credentials", "credentials");
    stream.start();
    await clock.advance(60_000);
    expect(opens()).toBe(2);
    expect(lines()).toHaveLength(2);
    await clock.advance(60_000);
    last().open();
    await clock.settle();
    last().open();
    expect(states()).toEqual(["connected", "connected"]);
  });

  test("takes messages on both links, and acks each on its own", async () => {
    const { connect, sockets, messages } = streaming(2);
    await connect();
    for (const [index, socket] of sockets.entries()) {
      socket.text(frameText({ messageId: `m${index}`, data: "{}" }));
      messages[index]?.link.send(`ack ${index}`);
    }
    expect(sockets.map(({ sent }) => sent)).toEqual([["ack 0"], ["ack 1"]]);
  });

  test("stays connected while one link is replaced or lost", async () => {
    const { stream, clock, connect, sockets, states } = streaming(2);
    await connect();
    sockets[0]?.text(DISCONNECT);
    expect(states()).toEqual(["connecting", "connected"]);
    expect(stream.status()).toMatchObject({ state: "connected", problem: null });
    await clock.settle();
    sockets[2]?.open();
    sockets[1]?.end();
    expect(states()).toEqual(["connected", "waiting"]);
    expect(stream.status()).toMatchObject({ state: "connected", problem: null });
    expect(stream.status().links[1]?.problem).toMatchObject({ kind: "link" });
    await clock.advance(1000);
    sockets[3]?.open();
    expect(states()).toEqual(["connected", "connected"]);
    expect(sockets).toHaveLength(4);
  });

  test("has the status of its best link", async () => {
    const { stream, clock, connect, sockets, answers, states } = streaming(2);
    await connect();
    answers.push("unavailable");
    sockets[0]?.end();
    await clock.advance(1000);
    sockets[1]?.end();
    expect(states()).toEqual(["waiting", "waiting"]);
    expect(stream.status()).toMatchObject({ state: "waiting", problem: { kind: "unavailable" } });
    await clock.advance(1000);
    expect(states()).toEqual(["waiting", "connecting"]);
    expect(stream.status().state).toBe("connecting");
  });

  test("knows the latest frame of any link", async () => {
    const { stream, clock, connect, sockets } = streaming(2);
    await connect();
    expect(stream.status().lastFrameAt).toBeNull();
    for (const index of [1, 0, 1]) {
      await clock.advance(1000);
      sockets[index]?.text(frameText({ type: "SYSTEM", topic: "ping", messageId: "p" }));
      expect(stream.status().lastFrameAt).toBe(clock.now());
    }
  });

  test.each([1, 2])("closes all %i links when stopped, and starts anew", async (links) => {
    const { stream, clock, connect, sockets, states } = streaming(links);
    await connect();
    stream.start();
    stream.stop();
    expect(states()).toEqual(Array.from({ length: links }, () => "stopped"));
    await clock.advance(120_000);
    expect(sockets.every((socket) => socket.ended())).toBe(true);
    expect(clock.pending).toBe(0);
    await connect();
    expect(states()).toEqual(Array.from({ length: links }, () => "connected"));
  });
});

describe("createStream(), after a sleep of the machine", () => {
  test.each([1, 2])("drops %i links, says so once and connects at once", async (links) => {
    const { stream, clock, connect, sockets, states, lines, live } = streaming(links);
    await connect();
    await live(60_000);
    const before = lines().length;
    clock.sleep(8 * 3_600_000);
    await clock.advance(2000);
    expect(sockets.slice(0, links).every((socket) => socket.terminated())).toBe(true);
    expect(sockets).toHaveLength(2 * links);
    expect(lines().slice(before)).toMatchObject([
      { level: "info", fields: { sleptMs: 8 * 3_600_000 } },
    ]);
    for (const socket of sockets.slice(links)) socket.open();
    expect(states()).toEqual(Array.from({ length: links }, () => "connected"));
    expect(stream.status().failures).toBe(0);
  });

  test("does not wait out what was left of a backoff", async () => {
    const { stream, clock, answers, opens } = streaming(1);
    answers.push("credentials");
    stream.start();
    await clock.settle();
    clock.sleep(60_000);
    await clock.advance(2000);
    expect(opens()).toBe(2);
    expect(stream.status().state).toBe("connecting");
  });

  test("goes on when the clock is set back", async () => {
    const { stream, clock, connect, sockets, live } = streaming(1);
    await connect();
    clock.sleep(-3_600_000);
    await live(60_000);
    expect(sockets).toHaveLength(1);
    expect(stream.status().state).toBe("connected");
  });

  test("survives a busy event loop without a new link", async () => {
    const { stream, clock, connect, sockets } = streaming(1);
    await connect();
    await clock.advance(10_000);
    clock.stall(12_000);
    await clock.advance(0);
    sockets[0]?.pong();
    await clock.advance(10_000);
    expect(sockets).toHaveLength(1);
    expect(stream.status().state).toBe("connected");
  });
});
