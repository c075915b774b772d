import { describe, expect, test } from "bun:test";
import { createLink, type LinkEnd } from "../../../src/core/stream/link.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeDial, type FakeSocket } from "../../support/fake-socket.ts";

function dialled() {
  const clock = createFakeClock();
  const { dial, sockets } = createFakeDial();
  const seen = { opens: 0, texts: [] as string[], ends: [] as LinkEnd[] };
  const link = createLink(
    {
      dial,
      url: "wss://stream.test/connect?ticket=t",
      clock,
      dialTimeoutMs: 10_000,
      heartbeat: { intervalMs: 5000, misses: 2 },
    },
    {
      onOpen: () => void seen.opens++,
      onText: (text) => void seen.texts.push(text),
      onEnd: (end) => void seen.ends.push(end),
    },
  );
  return { clock, link, seen, socket: sockets[0] as FakeSocket };
}

describe("createLink()", () => {
  test("dials the URL with a limit on the size of a message", () => {
    const { socket } = dialled();
    expect(socket.url).toBe("wss://stream.test/connect?ticket=t");
    expect(socket.options.maxPayload).toBe(1024 * 1024);
  });

  test("hands on texts once it is open", () => {
    const { seen, socket } = dialled();
    socket.open();
    socket.text("a");
    socket.text("b");
    expect(seen).toMatchObject({ opens: 1, texts: ["a", "b"], ends: [] });
  });

  test("sends only while open, and says so", () => {
    const { link, socket } = dialled();
    expect(link.send("early")).toBe(false);
    socket.open();
    expect(link.send("now")).toBe(true);
    socket.end();
    expect(link.send("late")).toBe(false);
    expect(socket.sent).toEqual(["now"]);
  });

  test("gives up a dial that leads nowhere in time", async () => {
    const { clock, seen, socket } = dialled();
    await clock.advance(9999);
    expect(seen.ends).toEqual([]);
    await clock.advance(1);
    expect(socket.terminated()).toBe(true);
    expect(seen.ends).toEqual([
      { reason: "no connection within 10000 ms", oversize: false, livedMs: 0 },
    ]);
    expect(clock.pending).toBe(0);
  });

  test("does not open any more after it has ended", async () => {
    const { clock, seen, socket } = dialled();
    await clock.advance(10_000);
    socket.open();
    expect(seen.opens).toBe(0);
  });

  test("says what ended it and how long it lived, exactly once", async () => {
    const { clock, seen, socket } = dialled();
    socket.open();
    await clock.advance(3000);
    socket.end(1001, "going away");
    expect(seen.ends).toEqual([
      { reason: "closed with code 1001: going away", oversize: false, livedMs: 3000 },
    ]);
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    expect(seen.ends).toHaveLength(1);
  });

  test("ends once with livedMs 0 if it never opened", () => {
    const { seen, socket } = dialled();
    socket.end(1006);
    expect(seen.ends).toEqual([{ reason: "closed with code 1006", oversize: false, livedMs: 0 }]);
  });

  test("drops a dead peer: no pong, no frame, three intervals", async () => {
    const { clock, seen, socket } = dialled();
    socket.open();
    await clock.advance(14_999);
    expect(seen.ends).toEqual([]);
    await clock.advance(1);
    expect(socket.pings()).toBe(2);
    expect(socket.terminated()).toBe(true);
    expect(seen.ends[0]?.reason).toContain("no answer to 2 pings");
  });

  test("lives on pongs alone", async () => {
    const { clock, seen, socket } = dialled();
    socket.open();
    for (let round = 0; round < 20; round++) {
      await clock.advance(5000);
      socket.pong();
    }
    expect(seen.ends).toEqual([]);
  });

  test("lives on frames alone", async () => {
    const { clock, seen, socket } = dialled();
    socket.open();
    for (let round = 0; round < 20; round++) {
      await clock.advance(9000);
      socket.text("x");
    }
    expect(seen.ends).toEqual([]);
  });

  test("names an oversize frame as the cause", () => {
    const { seen, socket } = dialled();
    socket.open();
    socket.end(1009, "");
    expect(seen.ends).toMatchObject([{ oversize: true }]);
    expect(seen.ends[0]?.reason).toContain("larger than 1048576 bytes");
  });
});

describe("Link.drain()", () => {
  test("still takes and acks what comes in, then drops the link", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.open();
    link.drain(15_000);
    await clock.advance(1000);
    socket.text("late");
    expect(seen.texts).toEqual(["late"]);
    expect(link.send("ack")).toBe(true);
    socket.pong();
    await clock.advance(9000);
    socket.pong();
    await clock.advance(4999);
    expect(seen.ends).toEqual([]);
    await clock.advance(1);
    expect(socket.terminated()).toBe(true);
    expect(seen.ends).toMatchObject([{ reason: "drained" }]);
  });

  test("is over when the peer closes first", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.open();
    link.drain(15_000);
    await clock.advance(10_000);
    socket.end(1000);
    expect(seen.ends).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe("Link.close()", () => {
  test("asks politely and drops the link a second later", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.open();
    link.close();
    expect(socket.closing()).toEqual({ code: 1000, reason: "bye" });
    await clock.advance(999);
    expect(socket.terminated()).toBe(false);
    await clock.advance(1);
    expect(socket.terminated()).toBe(true);
    expect(seen.ends).toMatchObject([{ reason: "closed by us" }]);
    expect(clock.pending).toBe(0);
  });

  test("ends a dial under way too", async () => {
    const { clock, link, seen, socket } = dialled();
    link.close();
    await clock.advance(1000);
    expect(socket.terminated()).toBe(true);
    expect(seen.ends).toMatchObject([{ livedMs: 0 }]);
  });

  test("does nothing to a link that has ended", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.end();
    link.close();
    await clock.advance(5000);
    expect(socket.closing()).toBeUndefined();
    expect(seen.ends).toHaveLength(1);
  });

  test("makes send() say false: what is sent on a closing link is lost", () => {
    const { link, socket } = dialled();
    socket.open();
    link.close();
    expect(link.send("ack")).toBe(false);
    expect(socket.sent).toEqual([]);
  });

  test("is not put off by a drain() that comes later", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.open();
    link.close();
    link.drain(15_000);
    await clock.advance(1000);
    expect(seen.ends).toHaveLength(1);
  });
});

describe("Link.drop()", () => {
  test("ends it now, and neither takes nor sends anything more", async () => {
    const { clock, link, seen, socket } = dialled();
    socket.open();
    await clock.advance(3000);
    link.drop("not trusted");
    expect(socket.terminated()).toBe(true);
    socket.text("late");
    expect(link.send("ack")).toBe(false);
    await clock.settle();
    expect(seen).toMatchObject({ texts: [], ends: [{ reason: "not trusted", livedMs: 3000 }] });
    expect(clock.pending).toBe(0);
  });

  test("ends a dial under way and a link that is closing", async () => {
    const dialling = dialled();
    dialling.link.drop("not trusted");
    await dialling.clock.settle();
    expect(dialling.seen).toMatchObject({ opens: 0, ends: [{ livedMs: 0 }] });

    const closing = dialled();
    closing.socket.open();
    closing.link.close();
    closing.link.drop("not trusted");
    await closing.clock.settle();
    expect(closing.seen.ends).toMatchObject([{ reason: "closed by us" }]);
  });

  test("does nothing to a link that has ended", () => {
    const { link, seen, socket } = dialled();
    socket.end();
    link.drop("not trusted");
    expect(socket.terminated()).toBe(false);
    expect(seen.ends).toHaveLength(1);
  });
});

describe("Link.livedMs()", () => {
  test("counts from the opening, whatever the wall clock does", async () => {
    const { clock, link, socket } = dialled();
    await clock.advance(1000);
    expect(link.livedMs()).toBe(0);
    socket.open();
    clock.sleep(-3_600_000);
    await clock.advance(2000);
    expect(link.livedMs()).toBe(2000);
  });
});
