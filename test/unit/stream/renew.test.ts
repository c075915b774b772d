import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { OpenResult } from "../../../src/core/stream/open.ts";
import { createSupervisor } from "../../../src/core/stream/supervisor.ts";
import { frameText } from "../../support/fake-messages.ts";
import { playing, supervising } from "./_supervising.ts";

const DISCONNECT = frameText({ type: "SYSTEM", topic: "disconnect" });

describe("Supervisor.renew()", () => {
  test("drops the links it has, the draining ones too, and connects at once", async () => {
    const { supervisor, clock, sockets, connect, counters } = supervising();
    const old = await connect();
    old.text(DISCONNECT);
    await clock.settle();
    sockets[1]?.open();
    supervisor.renew();
    expect(sockets.map((socket) => socket.terminated())).toEqual([true, true]);
    await connect(false);
    expect(sockets).toHaveLength(3);
    expect(supervisor.status()).toMatchObject({ state: "connected", generation: 3, failures: 0 });
    expect(counters.read()).toEqual({ frames: 1, links_opened: 3 });
  });

  test("takes nothing in any more by a link it has dropped", async () => {
    const { supervisor, connect, messages } = supervising();
    const old = await connect();
    supervisor.renew();
    old.text(frameText({ messageId: "m1", data: "{}" }));
    expect(messages).toEqual([]);
  });

  test("connects out of a wait, and starts again at the shortest", async () => {
    const { supervisor, clock, opens, answers } = supervising();
    answers.push(...Array.from({ length: 11 }, () => "unavailable" as const));
    supervisor.start();
    await clock.advance(5 * 60_000);
    const before = opens();
    supervisor.renew();
    await clock.settle();
    expect(opens()).toBe(before + 1);
    expect(supervisor.status()).toMatchObject({ failures: 1, nextTryAt: clock.now() + 1000 });
    await clock.advance(1000);
    expect(opens()).toBe(before + 2);
  });

  test("connects at once where a person was needed, too", async () => {
    const { supervisor, clock, answers, connect } = supervising();
    answers.push("credentials");
    supervisor.start();
    await clock.settle();
    supervisor.renew();
    await connect(false);
    expect(supervisor.status()).toMatchObject({ state: "connected", problem: null });
    await clock.advance(10_000);
    expect(clock.pending).toBe(1);
  });

  test("takes the place of a dial under way", async () => {
    const { supervisor, clock, sockets } = supervising();
    supervisor.start();
    await clock.settle();
    supervisor.renew();
    await clock.settle();
    expect(sockets.map((socket) => socket.terminated())).toEqual([true, false]);
    sockets[0]?.open();
    expect(supervisor.status().state).toBe("connecting");
    sockets[1]?.open();
    expect(supervisor.status()).toMatchObject({ state: "connected", generation: 2, failures: 0 });
  });

  test("does not count the links it drops as dying young", async () => {
    const { supervisor, clock, connect, lines } = supervising();
    await connect();
    for (let round = 0; round < 5; round++) {
      supervisor.renew();
      await clock.settle();
      await connect(false);
    }
    expect(lines().filter(({ level }) => level === "warn")).toEqual([]);
  });

  test("does nothing once stopped", async () => {
    const { supervisor, clock, opens } = supervising();
    supervisor.renew();
    await clock.settle();
    expect(opens()).toBe(0);
    expect(supervisor.status().state).toBe("stopped");
  });
});

/** A supervisor whose opens are answered one by one, and the number of attempts it has under way. */
function counting() {
  const play = playing();
  const opening: { readonly signal: AbortSignal; settle(answer: OpenResult): void }[] = [];
  const supervisor = createSupervisor({
    ...play.options,
    open: (signal) =>
      new Promise((resolve) => {
        const attempt = {
          signal,
          settle(answer: OpenResult) {
            opening.splice(opening.indexOf(attempt), 1);
            resolve(answer);
          },
        };
        opening.push(attempt);
      }),
  });
  const opened = new Set<unknown>();
  const underWay = () => [
    ...opening.filter(({ signal }) => !signal.aborted),
    ...play.sockets.filter(
      (socket) =>
        !opened.has(socket) && !socket.ended() && !socket.terminated() && !socket.closing(),
    ),
  ];
  return { ...play, supervisor, opening, opened, underWay };
}

describe("createSupervisor(), whatever comes together", () => {
  const deed = fc.record({
    what: fc.constantFrom(
      ...(["answer", "refuse", "open", "disconnect", "end", "renew"] as const),
      ...(["stop", "start", "second", "wait", "settle"] as const),
    ),
    which: fc.nat(2),
  });

  test("never has two attempts under way, and always gets connected again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 30 }), async (deeds) => {
        const { supervisor, clock, sockets, opening, opened, underWay } = counting();
        const answer = () =>
          opening[0]?.settle({ ok: true, url: "wss://stream.test/connect?ticket=1" });
        const open = (socket = sockets.at(-1)) => {
          if (socket === undefined || socket.ended()) return;
          opened.add(socket);
          socket.open();
        };
        supervisor.start();
        for (const { what, which } of deeds) {
          // One of the latest three: old links have their say too.
          const socket = sockets.at(-1 - which);
          if (what === "answer") answer();
          else if (what === "refuse")
            opening[0]?.settle({ ok: false, failure: "unavailable", reason: "busy" });
          else if (what === "open") open(socket);
          else if (what === "disconnect" && opened.has(socket)) socket?.text(DISCONNECT);
          else if (what === "end") socket?.end();
          else if (what === "renew") supervisor.renew();
          else if (what === "stop") supervisor.stop();
          else if (what === "start") supervisor.start();
          else if (what === "second") await clock.advance(1000);
          else if (what === "wait") await clock.advance(20_000);
          else if (what === "settle") await clock.settle();
          expect(underWay().length).toBeLessThanOrEqual(1);
        }
        supervisor.start();
        supervisor.renew();
        while (opening.length > 0) answer();
        await clock.settle();
        open();
        expect(supervisor.status().state).toBe("connected");
        supervisor.stop();
        await clock.advance(60_000);
        expect(clock.pending).toBe(0);
        expect(underWay()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ["wake, disconnect, end", ["renew", "disconnect", "end"]],
    ["wake, end, disconnect", ["renew", "end", "disconnect"]],
    ["disconnect, wake, end", ["disconnect", "renew", "end"]],
    ["disconnect, end, wake", ["disconnect", "end", "renew"]],
    ["end, wake, disconnect", ["end", "renew", "disconnect"]],
    ["end, disconnect, wake", ["end", "disconnect", "renew"]],
  ])("has one attempt under way after %s", async (_order, deeds) => {
    const { supervisor, clock, sockets, connect } = supervising();
    const socket = await connect();
    for (const deed of deeds) {
      if (deed === "renew") supervisor.renew();
      if (deed === "disconnect") socket.text(DISCONNECT);
      if (deed === "end") socket.end();
    }
    await clock.advance(5000);
    expect(sockets).toHaveLength(2);
    expect(supervisor.status().state).toBe("connecting");
    await connect(false);
    expect(supervisor.status().state).toBe("connected");
  });
});
