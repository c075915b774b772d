import { describe, expect, test } from "bun:test";
import { createReconnectLog } from "../../../src/core/stream/reconnect-log.ts";
import type { Failure } from "../../../src/core/stream/retry-policy.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";

function telling() {
  const clock = createFakeClock();
  const log = createFakeLog();
  const tell = createReconnectLog(log, clock);
  const fail = (kind: Failure = "unavailable") => tell.notConnected({ kind, reason: "because" });
  const lines = () => log.entries.filter(({ level }) => level !== "debug");
  return { clock, log, tell, fail, lines };
}

describe("createReconnectLog()", () => {
  test("logs the first three failures, the others at debug", () => {
    const { log, fail } = telling();
    for (let round = 0; round < 5; round++) fail();
    expect(log.entries.map(({ level }) => level)).toEqual([
      "warn",
      "warn",
      "warn",
      "debug",
      "debug",
    ]);
  });

  test("then one in 5 min, with how many were left out", async () => {
    const { clock, fail, lines } = telling();
    for (let minute = 0; minute <= 60; minute++) {
      fail();
      await clock.advance(60_000);
    }
    expect(lines()).toHaveLength(3 + 11);
    expect(lines()[2]?.fields).not.toHaveProperty("notLogged");
    expect(lines()[3]?.fields).toEqual({ kind: "unavailable", reason: "because", notLogged: 4 });
  });

  test("always logs a change of the kind, loudly where a person is needed", () => {
    const { fail, lines } = telling();
    for (let round = 0; round < 10; round++) fail();
    fail("link");
    fail("link");
    fail("credentials");
    const told = lines().map(({ level, fields }) => ({
      level,
      kind: fields["kind"],
      left: fields["notLogged"],
    }));
    expect(told.slice(2)).toEqual([
      { level: "warn", kind: "unavailable", left: undefined },
      { level: "warn", kind: "link", left: 7 },
      { level: "error", kind: "credentials", left: 1 },
    ]);
  });

  test("tells a new series from its start", () => {
    const { tell, fail, lines } = telling();
    for (let round = 0; round < 5; round++) fail("link");
    tell.over();
    for (let round = 0; round < 5; round++) fail("link");
    expect(lines()).toHaveLength(6);
    expect(lines()[3]?.fields).toHaveProperty("notLogged", 2);
  });

  test("says connected exactly where its last word was another", () => {
    const { log, tell, fail, lines } = telling();
    tell.connected(1);
    for (let generation = 2; generation < 10; generation++) {
      fail("link");
      tell.connected(generation);
    }
    expect(lines().map(({ level }) => level)).toEqual([
      "info",
      "warn",
      "info",
      "warn",
      "info",
      "warn",
      "info",
    ]);
    expect(log.entries).toHaveLength(17);
  });

  test("ends a long outage with a line, also when its last failures were left out", () => {
    const { tell, fail, lines } = telling();
    for (let round = 0; round < 20; round++) fail();
    tell.connected(21);
    expect(lines().at(-1)).toMatchObject({
      level: "info",
      message: "connected to DingTalk",
      fields: { generation: 21, notLogged: 17 },
    });
  });

  test("counts a link that was sent away into the series", () => {
    const { tell, lines } = telling();
    for (let round = 0; round < 10; round++) {
      tell.sentAway({ data: "", retryInMs: 0 });
      tell.connected(round);
    }
    expect(lines()).toHaveLength(6);
  });
});
