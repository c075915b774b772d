import { describe, expect, test } from "bun:test";
import type { LogEntry } from "../../support/fake-log.ts";
import { frameText } from "../../support/fake-messages.ts";
import { supervising } from "./_supervising.ts";

describe("createSupervisor(), when a link is lost", () => {
  test("says so, waits a second and opens another", async () => {
    const { supervisor, clock, sockets, connect, counters, log } = supervising();
    const socket = await connect();
    socket.end(1006, "gone");
    expect(supervisor.status()).toMatchObject({
      state: "waiting",
      failures: 1,
      problem: { kind: "link", reason: "closed with code 1006: gone" },
      nextTryAt: clock.now() + 1000,
    });
    expect(counters.read()).toMatchObject({ links_lost: 1 });
    expect(log.entries.at(-1)?.level).toBe("warn");
    await clock.advance(999);
    expect(sockets).toHaveLength(1);
    await clock.advance(1);
    expect(sockets).toHaveLength(2);
    expect(sockets[1]?.url).toContain("ticket=2");
  });

  test("finds a dead link by itself within three ping intervals", async () => {
    const { supervisor, clock, connect } = supervising();
    await connect();
    await clock.advance(15_000);
    expect(supervisor.status()).toMatchObject({ state: "waiting", problem: { kind: "link" } });
  });

  test("gives a dial 10 s", async () => {
    const { supervisor, clock, last } = supervising();
    supervisor.start();
    await clock.advance(10_000);
    expect(last().terminated()).toBe(true);
    expect(supervisor.status()).toMatchObject({ state: "waiting", failures: 1 });
  });

  test("waits 1, 2, 4 … 60 s between failed attempts, without end", async () => {
    const { supervisor, clock, answers } = supervising();
    answers.push(...Array.from({ length: 200 }, () => "unavailable" as const));
    supervisor.start();
    await clock.settle();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 200; attempt++) {
      const { state, nextTryAt } = supervisor.status();
      expect(state).toBe("waiting");
      const wait = (nextTryAt ?? 0) - clock.now();
      waits.push(wait);
      await clock.advance(wait);
    }
    expect(waits.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(new Set(waits.slice(8))).toEqual(new Set([60_000]));
    expect(supervisor.status()).toMatchObject({ state: "connecting", failures: 200 });
  });

  test("shortens each wait by chance, 30 % at most", async () => {
    const { supervisor, clock, answers } = supervising(() => 0.999_999);
    answers.push("unavailable");
    supervisor.start();
    await clock.settle();
    expect(supervisor.status().nextTryAt).toBe(clock.now() + 700);
  });

  test("goes on counting failures while links die young", async () => {
    const { supervisor, clock, connect } = supervising();
    let socket = await connect();
    for (const wait of [1000, 2000, 4000, 8000]) {
      await clock.advance(3000);
      socket.end();
      expect(supervisor.status().nextTryAt).toBe(clock.now() + wait);
      await clock.advance(wait);
      socket = await connect(false);
    }
    expect(supervisor.status()).toMatchObject({ state: "connected", failures: 4, problem: null });
  });

  test.each([
    [29_999, 2],
    [30_000, 1],
  ])("a link that lived %i ms makes the next failure number %i", async (lived, failures) => {
    const { supervisor, clock, connect } = supervising();
    (await connect()).end();
    await clock.advance(1000);
    const socket = await connect(false);
    for (let left = lived; left > 0; left -= 5000) {
      await clock.advance(Math.min(left, 5000));
      socket.pong();
    }
    socket.end();
    expect(supervisor.status().failures).toBe(failures);
  });

  test.each(["credentials", "configuration", "refused"] as const)(
    "tries again every 60 s and says so loudly where a person is needed: %s",
    async (failure) => {
      const { supervisor, clock, answers, opens, log, counters } = supervising();
      answers.push(failure, failure, failure);
      supervisor.start();
      await clock.settle();
      expect(supervisor.status()).toMatchObject({
        state: "waiting",
        problem: { kind: failure, reason: `because of ${failure}` },
        nextTryAt: clock.now() + 60_000,
      });
      expect(log.entries.at(-1)?.level).toBe("error");
      await clock.advance(59_999);
      expect(opens()).toBe(1);
      await clock.advance(1 + 2 * 60_000);
      expect(opens()).toBe(4);
      expect(counters.read()).toMatchObject({ opens_failed: 3 });
    },
  );

  test("connects when someone has mended it", async () => {
    const { supervisor, clock, answers, last } = supervising();
    answers.push("credentials");
    supervisor.start();
    await clock.advance(60_000);
    last().open();
    expect(supervisor.status()).toMatchObject({ state: "connected", problem: null });
  });

  test("counts a frame too large for it and reconnects", async () => {
    const { supervisor, connect, counters } = supervising();
    (await connect()).end(1009);
    expect(counters.read()).toMatchObject({ frames_oversize: 1, links_lost: 1 });
    expect(supervisor.status().problem?.reason).toContain("larger than");
  });

  test("keeps the ticket out of the log and the status", async () => {
    const { supervisor, clock, connect, log } = supervising();
    (await connect()).end();
    await clock.advance(20_000);
    expect(log.text() + JSON.stringify(supervisor.status())).not.toContain("ticket");
  });
});

describe("createSupervisor(), when links die young", () => {
  const dyingYoung = (lines: readonly LogEntry[]) =>
    lines.filter(({ message }) => message.includes("keep ending"));

  test("warns once, at the third in a row, and tries no slower than every 30 s", async () => {
    const { supervisor, clock, connect, lines } = supervising();
    supervisor.start();
    for (let death = 1; death <= 40; death++) {
      const socket = await connect(false);
      await clock.advance(3000);
      socket.end();
      expect(dyingYoung(lines())).toHaveLength(death < 3 ? 0 : 1);
      const wait = (supervisor.status().nextTryAt ?? 0) - clock.now();
      expect(wait).toBeLessThanOrEqual(30_000);
      await clock.advance(wait);
    }
    // 40 deaths in 20 minutes: three told in full, then one in five minutes.
    expect(lines().length).toBeLessThan(20);
  });

  test("warns again only after a link has lived", async () => {
    const { clock, connect, live, lines, supervisor } = supervising();
    supervisor.start();
    const untilNextTry = () => clock.advance((supervisor.status().nextTryAt ?? 0) - clock.now());
    const die = async (times: number) => {
      for (let death = 0; death < times; death++) {
        (await connect(false)).end();
        await untilNextTry();
      }
    };
    await die(10);
    expect(dyingYoung(lines())).toHaveLength(1);
    const good = await connect(false);
    await live(30_000);
    good.end();
    await untilNextTry();
    await die(2);
    expect(dyingYoung(lines())).toHaveLength(1);
    await die(1);
    expect(dyingYoung(lines())).toHaveLength(2);
  });

  test("counts neither failing opens nor failing dials", async () => {
    const { supervisor, clock, answers, last, lines } = supervising();
    answers.push("unavailable", "unavailable", "unavailable");
    supervisor.start();
    await clock.advance(7000);
    for (let dial = 0; dial < 5; dial++) {
      last().end();
      await clock.advance(30_000);
    }
    expect(dyingYoung(lines())).toEqual([]);
  });

  test("counts links that DingTalk sends away", async () => {
    const { clock, connect, lines, supervisor } = supervising();
    supervisor.start();
    for (let round = 0; round < 3; round++) {
      (await connect(false)).text(frameText({ type: "SYSTEM", topic: "disconnect" }));
      await clock.advance(2000);
    }
    expect(dyingYoung(lines())).toHaveLength(1);
  });
});
