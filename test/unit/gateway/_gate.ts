import { createCounters } from "../../../src/core/counters.ts";
import type { FailureKind } from "../../../src/core/gateway/errors.ts";
import { createGate, type Pass } from "../../../src/core/gateway/gate.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

interface Setup {
  readonly clock?: FakeClock;
  /** The ledger's notes, shared by the gates of one worker after the other. */
  readonly notes?: Map<string, string>;
  readonly ledgerFails?: boolean;
  readonly random?: number;
}

/** A gate whose gateway is the test. It says it is away until `health.problem` is undefined. */
export function gateOf(setup: Setup = {}) {
  const { clock = createFakeClock(), notes = new Map(), random = 0 } = setup;
  const log = createFakeLog();
  const counters = createCounters();
  const health = { problem: undefined as string | undefined, probes: [] as number[] };
  const events: string[] = [];
  const gate = createGate({
    async health() {
      health.probes.push(clock.now());
      return health.problem;
    },
    ledger: {
      note: async (key) => notes.get(key),
      async setNote(key, value) {
        if (setup.ledgerFails === true) throw new Error("disk full");
        if (value === undefined) notes.delete(key);
        else notes.set(key, value);
      },
    },
    clock,
    random: () => random,
    log,
    counters,
    onReady: () => void events.push("ready"),
    onOpen: () => void events.push("open"),
    onRoom: () => void events.push("room"),
  });
  const shut = (kind: FailureKind = "unreachable", retryAfterMs?: number) =>
    gate.shut({ kind, reason: "because", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  /** Shut, and then told by the gateway that it is back. */
  const readied = async () => {
    shut();
    await clock.advance(1000);
    if (gate.state !== "ready") throw new Error(`expected ready, is ${gate.state}`);
  };
  const enter = (): Pass => {
    const pass = gate.enter();
    if (pass === undefined) throw new Error("was not let in");
    return pass;
  };
  return { gate, clock, log, counters, health, events, notes, shut, readied, enter };
}
