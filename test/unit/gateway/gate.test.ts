import { describe, expect, test } from "bun:test";
import { createCounters } from "../../../src/core/counters.ts";
import { createGate } from "../../../src/core/gateway/gate.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { gateOf } from "./_gate.ts";

describe("createGate(), open", () => {
  test("lets everybody in, and counts no outage", async () => {
    const { gate, clock, health, events } = gateOf();
    const passes = Array.from({ length: 20 }, () => gate.enter());
    expect(passes).not.toContain(undefined);
    await clock.advance(60_000);
    expect(gate.state).toBe("open");
    expect(gate.outageMs()).toBe(0);
    expect(gate.status()).toEqual({ state: "open", since: null, reason: null });
    expect(gate.capacity(1000)).toBe(1000);
    expect(health.probes).toEqual([]);
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("is not moved by a turn that works or is taken", async () => {
    const { clock, enter, events } = gateOf();
    const pass = enter();
    pass.taken();
    pass.works();
    pass.over();
    await clock.advance(60_000);
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("Gate.shut()", () => {
  test.each(["unreachable", "busy", "needs-restart"] as const)("lets nobody in: %s", (kind) => {
    const { gate, clock, shut, counters } = gateOf();
    const now = clock.now();
    shut(kind);
    expect(gate.enter()).toBeUndefined();
    expect(gate.status()).toEqual({ state: "shut", since: now, reason: "because" });
    expect(counters.read()).toEqual({ gateway_outages: 1 });
  });

  test("is one outage, however many turns find out", async () => {
    const { gate, clock, shut, counters, log } = gateOf();
    const now = clock.now();
    for (let turn = 0; turn < 20; turn++) shut();
    await clock.advance(500);
    shut();
    expect(gate.since).toBe(now);
    expect(counters.read()).toEqual({ gateway_outages: 1 });
    expect(log.entries.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test("says loudly, and once, where a person must restart the gateway", async () => {
    const { gate, clock, shut, enter, log } = gateOf();
    shut("needs-restart");
    // Its /readyz is well all the time, so one turn after the other tries in vain.
    for (let tries = 0; tries < 10; tries++) {
      await clock.advance(15_000);
      expect(gate.state).toBe("ready");
      const pass = enter();
      shut("needs-restart");
      pass.over();
    }
    const loud = log.entries.filter(({ level }) => level !== "debug");
    expect(loud).toEqual([
      {
        level: "error",
        message: "the gateway must be restarted: messages are held",
        fields: { kind: "needs-restart", reason: "because" },
      },
    ]);
  });

  test("says it anew in the next outage", async () => {
    const { shut, enter, readied, log } = gateOf();
    await readied();
    const pass = enter();
    pass.works();
    pass.over();
    shut();
    expect(log.entries.filter(({ level }) => level === "warn")).toHaveLength(2);
  });
});

describe("createGate(), its probes", () => {
  test("come at growing distances, 15 s at most", async () => {
    const { clock, health, shut } = gateOf();
    health.problem = "startup-sidecars";
    const start = clock.now();
    shut();
    await clock.advance(90_000);
    const seconds = health.probes.map((at) => (at - start) / 1000);
    expect(seconds).toEqual([1, 3, 7, 15, 30, 45, 60, 75, 90]);
  });

  test("come a little sooner by chance, so that many workers do not come together", async () => {
    const { clock, health, shut } = gateOf({ random: 0.999 });
    health.problem = "startup-sidecars";
    const start = clock.now();
    shut();
    await clock.advance(3000);
    expect(health.probes.map((at) => at - start)).toEqual([700, 2101]);
  });

  test("wait as long as the gateway asks for", async () => {
    const { clock, health, shut } = gateOf();
    shut("busy", 5000);
    await clock.advance(4999);
    expect(health.probes).toEqual([]);
    await clock.advance(1);
    expect(health.probes).toHaveLength(1);
  });

  test("do not come sooner for a Retry-After that is short", async () => {
    const { clock, health, shut } = gateOf();
    shut("busy", 100);
    await clock.advance(999);
    expect(health.probes).toEqual([]);
  });

  test("come after a while also where the gateway asks for a day", async () => {
    const { clock, health, shut } = gateOf();
    shut("busy", 24 * 60 * 60_000);
    await clock.advance(5 * 60_000);
    expect(health.probes.length).toBeGreaterThan(0);
  });

  test("tell what is wrong now", async () => {
    const { gate, clock, health, shut } = gateOf();
    health.problem = "startup-sidecars";
    shut();
    await clock.advance(1000);
    expect(gate.status()).toMatchObject({ state: "shut", reason: "startup-sidecars" });
  });

  test("are never two at once, though one hangs for long", async () => {
    const clock = createFakeClock();
    let open = 0;
    let most = 0;
    const gate = createGate({
      async health() {
        most = Math.max(most, ++open);
        await new Promise<void>((resolve) => clock.after(5000, resolve));
        open--;
        return "no answer within 5000 ms";
      },
      ledger: { note: async () => undefined, setNote: async () => undefined },
      clock,
      random: () => 0,
      log: createFakeLog(),
      counters: createCounters(),
      onReady: () => undefined,
      onOpen: () => undefined,
      onRoom: () => undefined,
    });
    for (let at = 0; at < 60; at++) {
      gate.shut({ kind: "unreachable", reason: "because" });
      await clock.advance(1000);
    }
    expect(most).toBe(1);
  });
});

describe("createGate(), ready", () => {
  test("calls one turn, and lets exactly one in", async () => {
    const { gate, readied, events } = gateOf();
    await readied();
    expect(events).toEqual(["ready"]);
    expect(gate.probing).toBe(false);
    expect(gate.enter()).toBeDefined();
    expect(gate.probing).toBe(true);
    expect(gate.enter()).toBeUndefined();
    expect(gate.enter()).toBeUndefined();
  });

  test("stays shut to all others until the turn's first words", async () => {
    const { gate, clock, readied, enter, events } = gateOf();
    await readied();
    const pass = enter();
    pass.taken();
    await clock.advance(14_999);
    expect(gate.state).toBe("ready");
    expect(gate.enter()).toBeUndefined();
    pass.works();
    expect(gate.state).toBe("open");
    expect(events).toEqual(["ready", "open"]);
    expect(gate.enter()).toBeDefined();
  });

  test("is shut again when the turn has not been taken for 30 s", async () => {
    const { gate, clock, readied, enter } = gateOf();
    await readied();
    const pass = enter();
    await clock.advance(29_999);
    expect(gate.state).toBe("ready");
    await clock.advance(1);
    expect(gate.state).toBe("shut");
    pass.works();
    expect(gate.state).toBe("shut");
  });

  test("opens when the turn was taken 15 s ago and has not failed: a first word may take minutes", async () => {
    const { gate, clock, readied, enter } = gateOf();
    await readied();
    const pass = enter();
    await clock.advance(20_000);
    pass.taken();
    await clock.advance(14_999);
    expect(gate.state).toBe("ready");
    await clock.advance(1);
    expect(gate.state).toBe("open");
  });

  test("does not open for a turn that nobody has taken", async () => {
    const { gate, clock, readied, enter } = gateOf();
    await readied();
    enter();
    await clock.advance(10 * 60_000);
    expect(gate.state).toBe("ready");
  });

  test("does not open for a turn that is over without a word", async () => {
    const { gate, clock, readied, enter } = gateOf();
    await readied();
    const pass = enter();
    pass.taken();
    await clock.advance(10_000);
    pass.over();
    await clock.advance(60_000);
    expect(gate.state).toBe("ready");
  });

  test("lets the next one try when a try came to nothing", async () => {
    const { gate, readied, enter } = gateOf();
    await readied();
    enter().over();
    expect(gate.probing).toBe(false);
    expect(gate.enter()).toBeDefined();
    expect(gate.enter()).toBeUndefined();
  });

  test("is shut again by a try that fails, with the next longer wait, in the same outage", async () => {
    const { gate, clock, health, readied, shut, enter, counters } = gateOf();
    const { now } = clock;
    const start = now();
    await readied();
    const pass = enter();
    shut();
    pass.over();
    expect(gate.state).toBe("shut");
    expect(gate.since).toBe(start);
    expect(gate.enter()).toBeUndefined();
    expect(counters.read()).toEqual({ gateway_outages: 1 });
    await clock.advance(1999);
    expect(health.probes).toHaveLength(1);
    await clock.advance(1);
    expect(health.probes).toHaveLength(2);
    expect(gate.state).toBe("ready");
  });

  test("honours a Retry-After of the try too", async () => {
    const { clock, health, readied, shut, enter } = gateOf();
    await readied();
    const pass = enter();
    shut("busy", 30_000);
    pass.over();
    await clock.advance(29_999);
    expect(health.probes).toHaveLength(1);
    await clock.advance(1);
    expect(health.probes).toHaveLength(2);
  });

  test("is not opened by the words of a turn from before it was shut again", async () => {
    const { gate, readied, shut, enter } = gateOf();
    await readied();
    const first = enter();
    first.works();
    // A drain: what runs may end, new turns are refused.
    shut("busy");
    first.works();
    first.over();
    expect(gate.state).toBe("shut");
    expect(gate.enter()).toBeUndefined();
  });

  test("is not opened by a try that was taken before another turn found it shut", async () => {
    const { gate, clock, health, readied, shut, enter } = gateOf();
    await readied();
    enter().taken();
    await clock.advance(5000);
    health.problem = "gateway-draining";
    shut("busy");
    await clock.advance(60_000);
    expect(gate.state).toBe("shut");
  });
});

describe("Gate.capacity()", () => {
  test("grows after an outage: 4 turns, then twice as many each second", async () => {
    const { gate, clock, readied, enter, events } = gateOf();
    await readied();
    const pass = enter();
    pass.works();
    pass.over();
    const seen: number[] = [];
    for (let second = 0; second < 10; second++) {
      seen.push(gate.capacity(1000));
      await clock.advance(1000);
    }
    expect(seen).toEqual([4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000]);
    expect(events.filter((each) => each === "room").length).toBeGreaterThanOrEqual(10);
    await clock.advance(60_000);
    expect(gate.capacity(100_000)).toBe(100_000);
    expect(clock.pending).toBe(0);
  });

  test("is never more than what the configuration allows", async () => {
    const { gate, readied, enter } = gateOf();
    await readied();
    enter().works();
    expect(gate.capacity(2)).toBe(2);
  });

  test("begins anew with the next outage", async () => {
    const { gate, clock, readied, shut, enter } = gateOf();
    await readied();
    const pass = enter();
    pass.works();
    pass.over();
    await clock.advance(5000);
    expect(gate.capacity(1000)).toBe(128);
    shut();
    await clock.advance(1000);
    enter().works();
    expect(gate.capacity(1000)).toBe(4);
    await clock.advance(1000);
    expect(gate.capacity(1000)).toBe(8);
  });
});
