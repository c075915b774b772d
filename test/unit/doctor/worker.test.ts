import { describe, expect, test } from "bun:test";
import {
  libertyOf,
  takenFindings,
  workerFindings,
  type Held,
  type WorkerView,
} from "../../../src/doctor/check-worker.ts";
import { lookForWorker, type WorkerLook } from "../../../src/doctor/worker-look.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { after, robot, timeOf, told } from "./_doctor.ts";

const ORIGIN = "http://127.0.0.1:18780";
const FREE: Held = { kind: "free" };
const HELD: Held = { kind: "held", pid: 4711 };
const UNKNOWN: Held = { kind: "unknown", said: "/tmp/x belongs to another user" };
const CONNECTED = { state: "connected", problem: null };

const status = (stream: object = CONNECTED, more: object = {}) => ({
  version: "0.1.0",
  accounts: { default: { clientId: "dingclient", stream } },
  readiness: { ready: true, failing: [] },
  ...more,
});

async function look(answer: () => Response | Promise<Response> | Error, port = 18_780) {
  const { clock, time } = timeOf();
  const { fetch, calls } = createFakeFetch(answer);
  const looking = lookForWorker({ origin: ORIGIN, port, token: "t0ken-of-http", fetch }, time);
  return { found: await after(clock, 2000, looking), calls };
}

/** What /status makes of it. */
const heard = async (body: unknown): Promise<WorkerLook> =>
  (await look(() => jsonResponse(200, body))).found;

function view(data: Held, own: Held, found: WorkerLook, more: Partial<WorkerView> = {}) {
  const config = robot();
  const seen: WorkerView = {
    accounts: [config],
    locks: { data, robots: { default: own } },
    look: found,
    origin: ORIGIN,
    plugins: [],
    ...more,
  };
  return { config, seen };
}

describe("what is where the worker serves", () => {
  test.each([
    [() => jsonResponse(200, status()), "worker"],
    [() => networkError("ECONNREFUSED"), "nobody"],
    [() => jsonResponse(401, {}), "closed"],
    [() => jsonResponse(403, {}), "closed"],
    [() => jsonResponse(200, { hello: 1 }), "stranger"],
    [() => new Response("<html>"), "stranger"],
    [never, "closed"],
  ] as const)("%#: %s", async (answer, kind) => {
    const { found } = await look(answer);
    expect(found.kind).toBe(kind);
    expect(JSON.stringify(found)).not.toContain("t0ken-of-http");
  });

  test("port 0 is nobody's", async () => {
    const { found, calls } = await look(never, 0);
    expect(found.kind).toBe("unknown");
    expect(calls).toEqual([]);
  });
});

describe("may a connection be made?", () => {
  const NOBODY: WorkerLook = { kind: "nobody" };
  test.each([
    ["nobody runs", FREE, FREE, "free"],
    ["one runs for this robot", HELD, HELD, "busy"],
    ["one with another data folder does", FREE, HELD, "busy"],
    ["one runs here that does not say for whom", HELD, FREE, "busy"],
    ["it cannot be told", FREE, UNKNOWN, "unsure"],
  ] as const)("%s", (_name, data, own, kind) => {
    const { config, seen } = view(data, own, NOBODY);
    expect(libertyOf(seen, config).kind).toBe(kind);
  });

  test("the worker's own word is taken, also of one whose locks are not here", async () => {
    for (const held of [HELD, FREE, UNKNOWN]) {
      const { config, seen } = view(held, held, await heard(status()));
      expect(libertyOf(seen, config)).toMatchObject({ kind: "worker", stream: CONNECTED });
    }
  });

  test("one that says it has other robots is not in the way", async () => {
    const accounts = { other: { clientId: "dingother", stream: CONNECTED } };
    const { config, seen } = view(HELD, FREE, await heard(status(CONNECTED, { accounts })));
    expect(libertyOf(seen, config).kind).toBe("free");
  });

  test.each([
    [CONNECTED, ["DB304 worker", "DB402 worker", "DB403 worker"]],
    [
      { state: "waiting", problem: { kind: "configuration", reason: "systemError" } },
      ["DB304 busy", "DB402 configuration", "DB403 down"],
    ],
    [
      { state: "waiting", problem: { kind: "link", reason: "lost" } },
      ["DB304 busy", "DB402 busy", "DB403 down"],
    ],
    [{ state: "connecting", problem: null }, ["DB304 busy", "DB402 busy", "DB403 down"]],
  ])("%j", (stream, expected) => {
    expect(told(takenFindings({ kind: "worker", stream }, undefined))).toEqual(expected);
  });
});

describe("the worker", () => {
  const findings = (seen: WorkerView) => told(workerFindings(seen));
  const UNREADY = { readiness: { ready: false, failing: [{ part: "store", reason: "full" }] } };
  const OTHERS = { accounts: { other: { clientId: "dingother", stream: CONNECTED } } };

  test.each([
    ["none", FREE, FREE, { kind: "nobody" }, ["none", "none", "free"]],
    ["any port", FREE, FREE, { kind: "unknown" }, ["none", "none", "any"]],
    ["mute", HELD, HELD, { kind: "unknown" }, ["mute", "none", "any"]],
    ["closed", HELD, HELD, { kind: "closed", said: "HTTP 401" }, ["mute", "none", "mute"]],
    ["elsewhere", FREE, HELD, { kind: "nobody" }, ["none", "running", "free"]],
    ["untold", FREE, UNKNOWN, { kind: "nobody" }, ["none", "unknown", "free"]],
    ["taken", FREE, FREE, { kind: "stranger", said: "HTTP 200" }, ["none", "none", "taken"]],
    ["its own port", HELD, HELD, { kind: "stranger", said: "HTTP 200" }, ["mute", "none", "mute"]],
  ] as const)("%s", (_name, data, own, found, [worker, other, port]) => {
    const { seen } = view(data, own, found);
    expect(findings(seen)).toEqual([
      `DB601 ${worker}`,
      `DB602 ${other}`,
      "DB603 unknowable",
      `DB604 ${port}`,
    ]);
  });

  test.each([
    [{}, "ready"],
    [UNREADY, "unready"],
    [OTHERS, "other"],
  ])("by its own word: %j", async (more, is) => {
    const { seen } = view(HELD, HELD, await heard(status(CONNECTED, more)));
    expect(findings(seen)[0]).toBe(`DB601 ${is}`);
    expect(findings(seen)[3]).toBe("DB604 own");
  });

  test("other programs: named where they are known, else said not to be", () => {
    const { seen } = view(FREE, FREE, { kind: "nobody" }, { plugins: ["channels.ddingtalk"] });
    const found = workerFindings(seen).find(({ code }) => code === "DB603");
    expect(found).toMatchObject({ is: "plugin", facts: { names: "channels.ddingtalk" } });
  });
});
