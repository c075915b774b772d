import { describe, expect, test } from "bun:test";
import { createRoutes } from "../../../src/core/proxy.ts";
import { clockFinding, hostFindings, proxyFinding } from "../../../src/doctor/check-network.ts";
import { reach } from "../../../src/doctor/reach.ts";
import { WHOLE_MS, step } from "../../../src/doctor/step.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { networkError, never } from "../../support/fake-fetch.ts";
import { API, OLD, after, robot, timeOf, told, waysTo } from "./_doctor.ts";

/** The fake clock's own start. */
const NOW = 1_700_000_000_000;
const at = (time: number) =>
  new Response("", { status: 404, headers: { date: new Date(time).toUTCString() } });

describe("a step", () => {
  test("has its time, whether it minds the signal or not", async () => {
    const { clock, time } = timeOf();
    const deaf = step(time, () => new Promise<never>(() => undefined));
    expect(await after(clock, 5000, deaf)).toEqual({
      ok: false,
      said: "no answer within 5000 ms",
      ms: 5000,
    });
    expect(clock.pending).toBe(0);
  });

  test("ends with the whole, and never rejects", async () => {
    const { clock, time, stop } = timeOf();
    const waiting = step(time, () => new Promise<never>(() => undefined));
    stop.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ ok: false, said: "enough" });
    const broken = step(timeOf(clock).time, () => {
      throw new Error("broken");
    });
    expect(await broken).toMatchObject({ ok: false, said: "broken" });
    expect(await step(time, async () => "too late")).toMatchObject({ ok: false, said: "enough" });
  });

  test("the whole is within 15 s", () => expect(WHOLE_MS).toBeLessThanOrEqual(15_000));
});

describe("a host", () => {
  test("is reached, whatever it answers; its name is looked up", async () => {
    const { ways, calls, looked } = waysTo(() => new Response("", { status: 503 }));
    const found = await reach(`${API}/v1.0`, ways, timeOf().time);
    expect(found).toMatchObject({ ok: true, skewMs: undefined, reserved: undefined });
    expect(looked).toEqual(["api.dingtalk.com"]);
    expect(calls.map(({ url }) => url)).toEqual([`${API}/`]);
    expect(calls[0]?.redirect).toBe("manual");
  });

  test.each([
    ["tls", networkError("X", "self signed certificate in chain")],
    ["unreachable", networkError("ECONNREFUSED", "connect ECONNREFUSED")],
  ])("%s", async (kind, error) => {
    const { ways } = waysTo(() => error);
    expect(await reach(API, ways, timeOf().time)).toMatchObject({ ok: false, kind });
  });

  test("that has no address is asked nothing", async () => {
    const { ways, calls } = waysTo(() => at(NOW), { addresses: new Error("ENOTFOUND") });
    expect(await reach(API, ways, timeOf().time)).toMatchObject({ ok: false, kind: "dns" });
    expect(calls).toEqual([]);
  });

  test("behind a proxy is looked up by the proxy, which is named without its password", async () => {
    const env = { HTTPS_PROXY: "http://me:pass-word@proxy.example:3128" };
    const { ways, looked } = waysTo(() => new Error("it refused (HTTP 403)"), { env });
    const found = await reach(API, ways, timeOf().time);
    expect(found).toMatchObject({ ok: false, kind: "proxy", proxy: "proxy.example:3128" });
    expect(looked).toEqual([]);
    expect(JSON.stringify(found)).not.toContain("pass-word");
  });

  test("with an address a proxy has made up", async () => {
    const { ways } = waysTo(() => at(NOW), { addresses: ["198.18.0.5"] });
    expect(await reach(API, ways, timeOf().time)).toMatchObject({ reserved: "198.18.0.5" });
  });

  test("that says nothing is waited for 5 s", async () => {
    const { clock, time } = timeOf();
    const { ways } = waysTo(never);
    const found = await after(clock, 5000, reach(API, ways, time));
    expect(found).toMatchObject({ ok: false, kind: "unreachable" });
  });
});

describe("the clock", () => {
  test.each([
    [0, "right"],
    [119_000, "right"],
    [-121_000, "off"],
    [299_000, "off"],
    [301_000, "wrong"],
    [-3_600_000, "wrong"],
  ])("%i ms ahead: %s", async (ahead, is) => {
    const { ways } = waysTo(() => at(NOW - ahead));
    const found = await hostFindings([robot()], ways, timeOf(createFakeClock(NOW)).time);
    expect(told(found)).toContain(`DB204 ${is}`);
  });

  test("without a date nothing is said; of several the least is taken", () => {
    expect(clockFinding([undefined]).is).toBe("untold");
    expect(clockFinding([undefined, 600_000, 1000]).is).toBe("right");
    expect(clockFinding([-400_000])).toMatchObject({ is: "wrong", facts: { skew: -400 } });
    expect(clockFinding([400_000])).toMatchObject({ facts: { skew: "+400" } });
  });
});

test("hosts that robots share are asked once, others by robot", async () => {
  const { ways, calls } = waysTo(({ url }) => (url.startsWith(OLD) ? networkError("E") : at(NOW)));
  const robots = [
    { ...robot(), id: "one" },
    { ...robot(), id: "two", apiUrl: "https://api.other" },
  ];
  const found = await hostFindings(robots, ways, timeOf(createFakeClock(NOW)).time);
  expect(found.map(({ code, is, account }) => [code, is, account])).toEqual([
    ["DB204", "right", undefined],
    ["DB302", "reached", "one"],
    ["DB302", "reached", "two"],
    ["DB303", "unreachable", undefined],
  ]);
  expect(calls).toHaveLength(3);
});

describe("the proxy", () => {
  const look = (env: Readonly<Record<string, string>>, from = Object.keys(env)[0]) =>
    proxyFinding({ routes: createRoutes({ env }), from }, [API, OLD]);
  test("none, used, exempt, unusable", () => {
    expect(look({}).is).toBe("none");
    expect(look({ HTTPS_PROXY: "http://me:pass-word@p.example:80" })).toMatchObject({
      is: "used",
      facts: { proxy: "p.example:80", from: "HTTPS_PROXY" },
    });
    expect(look({ HTTPS_PROXY: "http://p.example", NO_PROXY: ".dingtalk.com" }).is).toBe("exempt");
    const unusable = look({ HTTPS_PROXY: "socks5://me:pass-word@p.example" });
    expect(unusable.is).toBe("unusable");
    expect(JSON.stringify(unusable)).not.toContain("pass-word");
  });
});
