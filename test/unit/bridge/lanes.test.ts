import { describe, expect, test } from "bun:test";
import { createLanes, type Step } from "../../../src/core/bridge/lanes.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

/** Lanes over queues in memory; with `held`, a piece of work is under way until the test ends it. */
function working(limit = 2, held = true) {
  const clock = createFakeClock();
  const queues = new Map<string, string[]>();
  const done: string[] = [];
  const crashes: string[] = [];
  const under = new Map<string, { work: string; end: () => void; fail: (error: Error) => void }>();
  let most = 0;
  const lanes = createLanes({
    limit: () => limit,
    clock,
    retryMs: 5000,
    async step(key): Promise<Step> {
      const work = queues.get(key)?.[0];
      if (work === undefined) return "idle";
      if (under.has(key)) throw new Error(`two steps of ${key} at once`);
      if (held) {
        await new Promise<void>((end, fail) => {
          under.set(key, { work, end, fail });
          most = Math.max(most, under.size);
        }).finally(() => under.delete(key));
      }
      queues.get(key)?.shift();
      done.push(work);
      return "again";
    },
    onCrash: (key, error) => void crashes.push(`${key}: ${String(error)}`),
  });
  const add = (key: string, ...works: string[]) => {
    queues.set(key, [...(queues.get(key) ?? []), ...works]);
    lanes.wake(key);
  };
  const finish = async (key: string) => {
    under.get(key)?.end();
    await clock.settle();
  };
  return { lanes, clock, add, finish, under, done, crashes, most: () => most };
}

describe("createLanes()", () => {
  test("does the work of one key in order, one piece at a time", async () => {
    const { clock, add, finish, under, done } = working();
    add("a", "a1", "a2", "a3");
    for (const work of ["a1", "a2", "a3"]) {
      await clock.settle();
      expect([...under.values()].map((piece) => piece.work)).toEqual([work]);
      await finish("a");
    }
    expect(done).toEqual(["a1", "a2", "a3"]);
  });

  test("works for different keys at once, up to the limit", async () => {
    const { lanes, clock, add, finish, under, most } = working(2);
    for (const key of ["a", "b", "c", "d"]) add(key, `${key}1`);
    await clock.settle();
    expect([...under.keys()]).toEqual(["a", "b"]);
    expect(lanes.running).toBe(2);
    expect(lanes.waiting).toBe(2);
    await finish("a");
    expect([...under.keys()]).toEqual(["b", "c"]);
    await finish("b");
    await finish("c");
    await finish("d");
    expect(most()).toBe(2);
    expect(lanes.running).toBe(0);
    expect(lanes.waiting).toBe(0);
  });

  test("does not let a stuck key hold another one", async () => {
    const { clock, add, finish, done } = working(2);
    add("stuck", "s1", "s2");
    add("b", "b1", "b2", "b3");
    await clock.settle();
    await finish("b");
    await finish("b");
    await finish("b");
    expect(done).toEqual(["b1", "b2", "b3"]);
  });

  test("puts a busy key behind those that wait for its place", async () => {
    const { clock, add, finish, under } = working(1);
    add("a", "a1", "a2");
    add("b", "b1");
    await clock.settle();
    await finish("a");
    expect([...under.keys()]).toEqual(["b"]);
    await finish("b");
    expect([...under.keys()]).toEqual(["a"]);
  });

  test("loses no wake-up that comes while a step finds nothing", async () => {
    const clock = createFakeClock();
    let full = false;
    let worked = 0;
    const lanes = createLanes({
      limit: () => 1,
      clock,
      retryMs: 5000,
      async step() {
        const found = full;
        // The message arrives after this step has looked and before it is through.
        if (!found && worked === 0) {
          full = true;
          lanes.wake("a");
        }
        await Promise.resolve();
        if (!found) return "idle";
        full = false;
        worked++;
        return "again";
      },
      onCrash: () => undefined,
    });
    lanes.wake("a");
    await clock.settle();
    expect(worked).toBe(1);
  });

  test("does every piece of work exactly once, however wakes and ends fall", async () => {
    const { clock, add, done } = working(3, false);
    const expected = new Map<string, string[]>();
    for (let at = 0; at < 300; at++) {
      const key = `k${(at * 7) % 11}`;
      expected.set(key, [...(expected.get(key) ?? []), `${key}:${at}`]);
      add(key, `${key}:${at}`);
      if (at % 13 === 0) await clock.settle();
    }
    await clock.settle();
    expect(done).toHaveLength(300);
    for (const [key, works] of expected) {
      expect(done.filter((work) => work.startsWith(`${key}:`))).toEqual(works);
    }
  });

  test("gives a sleeping key's place to another", async () => {
    const clock = createFakeClock();
    const steps: string[] = [];
    const lanes = createLanes({
      limit: () => 1,
      clock,
      retryMs: 5000,
      async step(key) {
        steps.push(key);
        return key === "sleepy" && steps.length < 3 ? { laterMs: 1000 } : "idle";
      },
      onCrash: () => undefined,
    });
    lanes.wake("sleepy");
    lanes.wake("other");
    await clock.settle();
    expect(steps).toEqual(["sleepy", "other"]);
    expect(lanes.running).toBe(0);
    await clock.advance(999);
    lanes.wake("sleepy");
    await clock.settle();
    expect(steps).toEqual(["sleepy", "other"]);
    await clock.advance(1);
    expect(steps).toEqual(["sleepy", "other", "sleepy"]);
  });

  test("tries a key again some time after its step crashed", async () => {
    const { clock, add, under, done, crashes, finish } = working();
    add("a", "a1");
    await clock.settle();
    under.get("a")?.fail(new Error("disk I/O error"));
    await clock.advance(4999);
    expect(crashes).toEqual(["a: Error: disk I/O error"]);
    expect(under.size).toBe(0);
    await clock.advance(1);
    await finish("a");
    expect(done).toEqual(["a1"]);
  });

  test("takes a step that throws at once for a crash as well", async () => {
    const clock = createFakeClock();
    let crashes = 0;
    const lanes = createLanes({
      limit: () => 1,
      clock,
      retryMs: 5000,
      step: () => {
        throw new Error("at once");
      },
      onCrash: () => void crashes++,
    });
    lanes.wake("a");
    await clock.advance(12_000);
    expect(crashes).toBe(3);
  });
});

describe("Lanes.rouse() and fill()", () => {
  /** Every step says "not before a minute" until the test lets the key through. */
  function sleeping(limit: () => number = () => 10) {
    const clock = createFakeClock();
    const steps: string[] = [];
    const through = new Set<string>();
    const inStep = new Map<string, () => void>();
    const held = new Set<string>();
    const lanes = createLanes({
      limit,
      clock,
      retryMs: 5000,
      async step(key) {
        const next: Step = through.has(key) ? "idle" : { laterMs: 60_000 };
        steps.push(key);
        if (held.has(key)) await new Promise<void>((resolve) => inStep.set(key, resolve));
        return next;
      },
      onCrash: () => undefined,
    });
    return { lanes, clock, steps, through, inStep, held };
  }

  test("rouses one key and leaves the others asleep", async () => {
    const { lanes, clock, steps } = sleeping();
    for (const key of ["a", "b"]) lanes.wake(key);
    await clock.settle();
    lanes.rouse("a");
    lanes.rouse("never heard of");
    await clock.settle();
    expect(steps).toEqual(["a", "b", "a"]);
    expect(clock.pending).toBe(2);
  });

  test("rouses all, as many at once as there is room for", async () => {
    const { lanes, clock, steps } = sleeping(() => 1);
    for (const key of ["a", "b", "c"]) lanes.wake(key);
    await clock.settle();
    lanes.rouse();
    await clock.settle();
    expect(steps).toEqual(["a", "b", "c", "a", "b", "c"]);
    expect(lanes.waiting).toBe(0);
  });

  test("a key roused has no second alarm left from its sleep", async () => {
    const { lanes, clock, steps, through } = sleeping();
    lanes.wake("a");
    await clock.settle();
    through.add("a");
    lanes.rouse("a");
    await clock.advance(120_000);
    expect(steps).toEqual(["a", "a"]);
    expect(clock.pending).toBe(0);
  });

  test("a step under way when all are roused does not go to sleep on old news", async () => {
    const { lanes, clock, steps, through, inStep, held } = sleeping();
    held.add("a");
    lanes.wake("a");
    await clock.settle();
    through.add("a");
    held.clear();
    lanes.rouse();
    inStep.get("a")?.();
    await clock.settle();
    expect(steps).toEqual(["a", "a"]);
    expect(clock.pending).toBe(0);
  });

  test("nor does one that is roused by name", async () => {
    const { lanes, clock, steps, through, inStep, held } = sleeping();
    held.add("a");
    lanes.wake("a");
    await clock.settle();
    through.add("a");
    held.clear();
    lanes.rouse("a");
    inStep.get("a")?.();
    await clock.settle();
    expect(steps).toEqual(["a", "a"]);
  });

  test("asks for the limit each time; fill() uses what it has grown by", async () => {
    let limit = 0;
    const { lanes, clock, steps, held } = sleeping(() => limit);
    for (const key of ["a", "b", "c"]) {
      held.add(key);
      lanes.wake(key);
    }
    await clock.settle();
    expect(steps).toEqual([]);
    expect(lanes.waiting).toBe(3);
    limit = 2;
    lanes.fill();
    await clock.settle();
    expect(steps).toEqual(["a", "b"]);
    expect(lanes.running).toBe(2);
    expect(lanes.waiting).toBe(1);
  });

  test("a limit that shrinks stops nobody, and starts nobody", async () => {
    let limit = 2;
    const { lanes, clock, steps, held, inStep } = sleeping(() => limit);
    for (const key of ["a", "b", "c"]) {
      held.add(key);
      lanes.wake(key);
    }
    await clock.settle();
    limit = 1;
    inStep.get("a")?.();
    await clock.settle();
    expect(steps).toEqual(["a", "b"]);
    inStep.get("b")?.();
    await clock.settle();
    expect(steps).toEqual(["a", "b", "c"]);
  });

  test("nothing is roused once drained", async () => {
    const { lanes, clock, steps } = sleeping();
    lanes.wake("a");
    await clock.settle();
    await lanes.drain();
    lanes.rouse();
    lanes.fill();
    await clock.advance(120_000);
    expect(steps).toEqual(["a"]);
  });
});

describe("Lanes.quiet()", () => {
  test("resolves at once when there is nothing to do", async () => {
    const { lanes } = working();
    await lanes.quiet();
  });

  test("resolves when no key is at work or waiting", async () => {
    const { lanes, clock, add, finish } = working(1);
    add("a", "a1");
    add("b", "b1");
    let quiet = false;
    void lanes.quiet().then(() => (quiet = true));
    await clock.settle();
    await finish("a");
    expect(quiet).toBe(false);
    await finish("b");
    expect(quiet).toBe(true);
  });

  test("does not wait for keys asleep", async () => {
    const clock = createFakeClock();
    const lanes = createLanes({
      limit: () => 1,
      clock,
      retryMs: 5000,
      step: async () => ({ laterMs: 60_000 }),
      onCrash: () => undefined,
    });
    lanes.wake("a");
    await clock.settle();
    await lanes.quiet();
  });
});

describe("Lanes.drain()", () => {
  test("lets the steps under way finish and starts nothing more", async () => {
    const { lanes, clock, add, finish, under, done } = working(1);
    add("a", "a1", "a2");
    add("b", "b1");
    await clock.settle();
    let drained = false;
    void lanes.drain().then(() => (drained = true));
    await clock.settle();
    expect(drained).toBe(false);
    await finish("a");
    expect(drained).toBe(true);
    add("c", "c1");
    await clock.settle();
    expect(under.size).toBe(0);
    expect(done).toEqual(["a1"]);
  });

  test("wakes no key that is asleep", async () => {
    const { lanes, clock, add, under } = working();
    add("a", "a1");
    await clock.settle();
    under.get("a")?.fail(new Error("x"));
    await clock.settle();
    await lanes.drain();
    await clock.advance(60_000);
    expect(under.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
