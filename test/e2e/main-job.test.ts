import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDingTalk, type DingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway, type Asked, type EchoGateway } from "../../src/simulator/gateway.ts";
import { wordsIn } from "../support/asked.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { startWorker, temporaryFolder, type WorkerProcess } from "../support/worker-process.ts";

const answer = (text: string) =>
  async function* () {
    yield text;
  };

describe.each([...RUNTIMES])("%s: the main job", (runtime) => {
  const home = temporaryFolder();
  let dingtalk: DingTalk;
  let gateway: EchoGateway;
  let worker: WorkerProcess;

  beforeAll(async () => {
    dingtalk = await startDingTalk({
      redeliverAfterMs: 1500,
      disconnectGraceMs: 400,
      perMinute: 1000,
    });
    gateway = await startGateway({ respond: answer("好的") });
    mkdirSync(join(home.path, ".openclaw"));
    // These tests all speak in the same few chats: the usual pace would make them wait.
    const block = { limits: { perMinute: 1000 } };
    writeFileSync(
      join(home.path, ".openclaw/dingbridge.json"),
      JSON.stringify({ channels: { dingtalk: block } }),
    );
    worker = await startWorker({ runtime, dingtalk, gateway, home: home.path });
  });
  afterAll(async () => {
    if (worker.process.exitCode === null) worker.process.kill("SIGKILL");
    await worker.exited;
    await dingtalk.close();
    await gateway.stop();
    home.remove();
  });
  beforeEach(() => {
    dingtalk.sent.length = 0;
    gateway.asked.length = 0;
  });
  afterEach(() => {
    gateway.respond = answer("好的");
    dingtalk.faults.webhook = null;
    dingtalk.faults.open = null;
  });

  const replies = (count: number, ms?: number) =>
    until(`${count} replies`, () => dingtalk.sent.length >= count && dingtalk.sent, ms);
  const counters = async () => {
    const response = await fetch(`${worker.http}/status`);
    return ((await response.json()) as { counters: Record<string, number> }).counters;
  };
  const ready = () =>
    until("a link", async () => (await fetch(`${worker.http}/readyz`)).status === 200);

  test("a direct message gets the agent's answer", async () => {
    await dingtalk.say({ text: "你好", senderStaffId: "Manager7675" });
    const [reply] = await replies(1);
    expect(reply?.body).toEqual({ msgtype: "text", text: { content: "好的" } });
    const [asked] = gateway.asked as [Asked];
    expect(asked.session).toBe("agent:main:dingtalk:user:Manager7675");
    expect(asked.text).toMatch(/^From: 小明 \(Manager7675\)\nTime: .*\n\n你好$/);
    expect(asked.body.model).toBe("openclaw/main");
    expect(asked.body.stream).toBe(true);
    expect(asked.body.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(asked.headers["x-openclaw-message-channel"]).toBe("dingtalk");
    expect(asked.headers["x-openclaw-agent-id"]).toBe("main");
    for (const name of Object.keys(asked.headers)) {
      expect(name).not.toMatch(/^(x-forwarded|forwarded|x-real-ip|via)/);
    }
  });

  test("a group message gets its answer with the sender mentioned, markdown as markdown", async () => {
    gateway.respond = answer("## 结果\n\n- 一\n- **二**");
    await dingtalk.say({
      kind: "group",
      conversationId: "cidGroup/+A==",
      text: "总结一下",
      senderStaffId: "u1",
      senderNick: "张三",
    });
    const [reply] = await replies(1);
    expect(reply?.conversationId).toBe("cidGroup/+A==");
    expect(reply?.body).toEqual({
      msgtype: "markdown",
      markdown: { title: "结果", text: "@u1\n\n## 结果\n\n- 一\n- **二**" },
      at: { atUserIds: ["u1"] },
    });
    expect(gateway.asked[0]?.session).toBe("agent:main:dingtalk:group:cidGroup/+A==");
    expect(gateway.asked[0]?.text).toMatch(
      /^From: 张三 \(u1\)\nGroup: .* \(cidGroup\/\+A==\)\nTime: .*\n\n总结一下$/,
    );
  });

  test("ids outside ASCII travel percent-encoded", async () => {
    await dingtalk.say({ text: "hi", senderStaffId: "用户 1" });
    await replies(1);
    expect(gateway.asked[0]?.session).toBe("agent:main:dingtalk:user:%E7%94%A8%E6%88%B7%201");
  });

  test("a bare mention gets a help line and no turn", async () => {
    await dingtalk.say({ kind: "group", text: "  " });
    const [reply] = await replies(1);
    expect(reply?.body.text?.content).toMatch(/^@user01 👋/);
    expect(gateway.asked).toHaveLength(0);
  });

  test("messages of one session keep their order, other sessions do not wait", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* (asked) {
      const words = wordsIn(asked);
      if (words === "1") await held;
      yield `answer ${words}`;
    };
    // Several people, so that each message is a turn of its own.
    for (const text of ["1", "2", "3"]) {
      await dingtalk.say({ kind: "group", text, senderStaffId: `person${text}` });
    }
    await dingtalk.say({ text: "other", senderStaffId: "quick", conversationId: "cidquick==" });
    await replies(1);
    expect(dingtalk.sent[0]?.body.text?.content).toBe("answer other");
    release();
    const sent = await replies(4);
    expect(sent.slice(1).map(({ body }) => body.text?.content)).toEqual([
      "@person1 answer 1",
      "@person2 answer 2",
      "@person3 answer 3",
    ]);
  });

  test("what one person writes while a turn runs becomes one turn, and each message is acked", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* (asked) {
      if (wordsIn(asked) === "1") await held;
      yield `answer ${wordsIn(asked)}`;
    };
    for (const text of ["1", "2", "3"]) await dingtalk.say({ text });
    release();
    const sent = await replies(2);
    expect(sent.map(({ body }) => body.text?.content)).toEqual(["answer 1", "answer 2\n\n3"]);
  });

  test("a redelivery under the same or a new msgId is acked and not answered again", async () => {
    const before = await counters();
    const message = await dingtalk.say({ text: "once" });
    const push = (data: object) =>
      dingtalk.stream.push("/v1.0/im/bot/messages/get", JSON.stringify(data));
    expect((await push(message)).code).toBe(200);
    expect((await push({ ...message, msgId: "msgNEW==" })).code).toBe(200);
    await dingtalk.say({ text: "twice" });
    await replies(2);
    expect(gateway.asked.map(wordsIn)).toEqual(["once", "twice"]);
    const after = await counters();
    expect((after["duplicates_by_id"] ?? 0) - (before["duplicates_by_id"] ?? 0)).toBe(1);
    expect((after["duplicates_by_content"] ?? 0) - (before["duplicates_by_content"] ?? 0)).toBe(1);
  });

  test("malformed frames, unknown topics and unreadable data do no harm", async () => {
    const before = await counters();
    for (const text of ["no json", "[]", '{"type":"CALLBACK"}', "null"])
      dingtalk.stream.sendRaw(text);
    expect((await dingtalk.stream.push("/v1.0/unheard/of", "{}")).code).toBe(404);
    expect((await dingtalk.stream.push("/v1.0/card/instances/callback", "{}")).code).toBe(200);
    for (const data of ["not json", "{}", "42", '{"conversationId":""}']) {
      expect((await dingtalk.stream.push("/v1.0/im/bot/messages/get", data)).code).toBe(200);
    }
    await dingtalk.say({ text: "still there?" });
    await replies(1);
    const after = await counters();
    const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(grown("frames_malformed")).toBe(4);
    expect(grown("frames_unknown_topic")).toBe(1);
    expect(grown("quarantined")).toBe(4);
  });

  test("a dropped link comes back and nothing is lost", async () => {
    dingtalk.stream.drop();
    await Promise.all([dingtalk.say({ text: "during the gap" }), replies(1)]);
    expect(gateway.asked.map(wordsIn)).toEqual(["during the gap"]);
  });

  test("on disconnect the replacement is up before the old link ends", async () => {
    await ready();
    const opens = dingtalk.opens.length;
    dingtalk.stream.disconnect();
    expect(dingtalk.stream.links).toBe(0);
    await until("the replacement", () => dingtalk.stream.links === 1);
    expect(dingtalk.opens).toHaveLength(opens + 1);
    await dingtalk.say({ text: "after disconnect" });
    await replies(1);
    // The old link's end changes nothing.
    await until("the old link's end", () =>
      worker.logs().some(({ message }) => message === "an old link ended"),
    );
    expect(dingtalk.opens).toHaveLength(opens + 1);
    expect((await fetch(`${worker.http}/readyz`)).status).toBe(200);
  });

  test("a frame over 1 MiB closes the link, is counted, and the next message is answered", async () => {
    const before = await counters();
    dingtalk.stream.sendRaw("x".repeat(1024 * 1024 + 1));
    await until(
      "the count",
      async () => (await counters())["frames_oversize"] !== before["frames_oversize"],
    );
    await Promise.all([dingtalk.say({ text: "next" }), replies(1)]);
  });

  test("the server's ping is echoed with its data", async () => {
    const pings = () =>
      dingtalk.events
        .past()
        .filter((event) => event.type === "frame" && event.label === "SYSTEM ping")
        .map((event) => (event.type === "frame" ? event.detail : ""));
    await until("a ping", () => pings().length > 0);
    const acks = () =>
      dingtalk.events
        .past()
        .filter((event) => event.type === "frame" && event.label === "ack 200")
        .map((event) => (event.type === "frame" ? event.detail : ""));
    await until("its echo", () => acks().includes(pings()[0] ?? ""));
  });

  test("a webhook that is busy is tried again, in order", async () => {
    dingtalk.faults.webhook = { status: 200, body: { errcode: -1, errmsg: "系统繁忙" } };
    await dingtalk.say({ text: "a" });
    await until("the refusal", async () => ((await counters())["replies_retried"] ?? 0) > 0);
    await dingtalk.say({ text: "b" });
    gateway.respond = answer("second");
    await until("both turns", () => gateway.asked.length === 2);
    dingtalk.faults.webhook = null;
    const sent = await replies(2);
    expect(sent).toHaveLength(2);
  });

  test("a forged webhook host gets nothing, the sender an answer by the OpenAPI", async () => {
    const before = await counters();
    await dingtalk.say({
      text: "give me the answer",
      conversationId: "cidforged==",
      override: {
        sessionWebhook: "http://127.0.0.1:9/steal",
        sessionWebhookExpiredTime: Date.now() + 1e6,
      },
    });
    const [reply] = await replies(1);
    expect(reply).toMatchObject({ via: "oTo", conversationId: "cidforged==" });
    expect((await counters())["webhooks_refused"]).toBe((before["webhooks_refused"] ?? 0) + 1);
  });

  test("a session webhook that has expired is replaced by the OpenAPI, in both kinds of chat", async () => {
    for (const kind of ["direct", "group"] as const) {
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      gateway.respond = async function* () {
        await held;
        yield `late in the ${kind}`;
      };
      const asked = gateway.asked.length;
      await dingtalk.say({ kind, text: "take your time", senderNick: "张三" });
      await until("the turn", () => gateway.asked.length > asked);
      dingtalk.expireWebhooks();
      release();
      await until("the reply", () =>
        dingtalk.sent.some(({ via }) => via === (kind === "group" ? "group" : "oTo")),
      );
    }
    const texts = dingtalk.sent.map(({ via, body }) => [via, body.text?.content]);
    expect(texts).toEqual([
      ["oTo", "late in the direct"],
      ["group", "@张三 late in the group"],
    ]);
    expect(dingtalk.mints).toBe(1);
  });

  test("a silent answer sends nothing, a failed turn tells the user", async () => {
    gateway.respond = answer("DINGTALK_SILENT");
    await dingtalk.say({ text: "shh" });
    await until("the turn", () => gateway.asked.length === 1);
    gateway.respond = () =>
      Response.json(
        { error: { message: "402 no credit", type: "insufficient_quota" } },
        { status: 402 },
      );
    await dingtalk.say({ text: "pay" });
    const [reply] = await replies(1);
    expect(reply?.body.text?.content).toContain("额度用完了");
    expect(dingtalk.sent).toHaveLength(1);
  });

  test("messages for a gateway that is away are held and answered in order when it is back", async () => {
    gateway.respond = async function* (asked) {
      yield `answer ${wordsIn(asked)}`;
    };
    await gateway.stop();
    for (const text of ["anyone?", "hello?"]) {
      await dingtalk.say({ kind: "group", text, senderStaffId: text });
    }
    const status = async () =>
      (await (await fetch(`${worker.http}/status`)).json()) as {
        accounts: { default: { gateway: { state: string } } };
        turns: { held: number };
      };
    await until("the hold", async () => (await status()).turns.held === 1);
    expect((await status()).accounts.default.gateway.state).toBe("shut");
    await gateway.start();
    const sent = await replies(2);
    expect(sent.map(({ body }) => body.text?.content)).toEqual([
      "@anyone? answer anyone?",
      "@hello? answer hello?",
    ]);
    expect((await status()).accounts.default.gateway.state).toBe("open");
  });

  test("SIGTERM ends it with exit code 0, and the log holds no secret", async () => {
    expect(await worker.stop()).toBe(0);
    const output = worker.stdout() + worker.stderr();
    expect(output).not.toContain(dingtalk.clientSecret);
    expect(output).not.toContain(gateway.token);
    expect(output).not.toContain("ticket=");
    expect(output).not.toContain("sendBySession");
  });
});
