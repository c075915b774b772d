import { describe, expect, test } from "bun:test";
import { reasonOf } from "../../../src/core/log.ts";
import { never } from "../../support/fake-fetch.ts";
import { DONE, createFakeStream, delta, event, finish } from "../../support/fake-stream.ts";
import { QUESTION, asking, client, watch } from "./_asking.ts";

const whole = () => `${delta("late")}${finish()}${DONE}`;

describe("Gateway.ask(), time and abort", () => {
  test("ends a turn that is not over in time", async () => {
    const { asked, clock, calls } = asking(never);
    await clock.advance(1_799_999);
    expect(calls[0]?.signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(calls[0]?.signal?.aborted).toBe(true);
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "timeout" } });
    expect(clock.pending).toBe(0);
  });

  test("ends a stream that goes on too long, however busy", async () => {
    const stream = createFakeStream();
    const { asked, clock } = asking(({ signal }) => stream.response(signal));
    for (let minute = 0; minute < 30; minute++) {
      stream.write(delta("more "));
      await clock.advance(60_000);
    }
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "timeout" } });
  });

  test("is patient with a silent stream until then", async () => {
    const stream = createFakeStream();
    const { asked, clock } = asking(({ signal }) => stream.response(signal));
    await clock.advance(1_700_000);
    stream.write(whole());
    expect(await asked).toMatchObject({ ok: true, text: "late" });
  });

  test("takes a deadline of the request for one that nobody waits for any more", async () => {
    const stream = createFakeStream();
    const { asked, gateway, clock } = asking(({ signal }) => stream.response(signal));
    await clock.advance(1_800_000);
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "timeout" } });
    await gateway.quiet();
    expect(clock.pending).toBe(0);
  });

  test("does not ask at all when aborted before", async () => {
    const { gateway, calls } = client(never);
    const reason = new Error("stopping");
    const events = { onRun: () => undefined, onContent: () => undefined };
    const asked = gateway.ask(QUESTION, events, AbortSignal.abort(reason));
    expect(await asked.catch((error: unknown) => error)).toBe(reason);
    expect(calls).toEqual([]);
  });

  test("rejects with the signal's reason when aborted while waiting, and at once", async () => {
    const { asked, clock, halt } = asking(never);
    const state = watch(asked);
    await clock.settle();
    const reason = new Error("stopping");
    halt.abort(reason);
    await clock.settle();
    expect(state.over).toBe(true);
    expect(await asked.catch((error: unknown) => error)).toBe(reason);
  });

  test("rejects with the signal's reason when aborted in mid-stream", async () => {
    const stream = createFakeStream();
    const { asked, clock, halt } = asking(({ signal }) => stream.response(signal));
    stream.write(delta("half"));
    await clock.settle();
    const reason = new Error("stopping");
    halt.abort(reason);
    expect(await asked.catch((error: unknown) => error)).toBe(reason);
  });

  test("aborts nothing once the answer is complete", async () => {
    const stream = createFakeStream();
    const { asked, clock, halt, calls, gateway } = asking(({ signal }) => stream.response(signal));
    stream.write(whole());
    expect(await asked).toMatchObject({ ok: true, text: "late" });
    halt.abort(new Error("stopping"));
    await gateway.quiet();
    await clock.advance(60_000);
    expect(calls[0]?.signal?.aborted).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe("Gateway.ask(), the answer's end and the caller's in one moment", () => {
  test("aborts nothing that is complete", async () => {
    for (let later = 0; later < 40; later++) {
      const stream = createFakeStream();
      const under = asking(({ signal }) => stream.response(signal));
      await under.clock.advance(1000);
      stream.write(whole());
      for (let turns = 0; turns < later; turns++) await Promise.resolve();
      under.halt.abort(new Error("stopping"));
      await under.clock.advance(60_000);
      expect(under.calls[0]?.signal?.aborted).toBe(false);
      expect(under.clock.pending).toBe(0);
    }
  });
});

describe("Gateway.ask(), a request nobody waits for any more", () => {
  /** Aborted by the caller `afterMs` after it began. */
  async function left(afterMs: number) {
    const stream = createFakeStream();
    const under = asking(({ signal }) => stream.response(signal));
    await under.clock.advance(afterMs);
    under.halt.abort(new Error("stopping"));
    await under.clock.settle();
    const quiet = watch(under.gateway.quiet());
    const isAborted = () => under.calls[0]?.signal?.aborted;
    return { ...under, stream, quiet, isAborted };
  }

  test("is broken off 15.5 s after it began if no word came", async () => {
    const { clock, stream, quiet, isAborted } = await left(1000);
    // The first chunk has no words in it yet.
    stream.write(event({ id: "chatcmpl_1", choices: [{ delta: { role: "assistant" } }] }));
    await clock.advance(14_499);
    expect(isAborted()).toBe(false);
    expect(quiet.over).toBe(false);
    await clock.advance(1);
    expect(isAborted()).toBe(true);
    await clock.settle();
    expect(quiet.over).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("is broken off with its first words, but not in its first 4.5 s", async () => {
    const { clock, stream, quiet, isAborted } = await left(1000);
    await clock.advance(1000);
    stream.write(delta("I"));
    await clock.advance(2499);
    expect(isAborted()).toBe(false);
    await clock.advance(1);
    expect(isAborted()).toBe(true);
    await clock.settle();
    expect(quiet.over).toBe(true);
  });

  test("is broken off at its first words when it is older", async () => {
    const { clock, stream, isAborted } = await left(1000);
    await clock.advance(7000);
    expect(isAborted()).toBe(false);
    stream.write(delta("I"));
    await clock.settle();
    expect(isAborted()).toBe(true);
  });

  test.each([15_500, 60_000])("is broken off at once at an age of %i ms", async (afterMs) => {
    const { clock, isAborted, quiet } = await left(afterMs);
    expect(isAborted()).toBe(true);
    await clock.settle();
    expect(quiet.over).toBe(true);
  });

  test("may end by itself before", async () => {
    const { clock, stream, quiet, isAborted } = await left(1000);
    stream.write(`${delta("a")}${finish()}${DONE}`);
    stream.end();
    await clock.settle();
    expect(quiet.over).toBe(true);
    await clock.advance(60_000);
    expect(isAborted()).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("may fail before, and nobody hears of it", async () => {
    const { clock, stream, quiet, isAborted } = await left(1000);
    stream.break(new TypeError("terminated"));
    await clock.settle();
    expect(quiet.over).toBe(true);
    await clock.advance(60_000);
    expect(isAborted()).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("is waited for by quiet(), along with all the others", async () => {
    const { gateway, clock, calls } = client(never);
    const halt = new AbortController();
    const events = { onRun: () => undefined, onContent: () => undefined };
    for (let second = 0; second < 3; second++) {
      void gateway.ask(QUESTION, events, halt.signal).catch(() => undefined);
      await clock.advance(1000);
    }
    halt.abort(new Error("stopping"));
    await clock.settle();
    const quiet = watch(gateway.quiet());
    // The third is 1 s old now, the first 3 s.
    await clock.advance(14_499);
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, true, false]);
    expect(quiet.over).toBe(false);
    await clock.advance(1);
    expect(quiet.over).toBe(true);
  });

  test("keeps nobody who does not wait for it from asking anew", async () => {
    const { gateway } = await left(1000);
    const events = { onRun: () => undefined, onContent: () => undefined };
    const halt = AbortSignal.abort(new Error("stopping"));
    expect(await gateway.ask(QUESTION, events, halt).catch(reasonOf)).toBe("stopping");
  });
});
