import { describe, expect, test } from "bun:test";
import type { Config } from "../../../src/core/config/schema.ts";
import { createRoutes } from "../../../src/core/proxy.ts";
import { ALL_CODES } from "../../../src/doctor/codes.ts";
import { diagnose, type DoctorNetwork, type Patient } from "../../../src/doctor/diagnose.ts";
import { checksOf, hasFailed, linesOf, type Check } from "../../../src/doctor/report.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { createFakeDial } from "../../support/fake-socket.ts";
import { OWN, configOf, load } from "../config/_loading.ts";
import { told } from "./_doctor.ts";

const SECRETS = ["the-client-secret", "t0ken-of-the-gateway", "t0ken-of-http"];
const BLOCK = {
  clientId: "dingclient1",
  clientSecret: SECRETS[0],
  owners: ["boss"],
  gateway: { token: SECRETS[1] },
  http: { token: SECRETS[2] },
};
const TWO = {
  ...BLOCK,
  clientId: undefined,
  accounts: {
    work: { clientId: "dingwork1" },
    home: { clientId: "dinghome1", gateway: { url: "http://10.0.0.2:18789" } },
  },
};

type Answer = Parameters<typeof createFakeFetch>[0];

function patient(config: Config | undefined, answer: Answer, more: Partial<Patient> = {}) {
  const clock = createFakeClock();
  const { fetch, calls } = createFakeFetch(answer);
  const { dial, sockets } = createFakeDial();
  const network: DoctorNetwork = {
    fetch,
    fetchFresh: fetch,
    dial,
    resolve: async () => ["203.0.113.7"],
  };
  const all: Patient = {
    loaded: {
      config,
      path: OWN,
      problems: config === undefined ? ["clientId: required"] : [],
      warnings: [],
      notes: [],
      unconfigured: false,
      disabled: false,
    },
    files: [],
    versions: { dingbridge: "0.1.0", runtime: "bun", has: "1.4.5", needs: "1.4" },
    folder: undefined,
    openclaw: { path: "/o.json", exists: false, json: undefined, hasBlock: false, accepts: false },
    locks: {
      data: { kind: "free" },
      robots: Object.fromEntries(
        (config?.accounts ?? []).map(({ id }) => [id, { kind: "free" } as const]),
      ),
    },
    grants: {},
    proxy: { routes: createRoutes({ env: {} }), from: undefined },
    network,
    origin: "http://127.0.0.1:18780",
    isOffline: false,
    asks: false,
    clock,
    userAgent: "test",
    ...more,
  };
  return { all, clock, calls, sockets };
}

const complete = (findings: readonly { readonly code: string }[]) =>
  expect([...new Set(findings.map(({ code }) => code))].toSorted()).toEqual([...ALL_CODES]);

describe("every code says something", () => {
  const config = configOf({ block: BLOCK });
  const answers: readonly (readonly [string, Answer])[] = [
    ["nothing answers", () => networkError("ECONNREFUSED")],
    ["everything is refused", () => jsonResponse(401, {})],
    ["everything is a web page", () => new Response("<html></html>")],
    ["everything breaks", () => jsonResponse(500, {})],
  ];
  test.each(answers)("%s", async (_name, answer) => {
    const { all, clock } = patient(config, answer);
    const { findings } = await diagnose(all);
    complete(findings);
    expect(clock.pending).toBe(0);
  });

  test("nothing is configured", async () => {
    const { all, calls } = patient(undefined, never);
    const { findings } = await diagnose(all);
    complete(findings);
    expect(calls).toEqual([]);
  });

  test("offline, which asks this machine alone", async () => {
    const { all, calls, sockets } = patient(config, () => networkError("ECONNREFUSED"), {
      isOffline: true,
    });
    const { findings } = await diagnose(all);
    complete(findings);
    expect(calls.map(({ url }) => url)).toEqual(["http://127.0.0.1:18780/status"]);
    expect(sockets).toEqual([]);
    const far = patient(config, never, { isOffline: true, origin: "http://10.0.0.1:18780" });
    await diagnose(far.all);
    expect(far.calls).toEqual([]);
  });

  test("no network can be made", async () => {
    const { all, calls } = patient(config, never, { network: "caFile: cannot be used" });
    const { findings } = await diagnose(all);
    complete(findings);
    expect(told(findings)).toContain("DB301 authority");
    expect(told(findings)).toContain("DB401 disconnected");
    expect(calls).toEqual([]);
  });
});

test("nothing answers, ever: it is over within 15 s, and leaves nothing behind", async () => {
  const { all, clock, sockets } = patient(configOf({ block: BLOCK }), never);
  const running = diagnose(all);
  await clock.advance(15_000);
  complete((await running).findings);
  expect(clock.pending).toBe(0);
  expect(sockets).toEqual([]);
});

test("a worker that runs: nobody is asked for a second connection", async () => {
  const config = configOf({ block: BLOCK });
  const { all, calls, sockets } = patient(config, () => networkError("ECONNREFUSED"), {
    locks: { data: { kind: "held", pid: 1 }, robots: { default: { kind: "held", pid: 1 } } },
  });
  const { findings } = await diagnose(all);
  expect(told(findings)).toContain("DB403 busy");
  expect(calls.filter(({ url }) => url.includes("connections/open"))).toEqual([]);
  expect(sockets).toEqual([]);
});

test("of several robots each has its own findings, and what they share is looked at once", async () => {
  const { all, calls } = patient(configOf({ block: TWO }), () => networkError("ECONNREFUSED"));
  const { findings } = await diagnose(all);
  complete(findings);
  const whose = (code: string) =>
    findings.filter((each) => each.code === code).map(({ account }) => account);
  for (const code of ["DB401", "DB402", "DB403", "DB404", "DB501", "DB505", "DB602", "DB701"]) {
    expect(whose(code)).toEqual(["work", "home"]);
  }
  expect(whose("DB302")).toEqual([undefined]);
  expect(calls.filter(({ url }) => url === "https://api.dingtalk.com/")).toHaveLength(1);
});

describe("what is said", () => {
  const loaded = load({ block: { ...BLOCK, http: { port: -1 }, colour: "red" } });

  test.each(["en", "zh"] as const)(
    "in %s: in order, each in one line, without a secret",
    async (locale) => {
      const config = configOf({ block: TWO });
      const { all } = patient(config, ({ headers, body }) =>
        // As some do, it quotes what it was sent.
        jsonResponse(400, {
          code: `no\nto ${headers.get("authorization")} ${body}`,
          message: body,
        }),
      );
      const { findings } = await diagnose({ ...all, loaded: { ...loaded, config, path: OWN } });
      const checks = checksOf(findings, locale, (text) =>
        SECRETS.reduce((left, secret) => left.replaceAll(secret, "***"), text),
      );
      const text = JSON.stringify(checks) + linesOf(checks, locale).join("\n");
      for (const secret of SECRETS) expect(text).not.toContain(secret);
      const codes = checks.map(({ code }) => code);
      expect(codes).toEqual(codes.toSorted());
      for (const { cause, cure } of checks) {
        expect(cause + cure).not.toMatch(/[\p{Cc}]|\{\w+\}/u);
      }
    },
  );

  const check = (code: Check["code"], status: Check["status"], cause: string): Check => ({
    code,
    status,
    cause,
    cure: status === "fail" ? "mend it" : "",
  });

  test("a failure has its cure below it; what is skipped for one reason shares a line", () => {
    const checks = [
      check("DB101", "pass", "found"),
      { ...check("DB401", "fail", "refused"), account: "work", ms: 12 },
      ...(["DB402", "DB403", "DB404"] as const).map((code) => check(code, "skipped", "--offline")),
    ];
    expect(linesOf(checks, "en").join("\n")).toBe(
      [
        "Configuration",
        "  ✓ DB101 Configuration file: found",
        "",
        "DingTalk",
        "  ✗ DB401 [work] Credentials: refused (12 ms)",
        "      → mend it",
        "",
        "- DB402, DB403, DB404: --offline",
        "",
        "failed: 1, warnings: 0, passed: 1, not looked at: 3",
      ].join("\n"),
    );
    expect(hasFailed(checks)).toBe(true);
    expect(hasFailed(checks.filter(({ status }) => status !== "fail"))).toBe(false);
  });
});
