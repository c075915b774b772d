import { describe, expect, test } from "bun:test";
import type { MediaFiles } from "../../../src/core/media/shelf.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createMemoryFiles } from "../../../src/store/media-files.ts";
import { jsonResponse, never } from "../../support/fake-fetch.ts";
import { frameText, groupData, robotData } from "../../support/fake-messages.ts";
import { KINDS, QUOTES, payloadData, type Payload } from "../../support/robot-payloads.ts";
import { createFakeOpenClaw, refused, type FakeOpenClaw } from "./_openclaw.ts";
import { PNG, SECRETS, createDayClock, working, type Setup } from "./_worker.ts";

const WINDOW_MS = 3000;
const URL_OF_PNG = `data:image/png;base64,${Buffer.from(PNG).toString("base64")}`;

interface Given extends Setup {
  readonly world?: FakeOpenClaw;
}

/** Files that lie in a folder, as far as their paths are concerned. */
function createDiskFiles(): MediaFiles {
  const files = createMemoryFiles();
  return {
    ...files,
    async write(name, bytes) {
      await files.write(name, bytes);
      return `/data/media/${name}`;
    },
    async read(name) {
      const found = await files.read(name);
      return found === undefined ? undefined : { ...found, path: `/data/media/${name}` };
    },
  };
}

/** A worker with a gateway that keeps records, and a person who sends all kinds of things. */
async function showing(given: Given = {}) {
  const clock = given.clock ?? createDayClock();
  const openclaw = given.world ?? createFakeOpenClaw(clock.now);
  const under = working({ ...given, clock, openclaw: openclaw.answer });
  const socket = await under.connect();
  let count = 0;
  const push = async (data: string) => {
    const fields = JSON.parse(data) as object;
    const own = { msgId: `m${count}-${clock.now()}`, createAt: clock.now() + count };
    const text = JSON.stringify({ ...fields, ...own });
    socket.text(frameText({ messageId: `push${++count}`, data: text }));
    await clock.settle();
  };
  const show = (payload: Payload) => push(payloadData(payload));
  const write = (content: string) => push(robotData({ text: { content } }));
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5000) {
      await clock.advance(Math.min(left, 5000));
      socket.pong();
    }
  };
  return { ...under, openclaw, socket, push, show, write, pass };
}

describe("createWorker(), a picture", () => {
  test("is fetched at once, and asked about with the words that come for it", async () => {
    const { show, write, codes, fetched, openclaw, words } = await showing();
    await show(KINDS.picture);
    expect(codes()).toEqual(["mIofPic"]);
    expect(fetched).toEqual(["https://files.test/mIofPic"]);
    expect(openclaw.turns).toEqual([]);
    await write("what is this?");
    expect(openclaw.turns).toMatchObject([
      { text: "[picture 1]\n\nwhat is this?", images: [URL_OF_PNG] },
    ]);
    expect(words()).toEqual(["re: [picture 1]\n\nwhat is this?"]);
    expect(codes()).toHaveLength(1);
  });

  test("is asked about alone when nothing comes, and not before", async () => {
    const { show, pass, openclaw } = await showing();
    await show(KINDS.picture);
    await pass(WINDOW_MS - 1);
    expect(openclaw.turns).toEqual([]);
    await pass(1);
    expect(openclaw.turns).toMatchObject([{ text: "[picture 1]", images: [URL_OF_PNG] }]);
  });

  test("is asked about at once where nobody wants to wait", async () => {
    const { show, openclaw } = await showing({ block: { burst: { windowMs: 0 } } });
    await show(KINDS.picture);
    expect(openclaw.turns).toHaveLength(1);
  });

  test("joins the next picture and the question about both", async () => {
    const { show, write, pass, openclaw } = await showing();
    await show(KINDS.picture);
    await pass(2000);
    await show(KINDS.picture);
    await pass(2000);
    await write("which is better?");
    expect(openclaw.texts()).toEqual(["[picture 1]\n\n[picture 2]\n\nwhich is better?"]);
    expect(openclaw.last().images).toHaveLength(2);
  });

  test("is fetched at once also while a turn runs: its code lives for a short time", async () => {
    const { show, write, codes, openclaw, pass } = await showing();
    openclaw.state.prompt = false;
    await write("one");
    await show(KINDS.picture);
    expect(codes()).toEqual(["mIofPic"]);
    await write("what is this?");
    await pass(20_000);
    expect(openclaw.texts()).toEqual(["one"]);
    openclaw.state.prompt = true;
    openclaw.last().end("re: one");
    await pass(1);
    expect(openclaw.texts()).toEqual(["one", "[picture 1]\n\nwhat is this?"]);
  });

  test("is acked before it is fetched", async () => {
    const { show, socket } = await showing({ download: never });
    await show(KINDS.picture);
    expect(socket.sent).toHaveLength(1);
  });

  test("keeps nobody else waiting while it is fetched", async () => {
    const { show, push, openclaw } = await showing({ file: never });
    await show(KINDS.richText);
    expect(openclaw.turns).toEqual([]);
    await push(groupData());
    expect(openclaw.texts()).toEqual(["你好"]);
  });

  test("that cannot be fetched is told to the agent, who answers", async () => {
    const refusal = { code: "unknownError", message: "no" };
    const { show, pass, openclaw, words } = await showing({
      download: () => jsonResponse(400, refusal),
    });
    await show(KINDS.picture);
    await pass(WINDOW_MS);
    expect(openclaw.turns).toHaveLength(1);
    expect(openclaw.last().text).toStartWith("[picture 1, could not be fetched: ");
    expect(openclaw.last().images).toEqual([]);
    expect(words()).toHaveLength(1);
  });

  test("is removed when its turn is over, and not before", async () => {
    const { show, files, openclaw, pass } = await showing();
    openclaw.state.prompt = false;
    await show(KINDS.richText);
    expect(await files.list()).toHaveLength(2);
    openclaw.last().end("seen");
    await pass(1);
    expect(await files.list()).toEqual([]);
  });

  test("of a quote is fetched and shown too", async () => {
    const { show, openclaw, codes } = await showing();
    await show(QUOTES.picture);
    expect(codes()).toEqual(["qPic"]);
    expect(openclaw.last().images).toEqual([URL_OF_PNG]);
    expect(openclaw.last().text).toContain("> [picture 1]");
  });

  test("is fetched once, however often DingTalk brings it", async () => {
    const { socket, clock, codes } = await showing();
    for (const push of ["push1", "push2"]) {
      socket.text(frameText({ messageId: push, data: payloadData(KINDS.picture) }));
      await clock.advance(5000);
    }
    expect(codes()).toEqual(["mIofPic"]);
  });

  test("leaves no code, address or token of its download in the log", async () => {
    const { show, pass, log } = await showing({ file: () => new Response("no", { status: 403 }) });
    await show(KINDS.picture);
    await pass(WINDOW_MS);
    for (const secret of ["mIofPic", "pWjAPic", "files.test/", SECRETS.accessToken]) {
      expect(log.text()).not.toContain(secret);
    }
  });
});

describe("createWorker(), what is held for the gateway", () => {
  test("is fetched at once and kept, one question when it is back", async () => {
    const { show, write, pass, openclaw, codes, files, words } = await showing();
    openclaw.state.away = refused;
    await write("look:");
    await show(KINDS.picture);
    await pass(30 * 60_000);
    expect(codes()).toEqual(["mIofPic"]);
    expect(await files.list()).toHaveLength(1);
    await write("what is this?");
    openclaw.state.away = undefined;
    await pass(15_000);
    expect(openclaw.texts()).toEqual(["look:\n\n[picture 1]\n\nwhat is this?"]);
    expect(openclaw.last().images).toEqual([URL_OF_PNG]);
    expect(codes()).toHaveLength(1);
    expect(words()).toHaveLength(2);
    expect(await files.list()).toEqual([]);
  });

  test("leaves no file when it has been held too long", async () => {
    const block = { gateway: { holdMs: 10 * 60_000 } };
    const { show, pass, openclaw, files, store } = await showing({ block });
    openclaw.state.away = refused;
    await show(KINDS.picture);
    await pass(11 * 60_000);
    expect((await store.counts()).inbox).toBe(0);
    expect(await files.list()).toEqual([]);
  });
});

describe("createWorker(), after a restart", () => {
  /** A picture and its question are being answered when the worker dies. */
  async function dying() {
    const store = openSqliteStore(":memory:");
    const files = createMemoryFiles();
    const clock = createDayClock();
    let now = clock.now;
    const world = createFakeOpenClaw(() => now());
    world.state.prompt = false;
    const first = await showing({ store, files, clock, world });
    const next = async (given: Given = {}) => {
      const later = createDayClock(clock.now() + 60_000);
      now = later.now;
      const second = await showing({ store, files, clock: later, world, ...given });
      await second.clock.settle();
      return second;
    };
    return { store, files, world, first, next };
  }

  test("does not fetch again what it has", async () => {
    const { store, files, world, first, next } = await dying();
    world.state.away = refused;
    await first.show(KINDS.picture);
    await first.write("what is this?");
    first.crash();
    await files.write("stray-0", PNG);
    world.state.away = undefined;
    world.state.prompt = true;
    const second = await next({ download: () => jsonResponse(500, {}) });
    expect(world.texts()).toEqual(["[picture 1]\n\nwhat is this?"]);
    expect(world.last().images).toEqual([URL_OF_PNG]);
    expect(second.codes()).toEqual([]);
    expect(await files.list()).toEqual([]);
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0 });
  });

  test("fetches what it had not got yet", async () => {
    const { files, world, first, next } = await dying();
    await first.show(KINDS.picture);
    first.crash();
    for (const name of await files.list()) await files.remove(name);
    world.state.prompt = true;
    const second = await next();
    expect(second.codes()).toEqual(["mIofPic"]);
    expect(world.last().images).toEqual([URL_OF_PNG]);
  });

  test("looks together for what was asked together, and answers it once", async () => {
    const { store, world, first, next } = await dying();
    await first.show(KINDS.picture);
    await first.write("what is this?");
    await first.write("hello?");
    expect(world.texts()).toEqual(["[picture 1]\n\nwhat is this?"]);
    first.crash();
    world.last().endUnheard("a cat");
    world.state.prompt = true;
    const second = await next();
    expect(second.words()).toEqual(["a cat", "re: hello?"]);
    expect(world.texts()).toEqual(["[picture 1]\n\nwhat is this?", "hello?"]);
    expect(second.codes()).toEqual([]);
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0 });
  });

  test("leaves no file of a turn whose answer it found", async () => {
    const { files, world, first, next } = await dying();
    await first.show(KINDS.picture);
    await first.write("what is this?");
    expect(await files.list()).toHaveLength(1);
    first.crash();
    world.last().endUnheard("a cat");
    await next();
    expect(await files.list()).toEqual([]);
  });

  test("asks again with the picture what was cut off", async () => {
    const { files, world, first, next } = await dying();
    await first.show(KINDS.picture);
    await first.write("what is this?");
    first.crash();
    world.abandon();
    world.state.prompt = true;
    const second = await next();
    expect(world.turns).toHaveLength(2);
    expect(world.last().question).toEndWith(`\n${world.turns[0]?.question}`);
    expect(world.last().images).toEqual([URL_OF_PNG]);
    expect(second.codes()).toEqual([]);
    expect(await files.list()).toEqual([]);
  });
});

describe("createWorker(), what the agent is told", () => {
  test("is who writes and where, and the words last", async () => {
    const { push, openclaw } = await showing();
    await push(groupData());
    expect(openclaw.last().question).toMatch(
      /^From: 小明 \(staff1\), admin of the organisation\nGroup: 测试群 \(cidGroup==\)\nTime: .+\n\n你好$/,
    );
    await push(robotData());
    expect(openclaw.last().question).toMatch(/^From: 小明 .*\nTime: .+\n\n你好$/);
  });

  test("is the words alone where the rest is not wanted", async () => {
    const { push, openclaw } = await showing({ block: { messageContext: false } });
    await push(groupData());
    expect(openclaw.last().question).toBe("你好");
  });

  test("names those whom a message mentions, once they have written themselves", async () => {
    const { push, openclaw } = await showing();
    const tom = { senderStaffId: "staff2", senderId: "$:LWCP_v1:$tom", senderNick: "Tom" };
    const atUsers = [{ dingtalkId: "$:LWCP_v1:$tom" }];
    await push(groupData({ atUsers }));
    expect(openclaw.last().question).toContain("\nMentioned: $:LWCP_v1:$tom\n");
    await push(groupData(tom));
    await push(groupData({ atUsers }));
    expect(openclaw.last().question).toContain("\nMentioned: Tom\n");
  });

  test("is a file's text", async () => {
    const { show, pass, openclaw } = await showing({
      file: () => new Response("%PDF-1.7\n"),
      extractText: async (_bytes, { mime }, name) => ({
        ok: true,
        text: `${mime} ${name}`,
        truncated: false,
      }),
    });
    await show(KINDS.file);
    await pass(WINDOW_MS);
    expect(openclaw.last().text).toBe(
      "[file 1: foobar.zip]\napplication/pdf foobar.zip\n[end of file 1: foobar.zip]",
    );
  });

  test("is where a file lies only if the gateway is on this machine", async () => {
    for (const [url, told] of [
      ["http://127.0.0.1:18789", true],
      ["http://gateway.example.com:18789", false],
    ] as const) {
      const block = { gateway: { url }, burst: { windowMs: 0 } };
      const file = () => new Response("%PDF-1.7\n");
      const onDisk = await showing({ block, file, files: createDiskFiles() });
      await onDisk.show(KINDS.file);
      expect(onDisk.openclaw.last().text.includes("saved as /data/media/")).toBe(told);
      // What is kept in memory lies nowhere.
      const inMemory = await showing({ block, file });
      await inMemory.show(KINDS.file);
      expect(inMemory.openclaw.last().text).not.toContain("saved as");
    }
  });

  test("is what the robot said itself, when somebody answers to that", async () => {
    const { push, show, openclaw } = await showing({
      webhook: ({ url }) =>
        url.includes("sendBySession")
          ? jsonResponse(200, { errcode: 300_001, errmsg: "session 不存在" })
          : jsonResponse(200, { processQueryKey: "pqk1" }),
    });
    await push(groupData({ text: { content: "apples?" } }));
    await show(QUOTES.robotCardWithoutContent);
    expect(openclaw.last().text).toContain("> you wrote:\n> ");
    expect(openclaw.last().text).toContain("apples?");
  });

  test("is of every kind something, and each has its one answer", async () => {
    const { push, pass, openclaw, sent, store, files } = await showing();
    const kinds = Object.values(KINDS);
    for (const payload of kinds) {
      await push(payloadData(payload));
      await pass(WINDOW_MS);
    }
    expect(openclaw.turns).toHaveLength(kinds.length);
    expect(openclaw.texts().every((text) => text.trim() !== "")).toBe(true);
    await pass(120_000);
    const said = (sent() as { text?: { content: string }; markdown?: { text: string } }[])
      .map(({ text, markdown }) => text?.content ?? markdown?.text ?? "")
      .join("\n");
    expect(said.match(/re: /g)).toHaveLength(kinds.length);
    expect(said).not.toContain("😥");
    expect(await store.counts()).toMatchObject({ inbox: 0, outbox: 0 });
    expect(await files.list()).toEqual([]);
  });
});

describe("createWorker(), several messages while a turn runs", () => {
  test("are one turn after it", async () => {
    const { write, pass, openclaw, words } = await showing();
    openclaw.state.prompt = false;
    for (const content of ["one", "two", "three"]) await write(content);
    expect(openclaw.texts()).toEqual(["one"]);
    openclaw.state.prompt = true;
    openclaw.last().end("re: one");
    await pass(1);
    expect(openclaw.texts()).toEqual(["one", "two\n\nthree"]);
    expect(words()).toEqual(["re: one", "re: two\n\nthree"]);
  });

  test("of several people are one turn each, in order", async () => {
    const { push, pass, openclaw } = await showing();
    openclaw.state.prompt = false;
    const say = (content: string, senderStaffId: string) =>
      push(groupData({ senderStaffId, text: { content } }));
    await say("a1", "ann");
    await say("a2", "ann");
    await say("b1", "bob");
    await say("b2", "bob");
    await say("a3", "ann");
    openclaw.state.prompt = true;
    openclaw.last().end("re: a1");
    await pass(1);
    expect(openclaw.texts()).toEqual(["a1", "a2", "b1\n\nb2", "a3"]);
  });
});
