import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { DESK_TEXTS } from "../../src/core/desk/texts.ts";
import { startDingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway } from "../../src/simulator/gateway.ts";
import { wordsIn } from "../support/asked.ts";
import { RUNTIMES, type RuntimeName } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { startWorker, temporaryFolder } from "../support/worker-process.ts";

/** A worker with all that is around it, of its own: these tests wait much and run side by side. */
async function surroundings(runtime: RuntimeName, dingtalkBlock: object = {}) {
  const home = temporaryFolder();
  mkdirSync(join(home.path, ".openclaw"));
  writeFileSync(
    join(home.path, ".openclaw/dingbridge.json"),
    JSON.stringify({ channels: { dingtalk: dingtalkBlock } }),
  );
  const dingtalk = await startDingTalk({ redeliverAfterMs: 500, perMinute: 1000 });
  const gateway = await startGateway({
    strictAborts: true,
    respond: async function* (asked) {
      yield `answer ${wordsIn(asked)}`;
    },
  });
  const start = () => startWorker({ runtime, dingtalk, gateway, home: home.path });
  const worker = await start();
  return {
    home: home.path,
    dingtalk,
    gateway,
    worker,
    start,
    texts: (conversationId?: string) =>
      dingtalk.sent
        .filter((sent) => conversationId === undefined || sent.conversationId === conversationId)
        .map(({ body }) => body.text?.content ?? ""),
    ready: async () => await fetch(`${worker.http}/readyz`),
    async end() {
      if (worker.process.exitCode === null) worker.process.kill("SIGKILL");
      await worker.exited;
      await dingtalk.close();
      await gateway.stop();
      home.remove();
    },
  };
}

const databaseOf = (home: string) =>
  new DatabaseSync(join(home, ".openclaw/dingbridge/dingbridge.sqlite"));

describe.each([...RUNTIMES])("%s: outages", (runtime) => {
  test.concurrent("people are told once that they wait, and answered in order when the gateway is back", async () => {
    const { dingtalk, gateway, texts, end } = await surroundings(runtime);
    await gateway.stop();
    const [a, b] = ["cida==", "cidb=="];
    for (const text of ["1", "2"]) {
      await dingtalk.say({ kind: "group", text, conversationId: a, senderStaffId: `p${text}` });
    }
    await dingtalk.say({ text: "3", conversationId: b, senderStaffId: "b" });
    const isNotice = (text: string) => text.includes("按顺序回答");
    await until("both notices", () => texts().filter(isNotice).length === 2, 20_000);
    const before = gateway.asked.length;
    await gateway.start();
    await until("the answers", () => texts().length === 5, 20_000);
    expect(texts(a).slice(1)).toEqual(["@p1 answer 1", "@p2 answer 2"]);
    expect(texts(b).slice(1)).toEqual(["answer 3"]);
    // One tried first; nobody was asked twice.
    expect(gateway.asked.length - before).toBe(3);
    await end();
  }, 60_000);

  test.concurrent("who says stop while they wait is not asked about any more", async () => {
    const { dingtalk, gateway, texts, end } = await surroundings(runtime);
    await gateway.stop();
    await dingtalk.say({ text: "delete all of it" });
    await until("the notice", () => texts().length === 1, 20_000);
    await dingtalk.say({ text: "停止" });
    await until("the word's answer", () => texts().length === 2);
    expect(texts()[1]).toBe(DESK_TEXTS.zh.withdrawn(1));
    await gateway.start();
    await dingtalk.say({ text: "hello" });
    await until("the next answer", () => texts().length === 3, 20_000);
    expect(texts()[2]).toBe("answer hello");
    expect(gateway.asked.map(wordsIn)).toEqual(["hello"]);
    await end();
  }, 60_000);

  test.concurrent("a gateway that crashes in mid-turn is not asked again: its own answer is fetched", async () => {
    const { dingtalk, gateway, texts, end } = await surroundings(runtime);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* (asked) {
      yield "so far";
      await held;
      yield ` and so on, ${wordsIn(asked)}`;
    };
    await dingtalk.say({ text: "long" });
    await until("the turn", () => gateway.inFlight === 1);
    await gateway.crash();
    release();
    await gateway.start();
    await until("the answer", () => texts().length === 1, 20_000);
    expect(texts()).toEqual(["so far and so on, long"]);
    expect(gateway.asked).toHaveLength(1);
    await end();
  }, 60_000);

  test.concurrent("a gateway shut for good by its own fault is waited for until it is restarted", async () => {
    const { dingtalk, gateway, texts, worker, end } = await surroundings(runtime);
    gateway.fatal = true;
    await dingtalk.say({ text: "?" });
    await until("the report", () =>
      worker
        .logs()
        .some(({ level, message }) => level === "ERROR" && message.includes("must be restarted")),
    );
    await gateway.stop();
    await gateway.start();
    await until("the answer", () => texts().length === 1, 20_000);
    expect(texts()).toEqual(["answer ?"]);
    await end();
  }, 60_000);

  test.concurrent("stopping leaves the gateway only when that does no harm, and loses nothing", async () => {
    const { dingtalk, gateway, texts, worker, start, end } = await surroundings(runtime);
    gateway.respond = async function* () {
      await new Promise(() => undefined);
      yield "never";
    };
    await dingtalk.say({ text: "stuck" });
    await until("the turn", () => gateway.inFlight === 1);
    expect(await worker.stop()).toBe(0);
    expect(gateway.earlyAborts).toBe(0);
    expect(texts()).toEqual([]);
    gateway.respond = async function* ({ text }) {
      yield text.endsWith("stuck") ? "free" : text;
    };
    const second = await start();
    await until("the answer", () => texts().length === 1, 20_000);
    expect(texts()).toEqual(["free"]);
    await second.stop();
    await end();
  }, 60_000);

  test.concurrent("an inbox that is full takes nothing in, says so, and goes on when there is room", async () => {
    const { dingtalk, gateway, texts, ready, end } = await surroundings(runtime, {
      store: { maxMb: 16 },
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* () {
      await held;
      yield "ok";
    };
    let acked = 0;
    const said: Promise<unknown>[] = [];
    for (let at = 0; at < 30; at++) {
      const text = `${at} ${"x".repeat(900_000)}`;
      said.push(dingtalk.say({ text }).then(() => acked++));
      const full = async () => (await ready()).status === 503;
      await until("an ack, or no room", async () => acked === at + 1 || (await full()));
    }
    await until("503", async () => (await ready()).status === 503);
    expect(await (await ready()).text()).toContain("the inbox is full");
    expect(acked).toBeLessThan(30);
    release();
    await Promise.all(said);
    await until("all answers", () => texts().join("").match(/ok/g)?.length === 30, 40_000);
    expect((await ready()).status).toBe(200);
    await end();
  }, 90_000);

  test.concurrent("a database that cannot be written is survived", async () => {
    const { home, dingtalk, texts, ready, end } = await surroundings(runtime);
    const db = databaseOf(home);
    db.exec("BEGIN IMMEDIATE");
    const said = dingtalk.say({ text: "patience" });
    await until("503", async () => (await ready()).status === 503, 20_000);
    expect(await (await ready()).text()).toContain("locked");
    expect(texts()).toEqual([]);
    db.exec("ROLLBACK");
    db.close();
    await said;
    await until("the answer", () => texts().length === 1, 20_000);
    expect((await ready()).status).toBe(200);
    await end();
  }, 60_000);

  test.concurrent("two links are held at the same time, and one is enough", async () => {
    const { dingtalk, texts, ready, end } = await surroundings(runtime, { stream: { links: 2 } });
    await until("both links", () => dingtalk.stream.links === 2);
    dingtalk.stream.disconnect();
    await until("their replacements", () => dingtalk.stream.links === 2);
    dingtalk.stream.drop();
    await dingtalk.say({ text: "still there?" });
    await until("the answer", () => texts().length === 1);
    await until("both links again", () => dingtalk.stream.links === 2, 20_000);
    expect((await ready()).status).toBe(200);
    await end();
  }, 60_000);
});
