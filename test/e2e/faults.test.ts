import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startDingTalk, type DingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway, type EchoGateway } from "../../src/simulator/gateway.ts";
import { wordsIn } from "../support/asked.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { runMain, runWorker, startWorker, temporaryFolder } from "../support/worker-process.ts";

describe.each([...RUNTIMES])("%s: what can go wrong", (runtime) => {
  const home = temporaryFolder();
  let dingtalk: DingTalk;
  let gateway: EchoGateway;

  beforeAll(async () => {
    dingtalk = await startDingTalk({ redeliverAfterMs: 500, perMinute: 1000 });
    gateway = await startGateway();
  });
  afterAll(async () => {
    await dingtalk.close();
    await gateway.stop();
    home.remove();
  });

  const setup = (env: Record<string, string> = {}) => ({
    runtime,
    dingtalk,
    gateway,
    home: home.path,
    env,
  });
  /** What a person sees who starts it with these files: exit code and standard error, no stack. */
  const startWith = async (config: string, env: Record<string, string> = {}) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder.path, ".openclaw"));
    writeFileSync(join(folder.path, ".openclaw/dingbridge.json"), config);
    const run = runMain(runtime, ["start"], { HOME: folder.path, DINGBRIDGE_PORT: "0", ...env });
    const code = await run.exited;
    folder.remove();
    expect(run.stderr()).not.toMatch(/^\s+at /m);
    return { code, stderr: run.stderr() };
  };

  test("malformed configuration: exit 78, one line per problem, no value shown", async () => {
    const broken = await startWith("{ channels: { dingtalk: { clientId: 'a' ");
    expect(broken.code).toBe(78);
    expect(broken.stderr).toMatch(/^error: .*dingbridge\.json: is not valid JSON5: .*1:\d+/m);

    const wrong = await startWith(
      `{ channels: { dingtalk: { clientId: "dingid", clientSecret: ["hush-hush"], clientSecrt: "hush-hush",
         stream: { pingIntervalMs: "soon" }, gateway: { url: "ftp://x" } } } }`,
    );
    expect(wrong.code).toBe(78);
    expect(wrong.stderr).toContain(
      "channels.dingtalk.stream.pingIntervalMs: expected a whole number",
    );
    expect(wrong.stderr).toContain("channels.dingtalk.gateway.url: expected an http(s) address");
    expect(wrong.stderr).toContain("channels.dingtalk.clientSecret: expected a string");
    expect(wrong.stderr).toContain(
      "warning: channels.dingtalk.clientSecrt: unknown key, ignored; did you mean clientSecret?",
    );
    expect(wrong.stderr).not.toContain("hush-hush");
  });

  test("no credentials: exit 78 and where to put them; enabled: false: exit 0", async () => {
    const missing = await startWith("{}");
    expect(missing.code).toBe(78);
    expect(missing.stderr).toContain(
      "clientId: is missing: set it in the file or as DINGTALK_CLIENT_ID",
    );
    const off = await startWith(
      '{ channels: { dingtalk: { enabled: false, clientId: "a", clientSecret: "b" } } }',
    );
    expect(off.code).toBe(0);
    expect(off.stderr).toContain("enabled is false");
    expect((await startWith("{ channels: { dingtalk: { enabled: false } } }")).code).toBe(0);
  });

  test("a word that is no command: exit 2 and the usage", async () => {
    const run = runMain(runtime, ["strat"], { HOME: home.path });
    expect(await run.exited).toBe(2);
    expect(run.stderr()).toContain("unknown command: strat");
  });

  test("an option of the demo is not taken silently by start: exit 2", async () => {
    const run = runMain(runtime, ["start", "--port", "8099"], { HOME: home.path });
    expect(await run.exited).toBe(2);
    expect(run.stderr()).toContain("--port belongs to the demo");
  });

  test("a damaged database: exit 78, no stack, and what to move away", async () => {
    const dataDir = join(home.path, "damaged");
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "dingbridge.sqlite"), "this is no database ".repeat(1000));
    const run = runWorker(setup({ DINGBRIDGE_DATA_DIR: dataDir }));
    expect(await run.exited).toBe(78);
    expect(run.stderr()).toContain("move it away");
    expect(run.stderr()).not.toMatch(/^\s+at /m);
  });

  test("goes on working when nobody reads its log any more", async () => {
    const worker = await startWorker(setup());
    worker.process.stdout?.destroy();
    dingtalk.sent.length = 0;
    for (const text of ["is", "anyone", "there"]) {
      await dingtalk.say({ kind: "group", text, senderStaffId: text });
    }
    await until("the answers", () => dingtalk.sent.length === 3);
    expect(await worker.stop()).toBe(0);
  });

  test("a taken port: exit 1 and the setting's name", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const run = runWorker(setup({ DINGBRIDGE_PORT: String(port) }));
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toContain(`error: http.port: port ${port} on 127.0.0.1 is in use`);
    taken.close();
  });

  test("a data folder that cannot be used: exit 78 and the setting's name", async () => {
    const file = join(home.path, "a-file");
    writeFileSync(file, "");
    const run = runWorker(setup({ DINGBRIDGE_DATA_DIR: join(file, "data") }));
    expect(await run.exited).toBe(78);
    expect(run.stderr()).toMatch(/^error: dataDir: the folder .* cannot be used/m);
    expect(run.stderr()).not.toMatch(/^\s+at /m);
    // Root may write everywhere: the mode only counts for others.
    const locked = join(home.path, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    if (process.getuid?.() !== 0) {
      const refused = runWorker(setup({ DINGBRIDGE_DATA_DIR: locked }));
      expect(await refused.exited).toBe(78);
    }
  });

  test("a wrong secret and a robot without Stream mode are told apart, and never end it", async () => {
    const wrong = runWorker(setup({ DINGTALK_CLIENT_SECRET: "not-the-secret" }));
    const line = await until("the refusal", () =>
      wrong.logs().find(({ message }) => message === "not connected to DingTalk"),
    );
    expect(line["reason"]).toContain("check clientId and clientSecret");
    expect(line["retryInMs"]).toBe(60_000);
    expect(wrong.stdout()).not.toContain("not-the-secret");
    wrong.process.kill("SIGTERM");
    expect(await wrong.exited).toBe(0);

    dingtalk.faults.open = {
      status: 400,
      body: { requestid: "EB2AE1A2", code: "systemError", message: "系统错误" },
    };
    const offline = runWorker(setup());
    const other = await until("the refusal", () =>
      offline.logs().find(({ message }) => message === "not connected to DingTalk"),
    );
    dingtalk.faults.open = null;
    expect(other["reason"]).toContain("receiving mode is Stream");
    expect(other["reason"]).toContain("published");
    expect(other["retryInMs"]).toBe(60_000);
    const http = offline.logs().find(({ message }) => message === "dingbridge is starting")?.[
      "http"
    ];
    const ready = await fetch(`${String(http)}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("receiving mode is Stream");
    expect((await fetch(`${String(http)}/healthz`)).status).toBe(200);
    offline.process.kill("SIGTERM");
    expect(await offline.exited).toBe(0);
  });

  test("what was acked before a kill -9 is answered by the next start, in order, once", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* (asked) {
      await held;
      yield `answer ${wordsIn(asked)}`;
    };
    gateway.asked.length = 0;
    dingtalk.sent.length = 0;
    const first = await startWorker(setup());
    for (const text of ["1", "2", "3"]) {
      await dingtalk.say({ kind: "group", text, senderStaffId: `p${text}` });
    }
    await until("the first turn", () => gateway.asked.length > 0);
    first.process.kill("SIGKILL");
    await first.exited;
    await until("the gateway to notice", () => gateway.inFlight === 0);
    release();
    const second = await startWorker(setup());
    await until("three replies", () => dingtalk.sent.length >= 3);
    const [cutOff, ...others] = dingtalk.sent.map(({ body }) => body.text?.content);
    // The gateway has ended the first turn with its asker, and the agent is told so.
    expect(cutOff).toMatch(/^@p1 answer \[The earlier attempt .* was cut off.*\]\n1$/);
    expect(others).toEqual(["@p2 answer 2", "@p3 answer 3"]);
    expect(await second.stop()).toBe(0);
    // What people write is for the owner's eyes only.
    expect(statSync(join(home.path, ".openclaw/dingbridge")).mode & 0o077).toBe(0);
  });

  test("a reply that DingTalk does not take is still there after a restart", async () => {
    gateway.respond = async function* () {
      yield "late";
    };
    dingtalk.sent.length = 0;
    dingtalk.faults.webhook = { status: 200, body: { errcode: -1, errmsg: "系统繁忙" } };
    const first = await startWorker(setup());
    await dingtalk.say({ text: "later, then" });
    await until("a refusal", () =>
      first.logs().some(({ message }) => message.startsWith("reply not sent")),
    );
    first.process.kill("SIGKILL");
    await first.exited;
    dingtalk.faults.webhook = null;
    const second = await startWorker(setup());
    await until("the reply", () => dingtalk.sent.length === 1);
    expect(dingtalk.sent[0]?.body.text?.content).toBe("late");
    await second.stop();
  });

  test("SIGTERM in mid-turn lets the turn finish and its reply go out", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.asked.length = 0;
    dingtalk.sent.length = 0;
    gateway.respond = async function* () {
      await held;
      yield "finished";
    };
    const worker = await startWorker(setup());
    await dingtalk.say({ text: "almost" });
    await until("the turn", () => gateway.asked.length === 1);
    worker.process.kill("SIGTERM");
    await until("the stop", () =>
      worker.logs().some(({ message }) => message.startsWith("stopping")),
    );
    release();
    expect(await worker.exited).toBe(0);
    expect(dingtalk.sent.map(({ body }) => body.text?.content)).toEqual(["finished"]);
  });
});
