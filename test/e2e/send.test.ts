import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { runMain } from "../support/worker-process.ts";
import { TOKEN, apiOf } from "./_api.ts";
import { openWorld, textOf, type World } from "./_world.ts";

const BUSY = { status: 500, body: { code: "system.busy", message: "系统繁忙" } };
const env = { DINGBRIDGE_API_TOKEN: TOKEN };
const PAGE = "https://example.com/1";
const FEED = { links: [{ title: "第一条", url: PAGE, picture: `${PAGE}.png` }] };

describe.each([...RUNTIMES])("%s: sending unasked", (runtime) => {
  let world: World;
  let api: ReturnType<typeof apiOf>;
  let strangers = 0;
  /** Chats that DingTalk is too busy for. */
  const busy = new Set<string>();

  beforeAll(async () => {
    world = await openWorld({
      runtime,
      env,
      block: ({ home }) => ({ media: { roots: [join(home, "reports")] } }),
    });
    api = apiOf(world);
    world.dingtalk.faults.sends = ({ conversationId }) => (busy.has(conversationId) ? BUSY : "ok");
  });
  afterAll(async () => await world.close());

  /** Somebody of the organisation who has never written to the robot. */
  const stranger = () => {
    const userId = `stranger${++strangers}`;
    const chat = `ciddirect-${userId}==`;
    const sends = () => world.dingtalk.sends().filter((each) => each.chat === chat);
    return { userId, to: `user:${userId}`, chat, sends };
  };
  /** A group that has written, so that there is a fresh webhook. */
  const livelyGroup = async () => {
    const [group, member] = [world.group(), world.person("张三")];
    await group.says(member, "大家好");
    await group.replies(1);
    return { ...group, to: `group:${group.conversationId}`, member };
  };
  /** One the robot is in and has heard nothing of. */
  const silentGroup = () => {
    const group = world.group();
    world.dingtalk.groups.add(group.conversationId);
    return { ...group, to: `group:${group.conversationId}` };
  };

  describe("POST /v1/messages", () => {
    test.concurrent("takes a message on at once, and says later under which key it went", async () => {
      const { to, sends } = stranger();
      const response = await api.ask("/v1/messages", {
        body: { to, markdown: "## 提醒\n\n该开会了" },
      });
      expect(response.status).toBe(202);
      const { id } = (await response.json()) as { id: string };
      expect(response.headers.get("location")).toBe(`/v1/messages/${id}`);
      const fate = await api.settled(id);
      const [sent, ...others] = sends();
      expect(others).toEqual([]);
      expect(sent).toMatchObject({
        via: "oTo",
        msgKey: "sampleMarkdown",
        param: { title: "提醒" },
      });
      expect(fate).toMatchObject({
        id,
        state: "sent",
        deliveries: [{ to, state: "sent", processQueryKeys: [sent?.processQueryKey ?? ""] }],
      });
    });

    test.concurrent("the same idempotency key is the same message, however often it comes", async () => {
      const { to, sends } = stranger();
      const body = { to, text: "只有一次", idempotencyKey: "once-1" };
      const { idempotencyKey, ...bare } = body;
      const ids = await Promise.all([
        api.submit(body),
        api.submit(body),
        api.submit(bare, { "idempotency-key": idempotencyKey }),
      ]);
      await api.settled(ids[0] ?? "");
      ids.push(await api.submit(body));
      expect(new Set(ids).size).toBe(1);
      // What comes after it in this chat would come after a second one too.
      await api.settled(await api.submit({ to, text: "完" }));
      expect(sends().map(textOf)).toEqual(["只有一次", "完"]);
    });

    test.concurrent("45 people get it in 3 calls, and whoever DingTalk does not know is named", async () => {
      const people = Array.from({ length: 45 }, stranger);
      const unknown = people[30]?.userId ?? "";
      world.dingtalk.invalidStaff.add(unknown);
      const id = await api.submit({ to: people.map(({ to }) => to), text: "全体通知" });
      const { state, deliveries } = await api.settled(id);
      const reached = people.filter(({ userId }) => userId !== unknown);
      for (const { sends } of reached) expect(sends().map(textOf)).toEqual(["全体通知"]);
      const keys = reached.map(({ sends }) => sends()[0]?.processQueryKey);
      expect(new Set(keys).size).toBe(3);
      expect(state).toBe("partial");
      expect(deliveries.map(({ to }) => to)).toEqual(people.map(({ to }) => to));
      expect(deliveries.filter(({ state }) => state !== "sent")).toEqual([
        expect.objectContaining({ to: `user:${unknown}`, state: "failed" }),
      ]);
      expect(deliveries[30]?.reason).toMatch(/\S/);
    });

    test.concurrent("to nobody DingTalk knows: failed, and why", async () => {
      const { to, userId } = stranger();
      world.dingtalk.invalidStaff.add(userId);
      const one = await api.settled(await api.submit({ to, text: "有人吗" }));
      const group = await api.settled(
        await api.submit({ to: "group:cidNowhere==", text: "有人吗" }),
      );
      for (const { state, deliveries } of [one, group]) {
        expect(state).toBe("failed");
        expect(deliveries[0]?.reason).toMatch(/\S/);
      }
    });

    test.concurrent("@ where a fresh webhook can, and word of it where nothing can", async () => {
      const [lively, silent] = [await livelyGroup(), silentGroup()];
      const at = { userIds: ["boss1"], all: true };
      const id = await api.submit({ to: [lively.to, silent.to], markdown: "**开会**", at });
      const { state, deliveries } = await api.settled(id);
      expect(state).toBe("sent");
      const called = lively.sends().at(-1);
      expect(called).toMatchObject({ via: "webhook", msgKey: "markdown" });
      expect(textOf(called)).toContain("@boss1");
      const body = world.dingtalk.sent.findLast(
        ({ conversationId }) => conversationId === lively.conversationId,
      )?.body;
      expect(body?.at).toEqual({ atUserIds: ["boss1"], isAtAll: true });
      expect(silent.sends()).toMatchObject([{ via: "group", msgKey: "sampleMarkdown" }]);
      expect(deliveries.map(({ to, leftOut }) => [to, leftOut])).toEqual([
        [lively.to, []],
        [silent.to, ["at"]],
      ]);
    });

    test.concurrent("a feedCard where a webhook is, a list of its links elsewhere", async () => {
      const [lively, silent, one] = [await livelyGroup(), silentGroup(), stranger()];
      const id = await api.submit({ to: [lively.to, silent.to, one.to], feedCard: FEED });
      const { deliveries } = await api.settled(id);
      expect(lively.sends().at(-1)).toMatchObject({ via: "webhook", msgKey: "feedCard" });
      for (const [message] of [silent.sends(), one.sends()]) {
        expect(message?.msgKey).toBe("sampleMarkdown");
        expect(textOf(message)).toContain(`[第一条](${PAGE})`);
      }
      const leftOut = Object.fromEntries(deliveries.map(({ to, leftOut }) => [to, leftOut]));
      expect(leftOut).toEqual({
        [lively.to]: [],
        [silent.to]: ["feedCard"],
        [one.to]: ["feedCard"],
      });
    });

    test.concurrent("without a need for the webhook it goes the way that can be recalled", async () => {
      const lively = await livelyGroup();
      const path = join(world.home, "reports", "report.txt");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "42");
      await api.settled(await api.submit({ to: lively.to, text: "看附件" }));
      await api.settled(await api.submit({ to: lively.to, file: { path, name: "报告.txt" } }));
      expect(lively.sends().slice(1)).toMatchObject([
        { via: "group", msgKey: "sampleText" },
        { via: "group", msgKey: "sampleFile", param: { fileName: "报告.txt" } },
      ]);
      const outside = { path: "/etc/hostname" };
      const fate = await api.settled(await api.submit({ to: lively.to, file: outside }));
      expect(fate).toMatchObject({ state: "failed", deliveries: [{ state: "failed" }] });
      expect(fate.deliveries[0]?.reason).toContain("media.roots");
    });

    test.concurrent("a long text in several messages, as one thing", async () => {
      const { to, sends } = stranger();
      const lines = Array.from({ length: 900 }, (_, at) => `第 ${at} 行：一切正常`);
      const fate = await api.settled(await api.submit({ to, markdown: lines.join("\n\n") }));
      expect(sends().length).toBeGreaterThan(1);
      expect(fate.deliveries).toHaveLength(1);
      expect(fate.deliveries[0]?.processQueryKeys).toEqual(
        sends().map(({ processQueryKey }) => processQueryKey ?? ""),
      );
      const said = sends().flatMap((each) => textOf(each).match(/第 \d+ 行/g) ?? []);
      expect(said).toEqual(lines.map((line) => line.replace(/：.*/, "")));
    });

    test.concurrent("says what is wrong with a request, and takes nothing on", async () => {
      const { to, sends } = stranger();
      const good = { to, text: "x" };
      const status = async (body: unknown, headers = {}) =>
        (await api.ask("/v1/messages", { body, headers })).status;
      for (const authorization of ["", "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
        expect(await status(good, { authorization })).toBe(401);
      }
      expect(await status(good, { "content-type": "text/plain" })).toBe(415);
      expect(await status({ to, text: "x".repeat(1024 * 1024) })).toBe(413);
      const wrong = [
        "no json",
        [],
        { to },
        { text: "x" },
        { to: "somebody", text: "x" },
        { to: [], text: "x" },
        { to, text: "x", markdown: "y" },
        { to, text: " " },
        { to, text: "x", colour: "red" },
        { to, link: { title: "x", url: "javascript:alert(1)" } },
        { to, text: "x", at: { userIds: ["u1"] } },
        { to, text: "x", idempotencyKey: "mit Leerzeichen" },
      ];
      for (const body of wrong) expect([body, await status(body)]).toEqual([body, 400]);
      const secret = { to: "geheim-1234", link: { title: "x", url: "geheim-5678" } };
      const said = await (await api.ask("/v1/messages", { body: secret })).text();
      expect(said).toContain('"path":"link.url"');
      expect(said).not.toContain("geheim");
      const nowhere = await api.ask("/v1/messages/3f2b6c1e-0000-4000-8000-000000000000", {
        method: "GET",
      });
      expect(nowhere.status).toBe(404);
      expect(sends()).toEqual([]);
    });
  });

  describe("DELETE /v1/messages/<id>", () => {
    test.concurrent("takes back what was sent, and not what went by a webhook", async () => {
      const [group, one] = [await livelyGroup(), stranger()];
      const id = await api.submit({ to: [group.to, one.to], text: "说错了" });
      await api.settled(id);
      expect(await api.withdraw(id)).toMatchObject({ state: "recalled" });
      for (const sends of [group.sends(), one.sends()]) expect(sends.at(-1)?.recalled).toBe(true);
      // Once more changes nothing.
      expect(await api.withdraw(id)).toMatchObject({ state: "recalled" });
      const called = await api.submit({ to: group.to, text: "@你", at: { userIds: ["u1"] } });
      await api.settled(called);
      const stays = await api.withdraw(called);
      expect(stays.state).toBe("sent");
      expect(stays.deliveries[0]?.recall[0]).toContain("webhook");
      expect(group.sends().at(-1)?.recalled).toBe(false);
    });

    test.concurrent("keeps back what still waits", async () => {
      const { to, chat, sends } = stranger();
      busy.add(chat);
      const first = await api.submit({ to, text: "先不发" });
      await until("a try", async () =>
        world.worker.logs().some(({ message }) => message.startsWith("reply not sent yet")),
      );
      expect(await api.fate(first)).toMatchObject({ state: "queued" });
      expect(await api.withdraw(first)).toMatchObject({ state: "recalled" });
      busy.delete(chat);
      await api.settled(await api.submit({ to, text: "发这条" }));
      expect(sends().map(textOf)).toEqual(["发这条"]);
    });
  });

  describe("POST /v1/hooks/openclaw", () => {
    const run = (sessionKey: string | undefined, more: object = {}) => ({
      jobId: "morning",
      action: "finished",
      status: "ok",
      summary: "**晨报**\n- 一\n- 二",
      sessionKey,
      sessionId: "s1",
      runAtMs: 1_790_000_000_000,
      job: { name: "晨报" },
      ...more,
    });
    const hook = async (body: object, query = "") =>
      await api.ask(`/v1/hooks/openclaw${query}`, { body });

    test.concurrent("brings a job's words to the chat of its session, once a run", async () => {
      const [group, person] = [await livelyGroup(), world.person()];
      await person.say("hi");
      await person.replies(1);
      // The gateway knows session keys in small letters only.
      const [ofGroup, ofPerson] = [group.session.toLowerCase(), person.session.toLowerCase()];
      const responses = [
        await hook(run(ofGroup)),
        await hook(run(ofGroup)),
        await hook(run(ofPerson, { jobId: "other" })),
      ];
      expect(responses.map(({ status }) => status)).toEqual([202, 202, 202]);
      const ids = await Promise.all(
        responses.map(async (response) => ((await response.json()) as { id: string }).id),
      );
      expect(ids[0]).toBe(ids[1] ?? "");
      for (const id of ids) expect(await api.settled(id)).toMatchObject({ state: "sent" });
      for (const sends of [group.sends(), person.sends()]) {
        expect(sends.slice(1).map(textOf)).toEqual(["**晨报**\n\n- 一\n- 二"]);
      }
      await hook(run(ofGroup, { jobId: "failing", status: "error", error: "磁盘满了" }));
      const [, , failed] = await group.replies(3);
      expect(textOf(failed)).toMatch(/晨报[^]*磁盘满了/);
    });

    test.concurrent("to whom the address says, and to nobody it cannot tell", async () => {
      const { to, sends } = stranger();
      const elsewhere = await hook(run("agent:main:main"), `?to=${encodeURIComponent(to)}`);
      expect(elsewhere.status).toBe(202);
      await until("it", () => sends().length === 1);
      expect((await hook(run("agent:main:main"))).status).toBe(422);
      expect((await hook(run("agent:main:dingtalk:user:nobody"))).status).toBe(422);
      const silent = await hook(run("agent:main:main", { summary: "DINGTALK_SILENT" }));
      expect(silent.status).toBe(200);
      expect(await silent.json()).toMatchObject({ delivered: false });
      expect((await hook({ action: "finished" })).status).toBe(400);
    });
  });

  describe("dingbridge send", () => {
    const cli = (args: readonly string[], input?: string, more = {}) =>
      runMain(
        runtime,
        ["send", ...args],
        { HOME: world.home, DINGBRIDGE_PORT: new URL(world.worker.http).port, ...env, ...more },
        input,
      );

    test.concurrent("hands a message in, waits if asked to, and says under which id", async () => {
      const [one, other] = [stranger(), stranger()];
      const list = "- 一\n- 二";
      const quick = cli(["--to", one.to, "--markdown", list]);
      const piped = cli(["--to", one.to, "--to", other.to, "--wait"], "来自**管道**\n");
      const failing = cli(["--to", "group:cidNowhere==", "--text", "x", "--wait", "20"]);
      expect([await quick.exited, quick.stderr()]).toEqual([0, ""]);
      expect((await api.settled(quick.stdout().trim())).state).toBe("sent");
      expect([await piped.exited, piped.stderr()]).toEqual([0, ""]);
      expect((await api.fate(piped.stdout().trim())).state).toBe("sent");
      expect(one.sends().map(textOf).toSorted()).toEqual([list, "来自**管道**"].toSorted());
      expect(other.sends().map(textOf)).toEqual(["来自**管道**"]);
      expect(await failing.exited).toBe(1);
      expect(failing.stderr()).toContain("group:cidNowhere==");
    });

    test.concurrent("says what is missing, by its exit code too", async () => {
      const { to } = stranger();
      const say = ["--to", to, "--text", "x"];
      const runs = [
        [cli(["--to", to]), 2, "nothing to send"],
        [cli(["--text", "x"]), 2, "--to"],
        [cli([...say, "--colour", "red"]), 2, "--colour"],
        [cli(["--to", "somebody", "--text", "x"]), 1, "to"],
        [cli(say, undefined, { DINGBRIDGE_API_TOKEN: "wrong" }), 1, "http.token"],
        [cli(say, undefined, { DINGBRIDGE_API_TOKEN: "" }), 78, "http.token"],
        [cli(say, undefined, { DINGBRIDGE_PORT: "9" }), 1, "no dingbridge answers"],
      ] as const;
      for (const [run, code, words] of runs) {
        expect([await run.exited, run.stderr()]).toEqual([code, expect.stringContaining(words)]);
        expect(run.stderr()).not.toContain(TOKEN);
        expect(run.stderr()).not.toMatch(/^\s+at /m);
      }
    });
  });
});

describe.each([...RUNTIMES])("%s: what was taken on", (runtime) => {
  test.concurrent("survives a kill -9 of the worker, and is sent once", async () => {
    const world = await openWorld({ runtime, env });
    const { dingtalk } = world;
    try {
      const api = apiOf(world);
      dingtalk.faults.api = BUSY;
      const people = ["a", "b"].map((name) => `user:${name}`);
      const id = await api.submit({ to: people, text: "别丢了", idempotencyKey: "k" });
      await until("a try", () => dingtalk.calls.some(({ api }) => api.includes("batchSend")));
      await world.kill();
      dingtalk.faults.api = null;
      await world.start();
      expect(await api.settled(id, 20_000)).toMatchObject({ id, state: "sent" });
      expect(await api.submit({ to: people, text: "别丢了", idempotencyKey: "k" })).toBe(id);
      expect(dingtalk.sends().map(textOf)).toEqual(["别丢了", "别丢了"]);
    } finally {
      await world.close();
    }
  });

  test.concurrent("is nothing without a token", async () => {
    const world = await openWorld({ runtime });
    try {
      const { ask } = apiOf(world);
      const body = { to: "user:a", text: "x" };
      for (const response of [
        await ask("/v1/messages", { body }),
        await ask("/v1/hooks/openclaw", { body: { jobId: "j", action: "finished" } }),
        await ask("/v1/messages/3f2b6c1e-0000-4000-8000-000000000000", { method: "DELETE" }),
      ]) {
        expect(response.status).toBe(403);
        expect(await response.text()).toContain("http.token");
      }
    } finally {
      await world.close();
    }
  });
});
