import { describe, expect, test } from "bun:test";
import { createCounters } from "../../../src/core/counters.ts";
import { createGate } from "../../../src/core/gateway/gate.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { gateOf } from "./_gate.ts";

describe("Gate.outageMs()", () => {
  test("runs while the gateway cannot be reached, not while one turn tries or all do", async () => {
    const { gate, clock, shut, enter } = gateOf();
    await clock.advance(10_000);
    shut();
    await clock.advance(1000);
    expect(gate.outageMs()).toBe(1000);
    const pass = enter();
    await clock.advance(7000);
    expect(gate.outageMs()).toBe(1000);
    shut();
    pass.over();
    await clock.advance(2000);
    expect(gate.outageMs()).toBe(3000);
    enter().works();
    await clock.advance(60_000);
    expect(gate.outageMs()).toBe(3000);
  });

  test("does not count the machine's sleep or a clock that is set", async () => {
    const { gate, clock, health, shut } = gateOf();
    health.problem = "away";
    shut();
    clock.sleep(8 * 60 * 60_000);
    await clock.advance(5000);
    expect(gate.outageMs()).toBe(5000);
  });

  test("goes on after a restart, without the time in which no worker ran", async () => {
    const first = gateOf();
    first.health.problem = "away";
    const since = first.clock.now();
    first.shut();
    await first.clock.advance(20_000);
    await first.gate.stop();
    expect(first.clock.pending).toBe(0);

    const clock = createFakeClock(first.clock.now() + 60 * 60_000);
    const second = gateOf({ clock, notes: first.notes });
    second.health.problem = "away";
    await second.gate.start();
    expect(second.gate.state).toBe("shut");
    expect(second.gate.since).toBe(since);
    await clock.advance(10_000);
    expect(second.gate.outageMs()).toBe(30_000);
    expect(second.gate.since).toBe(since);
  });

  test("loses 10 s at most in a crash", async () => {
    const first = gateOf();
    first.health.problem = "away";
    first.shut();
    await first.clock.advance(29_999);
    const second = gateOf({ notes: first.notes });
    await second.gate.start();
    expect(second.gate.outageMs()).toBeGreaterThanOrEqual(20_000);
    expect(second.gate.outageMs()).toBeLessThan(30_000);
  });

  test("is remembered after the outage too: messages of that time may still wait", async () => {
    const first = gateOf();
    await first.readied();
    first.enter().works();
    await first.gate.stop();
    const second = gateOf({ notes: first.notes });
    await second.gate.start();
    expect(second.gate.state).toBe("open");
    expect(second.gate.outageMs()).toBe(1000);
    expect(second.health.probes).toEqual([]);
  });

  test("is counted where it cannot be written down", async () => {
    const { gate, clock, health, shut } = gateOf({ ledgerFails: true });
    health.problem = "away";
    shut();
    await clock.advance(60_000);
    expect(gate.outageMs()).toBe(60_000);
    await gate.stop();
  });
});

describe("Gate.start()", () => {
  test("is open where nothing is known", async () => {
    const { gate, clock, health } = gateOf();
    await gate.start();
    await clock.advance(60_000);
    expect(gate.state).toBe("open");
    expect(health.probes).toEqual([]);
  });

  test("probes at once where an earlier process has seen an outage", async () => {
    const first = gateOf();
    first.shut();
    const second = gateOf({ notes: first.notes });
    await second.gate.start();
    await second.clock.settle();
    expect(second.health.probes).toEqual([second.clock.now()]);
    expect(second.gate.state).toBe("ready");
    expect(second.events).toEqual(["ready"]);
    const pass = second.gate.enter();
    pass?.works();
    expect(second.gate.state).toBe("open");
    const third = gateOf({ notes: first.notes });
    await third.gate.start();
    expect(third.gate.state).toBe("open");
  });

  test("passes over a note that cannot be read", async () => {
    const { gate } = gateOf({ notes: new Map([["gateway-outage", "{"]]) });
    await gate.start();
    expect(gate.state).toBe("open");
  });
});

describe("Gate.stop()", () => {
  test("leaves no timer behind, in any state", async () => {
    const fresh = gateOf();
    await fresh.gate.stop();
    expect(fresh.clock.pending).toBe(0);

    const shut = gateOf();
    shut.shut();
    await shut.gate.stop();
    expect(shut.clock.pending).toBe(0);

    const ready = gateOf();
    await ready.readied();
    await ready.gate.stop();
    expect(ready.clock.pending).toBe(0);

    const open = gateOf();
    await open.readied();
    open.enter().works();
    await open.gate.stop();
    expect(open.clock.pending).toBe(0);
  });

  test("is the end of probing, also where a probe is under way", async () => {
    const clock = createFakeClock();
    let probes = 0;
    let answer = (_problem: string) => {};
    const gate = createGate({
      health() {
        probes++;
        return new Promise((resolve) => (answer = resolve));
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
    gate.shut({ kind: "unreachable", reason: "because" });
    await clock.advance(1000);
    await gate.stop();
    answer("away");
    await clock.advance(60_000);
    expect(probes).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
