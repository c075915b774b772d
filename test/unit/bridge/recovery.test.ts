import { describe, expect, test } from "bun:test";
import { createRecovery } from "../../../src/core/bridge/recovery.ts";
import type { GatewayFailure } from "../../../src/core/gateway/errors.ts";
import type { GateState } from "../../../src/core/gateway/gate.ts";
import type { AskedBefore, Found } from "../../../src/core/gateway/history.ts";
import { reasonOf } from "../../../src/core/log.ts";
import type { Asked } from "../../../src/core/store.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const MINUTE = 60_000;
const TIMEOUT_MS = 30 * MINUTE;
const HOLD_MS = 60 * MINUTE;

/** A recovery that starts now; what the gateway says of a question asked `agoMs` ago is `found`. */
function recovering(found: Found | Error, options: { health?: string; state?: GateState } = {}) {
  const clock = createFakeClock();
  const shut: GatewayFailure[] = [];
  const looked: AskedBefore[] = [];
  const gate: { state: GateState } = { state: options.state ?? "open" };
  const recovery = createRecovery({
    gateway: {
      async look(asked) {
        looked.push(asked);
        if (found instanceof Error) throw found;
        return found;
      },
      health: async () => options.health,
    },
    gate: {
      get state() {
        return gate.state;
      },
      shut: (failure) => void shut.push(failure),
    },
    clock,
    timeoutMs: TIMEOUT_MS,
    holdMs: HOLD_MS,
  });
  const start = clock.now();
  const find = (asked: Partial<Asked> = {}) =>
    recovery.find(
      "session",
      { text: "你好", at: start, runId: undefined, broken: true, ...asked },
      new AbortController().signal,
    );
  return { find, clock, shut, looked, start };
}

describe("Recovery.find()", () => {
  test("gives an answer on as it was found", async () => {
    const found = {
      kind: "answered",
      text: "hello",
      truncated: true,
      shortened: true,
      media: [],
      runId: "chatcmpl_9",
    } as const;
    const { find, looked, start } = recovering(found);
    expect(await find({ runId: "chatcmpl_1" })).toEqual(found);
    expect(looked).toMatchObject([
      { session: "session", text: "你好", at: start, runId: "chatcmpl_1" },
    ]);
  });

  test("looks only where the gateway may answer", async () => {
    const { find, looked, shut } = recovering({ kind: "absent" }, { state: "shut" });
    expect(await find()).toEqual({ kind: "held" });
    expect(looked).toEqual([]);
    expect(shut).toEqual([]);
    const ready = recovering({ kind: "cut-off" }, { state: "ready" });
    expect(await ready.find()).toMatchObject({ kind: "ask" });
  });

  test("asks again what was begun and cut off, and lets the agent know", async () => {
    const { find } = recovering({ kind: "cut-off" });
    expect(await find()).toMatchObject({ kind: "ask", begun: true });
  });

  test("tells of a turn that failed at the model", async () => {
    const { find } = recovering({ kind: "failed" });
    expect(await find()).toMatchObject({ kind: "failed", failure: { kind: "model-failed" } });
  });

  test("rejects when the worker stops", async () => {
    const { find } = recovering(new Error("stopping"));
    expect(await find().catch(reasonOf)).toBe("stopping");
  });
});

describe("Recovery.find(), a turn the gateway is at", () => {
  test.each([
    [0, 2000],
    [20_000, 2000],
    [MINUTE, 6000],
    [5 * MINUTE, 30_000],
    [29 * MINUTE, 30_000],
  ])("is looked at again: after %i ms in %i ms", async (waitedMs, lookAgainMs) => {
    const { find, clock } = recovering({ kind: "running" });
    await clock.advance(waitedMs);
    expect(await find()).toEqual({ kind: "running", lookAgainMs });
  });

  test("has the time of any turn, from when it was asked", async () => {
    const { find, clock } = recovering({ kind: "running" });
    await clock.advance(TIMEOUT_MS - 1);
    expect(await find()).toMatchObject({ kind: "running" });
    await clock.advance(1);
    expect(await find()).toMatchObject({ kind: "failed", failure: { kind: "timeout" } });
  });

  test("has it from the start of this worker where no worker ran for a while", async () => {
    const { find, clock, start } = recovering({ kind: "running" });
    const at = start - 24 * 60 * MINUTE;
    await clock.advance(TIMEOUT_MS - 1);
    expect(await find({ at })).toMatchObject({ kind: "running" });
    await clock.advance(1);
    expect(await find({ at })).toMatchObject({ kind: "failed", failure: { kind: "timeout" } });
  });
});

describe("Recovery.find(), a question the gateway does not know", () => {
  test("is looked for again until it would show, then asked again as if for the first time", async () => {
    const { find, clock } = recovering({ kind: "absent" });
    expect(await find()).toEqual({ kind: "running", lookAgainMs: 2000 });
    await clock.advance(4999);
    expect(await find()).toMatchObject({ kind: "running" });
    await clock.advance(1);
    expect(await find()).toMatchObject({ kind: "ask", begun: false });
  });

  test("is asked again at once after a restart that took longer", async () => {
    const { find, start } = recovering({ kind: "absent" });
    expect(await find({ at: start - 5000, broken: false })).toMatchObject({
      kind: "ask",
      begun: false,
    });
  });
});

describe("Recovery.find(), a gateway that cannot be reached", () => {
  test("shuts the gate and holds the turn", async () => {
    const { find, shut } = recovering({ kind: "unreachable", reason: "ECONNREFUSED" });
    expect(await find()).toEqual({ kind: "held" });
    expect(shut).toEqual([{ kind: "unreachable", reason: "ECONNREFUSED" }]);
  });

  test("is one that answers, but is not ready: it is starting", async () => {
    const found = { kind: "unreadable", reason: "sessions_list: HTTP 500" } as const;
    for (const broken of [true, false]) {
      const { find, shut } = recovering(found, { health: "startup-sidecars" });
      expect(await find({ broken })).toEqual({ kind: "held" });
      expect(shut).toEqual([{ kind: "unreachable", reason: "startup-sidecars" }]);
    }
  });
});

describe("Recovery.find(), records that cannot be read", () => {
  const found = { kind: "unreadable", reason: "sessions_history: HTTP 404" } as const;

  test("after a crash of our own, which ended the run: it is asked again", async () => {
    const { find, shut } = recovering(found);
    expect(await find({ broken: false })).toMatchObject({ kind: "ask", begun: true });
    expect(shut).toEqual([]);
  });

  test("after a break of the gateway's, which may go on with it: looked at again, then given up", async () => {
    const { find, clock } = recovering(found);
    expect(await find()).toEqual({ kind: "running", lookAgainMs: 2000 });
    await clock.advance(HOLD_MS - 1);
    expect(await find()).toMatchObject({ kind: "running", lookAgainMs: 30_000 });
    await clock.advance(1);
    expect(await find()).toMatchObject({ kind: "failed", failure: { kind: "broken" } });
  });
});
