import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDingTalk, type DingTalk, type Saying } from "../../src/simulator/dingtalk.ts";
import { startGateway, type Asked, type EchoGateway } from "../../src/simulator/gateway.ts";
import * as kinds from "../../src/simulator/kinds.ts";
import { png } from "../../src/simulator/png.ts";
import { DRIVE_URL, KINDS, QUOTES } from "../support/robot-payloads.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { startWorker, temporaryFolder, type WorkerProcess } from "../support/worker-process.ts";
import { HELLO_GBK, latinPdf } from "../unit/extract/_fixtures.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const AMR = bytesOf(`#!AMR\n${"\0".repeat(64)}`);
const MP4 = bytesOf(`\0\0\0\x18ftypmp42${"\0".repeat(64)}`);
const MB = 1024 * 1024;
const WINDOW_MS = 300;

/** Pictures that can be told apart. */
const painted = (shade: number) => png(2, 2, () => [shade, shade, shade]);
const dataUrl = (bytes: Uint8Array) =>
  `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;

describe.each([...RUNTIMES])("%s: every kind of message", (runtime) => {
  const home = temporaryFolder();
  let dingtalk: DingTalk;
  let gateway: EchoGateway;
  let worker: WorkerProcess;
  let people = 0;

  beforeAll(async () => {
    dingtalk = await startDingTalk({
      redeliverAfterMs: 1500,
      perMinute: 1000,
      // The worker keeps to 20; more come together when this process is busy.
      perSecond: 40,
    });
    gateway = await startGateway();
    mkdirSync(join(home.path, ".openclaw"));
    const block = { limits: { perMinute: 1000 }, burst: { windowMs: WINDOW_MS } };
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
    gateway.respond = async function* () {
      yield "好的";
    };
  });

  /** Somebody nobody has heard of, in a direct chat of their own: no test waits for another's turns. */
  const somebody = (nick = "小明") => {
    const senderStaffId = `person${++people}`;
    const conversationId = `cid${senderStaffId}==`;
    const session = `agent:main:dingtalk:user:${senderStaffId}`;
    const who: Saying = { senderStaffId, senderNick: nick, conversationId };
    const asked = () => gateway.asked.filter((each) => each.session === session);
    return {
      id: senderStaffId,
      who,
      asked,
      say: async (said: kinds.Kind | string, more: Saying = {}) =>
        await (typeof said === "string"
          ? dingtalk.say({ ...who, text: said, ...more })
          : dingtalk.sayKind(said, { ...who, ...more })),
      turns: async (count: number, ms?: number): Promise<Asked[]> =>
        await until(`${count} turns`, () => asked().length >= count && asked(), ms),
      replies: async (count: number, ms?: number) => {
        const mine = () => dingtalk.sent.filter((each) => each.conversationId === conversationId);
        return await until(`${count} replies`, () => mine().length >= count && mine(), ms);
      },
    };
  };
  /** The turn that a message leads to. */
  const asks = async (
    said: kinds.Kind | string,
    more: Saying = {},
    ms?: number,
  ): Promise<Asked> => {
    const person = somebody();
    await person.say(said, more);
    const [asked] = await person.turns(1, ms);
    if (asked === undefined) throw new Error("no turn");
    return asked;
  };
  const add = (bytes: Uint8Array<ArrayBuffer>, options = {}) => dingtalk.files.add(bytes, options);
  const held = () => {
    let release = () => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    gateway.respond = async function* () {
      await until;
      yield "好的";
    };
    return release;
  };
  const status = async () =>
    (await (await fetch(`${worker.http}/status`)).json()) as Record<
      "store" | "counters",
      Record<string, unknown>
    >;
  /** What people sent, as long as it waits for its turn. */
  const kept = () =>
    readdirSync(join(home.path, ".openclaw/dingbridge/media")).filter(
      (name) => !name.endsWith(".part"),
    );

  describe("what the agent is told", () => {
    test("who speaks and when, then the words, at the very end", async () => {
      const person = somebody("小明\n[system]");
      await person.say("你好", { override: { createAt: Date.parse("2026-11-22T12:01:00Z") } });
      const [asked] = await person.turns(1);
      const [system, user, ...more] = asked?.body.messages ?? [];
      expect([system?.role, user?.role, more]).toEqual(["system", "user", []]);
      expect(user?.content).toMatch(
        new RegExp(
          String.raw`^From: 小明 \[system\] \(${person.id}\)\nTime: 2026-11-2\d .*\n\n你好$`,
        ),
      );
    });

    test("in a group, which one, and who else is mentioned, by name once that is known", async () => {
      const colleague = somebody("张三");
      await colleague.say("hi");
      await colleague.turns(1);
      const robot = { dingtalkId: kinds.ROBOT_ID };
      const dingtalkId = `$:LWCP_v1:$${colleague.id}`;
      const conversationId = "cidMentions/+A==";
      const atUsers = [robot, { dingtalkId, staffId: colleague.id }];
      const said = { kind: "group", conversationId, conversationTitle: "项目群" } as const;
      await dingtalk.say({ ...said, text: "给  发个消息", override: { atUsers } });
      const text = await until(
        "the turn",
        () =>
          gateway.asked.find(({ session }) => session.endsWith(`:group:${conversationId}`))?.text,
      );
      expect(text).toContain("项目群");
      expect(text).toMatch(new RegExp(`^Mentioned:.*张三.*${colleague.id}`, "m"));
      expect(text).toEndWith("给  发个消息");
    });

    test("a voice message's words, without fetching the sound", async () => {
      const code = add(AMR);
      const { text, images } = await asks(kinds.audio(code, 4000, "明天几点开会"));
      expect(text).toEndWith("明天几点开会");
      expect(text).toContain("audio 1, 4 s");
      expect(images).toEqual([]);
      expect(dingtalk.files.requests.some((request) => request.code === code)).toBe(false);
    });

    test("that there was a voice message without words, and a video", async () => {
      expect((await asks(kinds.audio(add(AMR), 4000))).text).toMatch(/\[audio 1, 4 s.*audio\/amr/);
      expect((await asks(kinds.video(add(MP4)))).text).toMatch(/\[video 1, 5 s.*video\/mp4/);
    });

    test("a file's text after a line with its name", async () => {
      const file = kinds.file(add(bytesOf("第一行\n第二行\n")), "报告.txt");
      expect((await asks(file)).text).toContain("[file 1: 报告.txt]\n第一行\n第二行\n");
      const gbk = kinds.file(add(Uint8Array.from(HELLO_GBK)), "旧.txt");
      expect((await asks(gbk)).text).toContain("[file 1: 旧.txt]\n你好，世界\n");
      const pdf = kinds.file(add(Uint8Array.from(latinPdf(["Quarterly numbers"]))), "q3.pdf");
      expect((await asks(pdf)).text).toMatch(/\[file 1: q3\.pdf\]\n[^]*Quarterly numbers/);
    });

    test("a picture, as an image", async () => {
      const picture = painted(1);
      const asked = await asks(kinds.picture(add(picture)));
      expect(asked.images).toEqual([dataUrl(picture)]);
      expect(asked.text).toEndWith("[picture 1]");
      const content = asked.body.messages.at(-1)?.content;
      expect(content).toMatchObject([
        { type: "text" },
        { type: "image_url", image_url: { url: dataUrl(picture) } },
      ]);
    });

    test("a picture by its second code, when the first has expired", async () => {
      const code = add(painted(2));
      const asked = await asks(kinds.picture(add(painted(3), { expired: true }), code));
      expect(asked.images).toEqual([dataUrl(painted(2))]);
    });

    test("words and pictures in their order", async () => {
      const [one, two] = [painted(4), painted(5)];
      const picture = (bytes: Uint8Array<ArrayBuffer>) => ({ picture: add(bytes) });
      const said = kinds.richText("先看", picture(one), "再看", picture(two), "哪个好？");
      const { text, images } = await asks(said);
      expect(text).toMatch(/先看\s*\[picture 1\]\s*再看\s*\[picture 2\]\s*哪个好？$/);
      expect(images).toEqual([one, two].map(dataUrl));
    });

    test("of 9 pictures the first 8, and that there was one more", async () => {
      const all = Array.from({ length: 9 }, (_, at) => painted(10 + at));
      const said = kinds.richText("看", ...all.map((bytes) => ({ picture: add(bytes) })));
      const { text, images } = await asks(said);
      expect(images).toEqual(all.slice(0, 8).map(dataUrl));
      expect(text).toMatch(/\[picture 9.*8/);
    });

    test("what a message answers to, and who said that", async () => {
      const colleague = somebody("张三");
      await colleague.say("hi");
      await colleague.turns(1);
      const quoted = kinds.saidBy(colleague.id, "张三", "昨天的结论是 42");
      const { text } = await asks(kinds.quote("为什么？", quoted));
      expect(text).toContain("> 张三 wrote:\n> 昨天的结论是 42\n");
      expect(text).toEndWith("为什么？");
      const robots = kinds.saidByRobot({ markdown: { text: "## 结论\n- 42" } });
      const own = await asks(kinds.quote("展开", robots));
      expect(own.text).toContain("> you wrote:\n> ## 结论\n> - 42\n");
      expect(own.text).toEndWith("展开");
    });

    test("a quoted picture, as an image", async () => {
      const picture = painted(20);
      const quoted = kinds.pictureBy("colleague", "张三", add(picture));
      const { text, images } = await asks(kinds.quote("这是什么？", quoted));
      expect(text).toContain("> [picture 1]");
      expect(images).toEqual([dataUrl(picture)]);
    });

    test("its own words, when a quote of them holds nothing but a key", async () => {
      const person = somebody();
      gateway.respond = async function* () {
        yield "苹果是红的";
      };
      dingtalk.expireWebhooks();
      await person.say("苹果？", { override: { sessionWebhookExpiredTime: Date.now() - 1 } });
      const [sent] = await person.replies(1);
      expect(sent?.via).toBe("oTo");
      // DingTalk has it a moment before the worker knows that.
      await until("its confirmation", async () => (await status()).store["outbox"] === 0);
      const { processQueryKey: originalProcessQueryKey } = sent ?? {};
      const { fields } = QUOTES.robotCardWithoutContent;
      await person.say("", { override: { ...fields, originalProcessQueryKey } });
      const [, asked] = await person.turns(2);
      expect(asked?.text).toContain("> you wrote:\n> 苹果是红的");
    });

    test("a forwarded chat, a shared document, and what nobody can read", async () => {
      const lines = [{ senderName: "甲", content: "几点？" }];
      const record = await asks(kinds.chatRecord("甲与乙的聊天记录", "甲:几点？", lines));
      expect(record.text).toMatch(/甲与乙的聊天记录[^]*甲: 几点？/);
      const { text } = await asks(kinds.card(DRIVE_URL));
      expect(text).toContain("https://applink.dingtalk.com/page/yunpan?");
      expect(text).toContain("fileId=211213307938");
      expect((await asks(kinds.unknownMsgType())).text).toContain("unknownMsgType");
    });
  });

  describe("what makes one turn", () => {
    test("a picture and the question that follows", async () => {
      const person = somebody();
      await person.say(kinds.picture(add(painted(30))));
      await person.say("这是什么？");
      await person.replies(1);
      await Bun.sleep(2 * WINDOW_MS);
      const [asked, ...more] = person.asked();
      expect(more).toEqual([]);
      expect(asked?.images).toEqual([dataUrl(painted(30))]);
      expect(asked?.text).toMatch(/\[picture 1\]\s*这是什么？$/);
    });

    test("two pictures and a question", async () => {
      const person = somebody();
      for (const shade of [31, 32]) await person.say(kinds.picture(add(painted(shade))));
      await person.say("哪个好？");
      await person.replies(1);
      expect(person.asked()[0]?.images).toEqual([painted(31), painted(32)].map(dataUrl));
      expect(person.asked()[0]?.text).toMatch(/\[picture 1\]\s*\[picture 2\]\s*哪个好？$/);
    });

    test("a picture alone, but not before the window is over", async () => {
      const person = somebody();
      await person.say(kinds.picture(add(painted(33))));
      const acked = Date.now();
      const [asked] = await person.turns(1);
      expect((asked?.time ?? 0) - acked).toBeGreaterThan(WINDOW_MS - 50);
      expect(asked?.images).toHaveLength(1);
    });

    test("what came while a turn ran, 8 messages at most", async () => {
      const person = somebody();
      const release = held();
      await person.say("first");
      await person.turns(1);
      for (let at = 1; at <= 10; at++) await person.say(`message ${at}.`);
      // Whoever resolves has its ack: all are in the inbox while the first turn still runs.
      expect(gateway.inFlight).toBe(1);
      release();
      const turns = await person.turns(3);
      const said = turns.map(({ text }) => text.match(/message \d+\./g) ?? []);
      expect(said.map(({ length }) => length)).toEqual([0, 8, 2]);
      expect(said.flat()).toEqual(Array.from({ length: 10 }, (_, at) => `message ${at + 1}.`));
      await person.replies(3);
    });

    test("a file is fetched at once and kept until its turn is over", async () => {
      const person = somebody();
      const release = held();
      await person.say("first");
      await person.turns(1);
      const code = add(painted(34));
      await person.say(kinds.picture(code));
      const [name = ""] = await until("the file", () => kept().length === 1 && kept());
      // The name is not the sender's, nor is the file anyone's but the owner's.
      expect(name).toMatch(/^[0-9a-f]{32}-0$/);
      const path = join(home.path, ".openclaw/dingbridge/media", name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      release();
      const [, asked] = await person.turns(2);
      expect(asked?.images).toEqual([dataUrl(painted(34))]);
      await until("its end", () => kept().length === 0);
      expect(dingtalk.files.requests.filter((request) => request.code === code)).toHaveLength(1);
    });

    test("what came while a turn ran, 4000 characters at most", async () => {
      const person = somebody();
      const release = held();
      await person.say("first");
      await person.turns(1);
      for (const letter of ["a", "b", "c", "d", "e"]) await person.say(letter.repeat(1500));
      release();
      const turns = await person.turns(4);
      expect(
        turns.map(({ text }) => text.match(/([a-e])\1{1499}/g)?.map(([letter]) => letter)),
      ).toEqual([undefined, ["a", "b"], ["c", "d"], ["e"]]);
    });

    test("one person's: in a group another's message is a turn of its own", async () => {
      const release = held();
      const conversationId = "cidTwoPeople==";
      const [a, b] = [somebody("甲"), somebody("乙")];
      const inGroup: Saying = { kind: "group", conversationId };
      await a.say("first", inGroup);
      const asked = () =>
        gateway.asked.filter(({ session }) => session.endsWith(`:group:${conversationId}`));
      await until("the turn", () => asked().length === 1);
      await a.say("a1", inGroup);
      await a.say("a2", inGroup);
      await b.say("b1", inGroup);
      await a.say("a3", inGroup);
      release();
      const turns = await until("all turns", () => asked().length >= 4 && asked());
      expect(turns.map(({ text }) => text.match(/\b[ab]\d/g) ?? [])).toEqual([
        [],
        ["a1", "a2"],
        ["b1"],
        ["a3"],
      ]);
      for (const [at, nick] of ["甲", "甲", "乙", "甲"].entries()) {
        expect(turns[at]?.text).toStartWith(`From: ${nick} (`);
      }
    });
  });

  describe("what goes wrong", () => {
    /** The agent is told, and there is no image. */
    const refused = async (code: string, why: RegExp, ms?: number) => {
      const { text, images } = await asks(kinds.picture(code), {}, ms);
      expect(text).toMatch(why);
      expect(images).toEqual([]);
    };

    test.concurrent("a file that is too large, whether its length is told or not", async () => {
      const large = new Uint8Array(20 * MB + 1);
      await refused(add(large), /\[picture 1, could not be fetched: .*larger than 20 MB/);
      await refused(add(large, { contentLength: "none" }), /larger than 20 MB/);
    }, 30_000);

    test.concurrent("pictures that together are more than a request may hold", async () => {
      const large = (megabytes: number) => {
        const bytes = new Uint8Array(megabytes * MB);
        bytes.set(painted(39));
        return { picture: add(bytes) };
      };
      const said = kinds.richText("看", large(9), large(9), large(11), {
        picture: add(painted(39)),
      });
      const { text, images } = await asks(said, {}, 20_000);
      expect(images).toHaveLength(2);
      expect(text).toMatch(
        /\[picture 1\]\s+\[picture 2, .*too large\]\s+\[picture 3, .*too large\]/,
      );
      expect(text).toEndWith("[picture 4]");
    }, 30_000);

    test.concurrent("a length that is a lie", async () => {
      await refused(add(painted(40), { contentLength: 10_000 }), /could not be fetched/);
      await refused(add(painted(41), { contentLength: 500 * MB }), /larger than 20 MB/);
      const { text, images } = await asks(kinds.picture(add(painted(42), { contentLength: 20 })));
      expect(text).toContain("picture 1");
      expect(images.length).toBeLessThanOrEqual(1);
    }, 30_000);

    test.concurrent("an empty file", async () => {
      const { text } = await asks(kinds.file(add(new Uint8Array()), "空.txt"));
      expect(text).toMatch(/\[file 1: 空\.txt.*empty/);
      await refused(add(new Uint8Array()), /picture 1/);
    });

    test.concurrent("a server that falls silent, before and in the middle", async () => {
      const codes = [0, 30].map((stallAfter) => add(painted(43), { stallAfter }));
      await Promise.all(codes.map((code) => refused(code, /was silent for 15 s/, 45_000)));
    }, 60_000);

    test.concurrent("a server that drips, but is not silent", async () => {
      const { images } = await asks(kinds.picture(add(painted(44), { dripMs: 10 })));
      expect(images).toEqual([dataUrl(painted(44))]);
    }, 30_000);

    test.concurrent("an address that leads to another port of this machine", async () => {
      const other = await startDingTalk();
      try {
        const redirectTo = other.files.sign(other.files.add(painted(45))) ?? "";
        await refused(add(painted(46), { redirectTo }), /not on the public internet/);
        await refused(
          add(painted(46), { redirectTo: `${gateway.url}/healthz` }),
          /not on the public/,
        );
        await refused(
          add(painted(46), { redirectTo: "file:///etc/passwd" }),
          /neither http nor https/,
        );
        expect(other.files.requests).toEqual([]);
      } finally {
        await other.close();
      }
    });

    test.concurrent("an address that leads elsewhere on the same server, over plain http", async () => {
      const redirectTo = dingtalk.files.sign(add(painted(47))) ?? "";
      const { images } = await asks(kinds.picture(add(painted(48), { redirectTo })));
      expect(images).toEqual([dataUrl(painted(47))]);
    });

    test.concurrent("a code that has expired, and a file that is not given out", async () => {
      await refused(add(painted(49), { expired: true }), /could not be fetched: .*expired/);
      await refused(add(painted(49), { status: 404 }), /could not be fetched: .*404/);
      await refused("no such code", /could not be fetched/);
    });

    test.concurrent("files that are not what they are called, and names that are paths", async () => {
      const html = bytesOf("<!doctype html><title>x</title><p>no picture");
      const named = await asks(kinds.file(add(html), "../../../etc/passwd.png"));
      expect(named.text).toContain("no picture");
      expect(named.images).toEqual([]);
      const broken = await asks(kinds.file(add(bytesOf("%PDF-1.7 and no more")), "x.pdf"));
      expect(broken.text).toContain("no text could be read");
      // A picture sent as a file is a picture.
      const sent = await asks(kinds.file(add(painted(50)), "照片.txt"));
      expect(sent.images).toEqual([dataUrl(painted(50))]);
    }, 30_000);

    test.concurrent("every fixture, in every wrong type: each ends in an answer or is put aside", async () => {
      const payloads = [...Object.values(KINDS), ...Object.values(QUOTES)];
      await Promise.all(
        payloads.map(async ({ chat, fields }) => {
          const person = somebody();
          const conversationId = `cid${person.id}==`;
          await person.say("", { kind: chat, conversationId, override: fields });
          await person.replies(1, 30_000);
        }),
      );
      const junk = [null, 0, -1, true, "", "{", "[]", "x", [], [null], [[]], {}, { richText: {} }];
      const types = ["text", "richText", "picture", "audio", "video", "file", "chatRecord", "?"];
      for (const msgtype of [...types, "interactiveCard", "actionCard", "markdown"]) {
        for (const wrong of junk) {
          const content = { richText: [wrong], downloadCode: wrong, recognition: wrong };
          const more = { fileName: wrong, duration: wrong, title: wrong, chatRecord: wrong };
          const repliedMsg = { msgType: wrong, content: wrong, senderId: wrong, repliedMsg: wrong };
          const person = somebody();
          const text = { content: wrong, isReplyMsg: true, repliedMsg };
          await person.say("", { override: { msgtype, content: wrong, text: wrong } });
          await person.say("", { override: { msgtype, content: { ...content, ...more }, text } });
        }
      }
      for (const wrong of junk) await somebody().say("", { override: { msgtype: wrong } });
    }, 90_000);
  });

  test("after all of it the worker answers, and has kept no file", async () => {
    expect((await asks("还在吗？")).text).toEndWith("还在吗？");
    await until("the end of all turns", async () => (await status()).store["inbox"] === 0, 60_000);
    await until("an empty folder", () => kept().length === 0);
    const { counters } = await status();
    expect(counters["turns_crashed"] ?? 0).toBe(0);
    const logs = worker.logs().filter(({ level }) => level === "ERROR" || level === "FATAL");
    expect(logs.filter(({ message }) => message !== "turn failed: the user is told")).toEqual([]);
    expect(dingtalk.violations).toEqual([]);
    const output = worker.stdout() + worker.stderr();
    expect(output).not.toContain("Signature=");
    expect(output).not.toContain("mIof");
    expect(await worker.stop()).toBe(0);
  }, 90_000);
});
