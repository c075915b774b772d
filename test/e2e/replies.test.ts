import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DESK_TEXTS } from "../../src/core/desk/texts.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { FEED, LINK, LONG, blockIn, cardWith, partsOf } from "./_answers.ts";
import { holding, openWorld, textOf, type World } from "./_world.ts";

const REACTION_AFTER_MS = 1500;
const SLOW_AFTER_MS = 2500;
/** When a request to the gateway may be broken off at the earliest, and a little more. */
const HANG_UP_MS = 8000;

/** What a button does that says words in its presser's name. */
const says = (words: string) =>
  `dtmd://dingtalkclient/sendMessage?content=${encodeURIComponent(words)}`;
/** The session webhook is too old already: what is said goes by the OpenAPI. */
const EXPIRED = { override: { sessionWebhookExpiredTime: 1 } };

describe.each([...RUNTIMES])("%s: what the agent answers", (runtime) => {
  let world: World;
  /** The folder files may be sent from, and one they may not. */
  let root = "";
  let elsewhere = "";

  beforeAll(async () => {
    world = await openWorld({
      runtime,
      block: ({ home, url }) => {
        root = join(home, "files");
        elsewhere = join(home, "elsewhere");
        for (const folder of [root, elsewhere]) mkdirSync(folder);
        return {
          media: { roots: [root], allowHosts: [new URL(url).host] },
          // Nobody owns this robot, so in groups all are guests.
          roles: { guest: { files: true } },
          reply: { reactionAfterMs: REACTION_AFTER_MS, slowNoticeMs: SLOW_AFTER_MS },
        };
      },
    });
  });
  afterAll(async () => await world.close());

  const file = (folder: string, name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  /** What becomes of an answer in a chat of its own. */
  const sent = async (answer: string, count: number, more = {}) => {
    const person = world.person();
    person.answers(answer);
    await person.say("说吧", more);
    return await person.replies(count);
  };
  const uploaded = (mediaId: unknown) => {
    const upload = world.dingtalk.upload(String(mediaId));
    return upload && { type: upload.type, text: new TextDecoder().decode(upload.bytes) };
  };

  describe("words", () => {
    test.concurrent("markdown as DingTalk reads it, under a title", async () => {
      const code = "```ts\nif (a < b) {\n\n  run();\n}\n```";
      const table = "| 星期 | 人数 |\n| --- | --: |\n| 周一 | 6 |";
      const [reply] = await sent(`## 上线结论\n\n第一行\n第二行\n${table}\n\n${code}\n`, 1);
      expect(reply).toMatchObject({
        via: "webhook",
        msgKey: "markdown",
        param: { title: "上线结论" },
      });
      const text = textOf(reply);
      // One newline alone joins two lines, and a table needs an empty line before it.
      expect(text).toMatch(
        /^## 上线结论\n\n第一行 {2}\n第二行\n\n\| 星期 \| 人数 \|\n\|[-: |]+\|\n\|/,
      );
      expect(text).toContain("| 周一 | 6 |");
      expect(text).toContain(code);
    });

    test.concurrent("a long answer in numbered messages, whole and in order", async () => {
      const person = world.person();
      person.answers(LONG.text);
      await person.say("说来话长");
      await until("the last part", () => {
        const [, count] = /^\(\d+\/(\d+)\)/.exec(String(person.sends()[0]?.param["title"])) ?? [];
        return person.sends().length === Number(count);
      });
      const sends = person.sends();
      expect(sends.length).toBeGreaterThan(3);
      expect(sends.map(({ param }) => String(param["title"]).split(" ")[0])).toEqual(
        sends.map((_, at) => `(${at + 1}/${sends.length})`),
      );
      const texts = sends.map(textOf);
      for (const text of texts) {
        expect(text.length).toBeLessThanOrEqual(3500);
        // Code that is cut is code in both messages.
        expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
      }
      const parts = partsOf(texts);
      expect(parts.paragraphs).toEqual(LONG.paragraphs);
      expect(parts.code).toEqual(LONG.code);
      expect(parts.rows).toEqual(LONG.rows);
    });

    test.concurrent("@name of a member is a mention, of nobody is a name", async () => {
      const [colleague, asker] = [world.person("张三"), world.person("李四")];
      const group = world.group();
      await group.says(colleague, "大家好");
      await group.replies(1);
      group.answers("请 @张三 看看，@王五 也看看。");
      await group.says(asker, "谁负责？");
      const [, reply] = await group.replies(2);
      expect(textOf(reply)).toBe(`@${asker.userId} 请 @${colleague.userId} 看看，@王五 也看看。`);
      const { body } =
        world.dingtalk.sent.find(
          ({ time, conversationId }) =>
            conversationId === group.conversationId && time === reply?.time,
        ) ?? {};
      expect(body?.at?.atUserIds?.toSorted()).toEqual([colleague.userId, asker.userId].toSorted());
    });
  });

  describe("other messages, with the words before and after", () => {
    const between = async (block: object, more = {}) => {
      const [before, message, after, ...rest] = await sent(blockIn("先看", block, "再说"), 3, more);
      expect([before, after].map(textOf)).toEqual(["先看", "再说"]);
      expect(rest).toEqual([]);
      return message;
    };

    test.concurrent("a link", async () => {
      const link = { title: "官网", text: "一句话", messageUrl: LINK.url };
      expect(await between(LINK)).toMatchObject({ via: "webhook", msgKey: "link", param: link });
      const byApi = await between(LINK, EXPIRED);
      expect(byApi).toMatchObject({ via: "oTo", msgKey: "sampleLink", param: link });
    });

    test.concurrent("a card with 1, 2 and 7 buttons", async () => {
      const [one, two, seven] = await Promise.all(
        [1, 2, 7].map((count) => between(cardWith(count))),
      );
      for (const message of [one, two, seven]) {
        expect(message).toMatchObject({
          via: "webhook",
          msgKey: "actionCard",
          param: { title: "发布？", text: "**v2** 好了" },
        });
      }
      expect(one?.param).toMatchObject({
        singleTitle: "第1个",
        singleURL: "https://example.com/1",
      });
      expect(two?.param["btns"]).toEqual([
        { title: "第1个", actionURL: "https://example.com/1" },
        { title: "第2个", actionURL: "https://example.com/2" },
      ]);
      expect(seven?.param["btns"]).toHaveLength(7);
    });

    test.concurrent("the same by the OpenAPI, which has no place for more than 5 buttons", async () => {
      const [one, two, seven] = await Promise.all(
        [1, 2, 7].map((count) => between(cardWith(count), EXPIRED)),
      );
      expect([one, two, seven].map((message) => message?.via)).toEqual(["oTo", "oTo", "oTo"]);
      expect(one).toMatchObject({ msgKey: "sampleActionCard", param: { singleTitle: "第1个" } });
      expect(two).toMatchObject({
        msgKey: "sampleActionCard2",
        param: { actionTitle2: "第2个", actionURL2: "https://example.com/2" },
      });
      expect(seven).toMatchObject({
        msgKey: "sampleActionCard5",
        param: { actionTitle5: "第5个" },
      });
      for (const left of [6, 7]) {
        expect(textOf(seven)).toContain(`[第${left}个](https://example.com/${left})`);
      }
    });

    test.concurrent("a list of links with pictures, where the way has them", async () => {
      const links = FEED.links.map(({ title, url, picture }) => ({
        title,
        messageURL: url,
        picURL: picture,
      }));
      const feed = await between(FEED);
      expect(feed).toMatchObject({ via: "webhook", msgKey: "feedCard", param: { links } });
      const byApi = await between(FEED, EXPIRED);
      expect(byApi).toMatchObject({ via: "oTo", msgKey: "sampleMarkdown" });
      for (const { title, url } of FEED.links)
        expect(textOf(byApi)).toContain(`[${title}](${url})`);
    });

    test.concurrent("a picture by its address", async () => {
      const url = "https://example.com/picture.png";
      const picture = await between({ type: "image", url });
      expect(picture).toMatchObject({ via: "webhook", msgKey: "markdown" });
      expect(textOf(picture)).toBe(`![](${url})`);
      const byApi = await between({ type: "image", url }, EXPIRED);
      expect(byApi).toMatchObject({
        via: "oTo",
        msgKey: "sampleImageMsg",
        param: { photoURL: url },
      });
      // Nobody but this machine could fetch it from there: it is uploaded.
      const local = `${world.dingtalk.url}/samples/chart.png`;
      const fetched = await between({ type: "image", url: local }, EXPIRED);
      expect(fetched?.msgKey).toBe("sampleImageMsg");
      expect(world.dingtalk.upload(String(fetched?.param["photoURL"]))?.type).toBe("image");
    });

    test.concurrent("a file by its path", async () => {
      const path = file(root, "季度报告.txt", "一季度：42\n");
      const message = await between({ type: "file", path });
      expect(message).toMatchObject({
        via: "oTo",
        msgKey: "sampleFile",
        param: { fileName: "季度报告.txt", fileType: "txt" },
      });
      expect(uploaded(message?.param["mediaId"])).toEqual({ type: "file", text: "一季度：42\n" });
    });

    test.concurrent("sound and video", async () => {
      const sound = file(root, "voice.amr", `#!AMR\n${"\0".repeat(640)}`);
      const video = file(root, "clip.mp4", `\0\0\0\x18ftypmp42${"\0".repeat(64)}`);
      const cover = { url: `${world.dingtalk.url}/samples/chart.png` };
      const heard = await between({ type: "audio", path: sound, durationMs: 3000 });
      expect(heard).toMatchObject({ via: "oTo", msgKey: "sampleAudio" });
      expect(uploaded(heard?.param["mediaId"])?.type).toBe("voice");
      const seen = await between({ type: "video", path: video, durationMs: 3000, cover });
      expect(seen).toMatchObject({ via: "oTo", msgKey: "sampleVideo", param: { duration: "3" } });
      expect(uploaded(seen?.param["videoMediaId"])?.type).toBe("video");
    });

    test.concurrent("a file to a group", async () => {
      const group = world.group();
      const path = file(root, "群文件.txt", "给大家\n");
      group.answers(blockIn("先看", { type: "file", path }, "再说"));
      const asker = world.person();
      await group.says(asker, "文件呢？");
      const [before, message, after] = await group.replies(3);
      expect(message).toMatchObject({ via: "group", msgKey: "sampleFile" });
      // Whom it is for is said once.
      expect([before, after].map(textOf)).toEqual([`@${asker.userId} 先看`, "再说"]);
    });

    test.concurrent("buttons by OpenClaw's directives", async () => {
      const [asked] = await sent("要现在发布吗？\n\n[[quick_replies: 发布, 明天再说]]", 1);
      expect(asked).toMatchObject({ msgKey: "actionCard", param: { text: "要现在发布吗？" } });
      expect(asked?.param["btns"]).toEqual(
        ["发布", "明天再说"].map((title) => ({ title, actionURL: says(title) })),
      );
      const directive = "[[buttons: 标题 | 选一个 | 是:确认发布, 日志:https://example.com/log]]";
      const [own] = await sent(directive, 1);
      expect(own?.param["btns"]).toEqual([
        { title: "是", actionURL: says("确认发布") },
        { title: "日志", actionURL: "https://example.com/log" },
      ]);
    });

    test.concurrent("a block that is no message is shown as it is", async () => {
      const [shown] = await sent(blockIn("先看", { type: "link", title: "没有地址" }, "再说"), 1);
      expect(textOf(shown)).toContain('"没有地址"');
      expect(textOf(shown)).toMatch(/^先看[^]*再说$/);
    });
  });

  describe("files that may not be sent", () => {
    test.concurrent("one outside media.roots is a line with its name", async () => {
      const path = file(elsewhere, "secret.txt", "秘密");
      const link = join(root, "innocent.txt");
      symlinkSync(path, link);
      for (const named of [path, link]) {
        const said = await sent(blockIn("先看", { type: "file", path: named }, "再说"), 3);
        const [before, line, after] = said.map(textOf);
        expect([before, after]).toEqual(["先看", "再说"]);
        expect(line).toContain(named === path ? "secret.txt" : "innocent.txt");
        expect(line).toContain("media.roots");
        expect(line).not.toContain(elsewhere);
      }
      expect(world.dingtalk.uploads().some(({ name }) => name.includes("secret"))).toBe(false);
      const texts = world.dingtalk.uploads().map(({ bytes }) => new TextDecoder().decode(bytes));
      expect(texts).not.toContain("秘密");
    });

    test.concurrent("MEDIA lines: what is allowed is sent, the rest is a line", async () => {
      const [good, bad] = [
        file(root, "会议纪要.txt", "纪要"),
        file(elsewhere, "shadow.txt", "另一个秘密"),
      ];
      const said = await sent(`都在这里：\nMEDIA:${good}\nMEDIA:${bad}`, 3);
      const [words, message, line] = said;
      expect(textOf(words)).toBe("都在这里：");
      expect(message).toMatchObject({ msgKey: "sampleFile", param: { fileName: "会议纪要.txt" } });
      expect(uploaded(message?.param["mediaId"])?.text).toBe("纪要");
      expect(textOf(line)).toContain("shadow.txt");
    });

    test.concurrent("an answer that is nothing but a file", async () => {
      const path = file(root, "only.txt", "只有我");
      const [message, ...others] = await sent(`MEDIA:${path}`, 1);
      expect(message).toMatchObject({ msgKey: "sampleFile", param: { fileName: "only.txt" } });
      expect(others).toEqual([]);
    });
  });

  describe("while it works", () => {
    test.concurrent("a sign on the message of a turn that takes long, gone with the answer", async () => {
      const [slow, quick] = [world.person(), world.person()];
      const { respond, release } = holding("", "做完了");
      slow.answers(respond);
      const { msgId } = await slow.say("慢慢来");
      const said = await quick.say("快一点");
      const mine = () => world.dingtalk.reactions().find(({ openMsgId }) => openMsgId === msgId);
      await quick.replies(1);
      const reaction = await until("the sign", mine);
      expect(reaction).toMatchObject({ conversationId: slow.conversationId, name: "🤔思考中" });
      expect(reaction.recalledAt).toBeUndefined();
      release();
      await slow.replies(1);
      await until("its end", () => mine()?.recalledAt !== undefined);
      // Its time has passed meanwhile.
      const signs = world.dingtalk.reactions().map(({ openMsgId }) => openMsgId);
      expect(signs).not.toContain(said.msgId);
    });

    test.concurrent("one notice, when it takes very long, before the answer", async () => {
      const person = world.person();
      const { respond, release } = holding("", "终于好了");
      person.answers(respond);
      await person.say("很难的问题");
      const [notice] = await person.replies(1);
      expect((notice?.time ?? 0) - (person.asked()[0]?.time ?? 0)).toBeGreaterThan(
        SLOW_AFTER_MS - 200,
      );
      expect(textOf(notice)).toContain("停止");
      release();
      const said = await person.replies(2);
      expect(said.slice(1).map(textOf)).toEqual(["终于好了"]);
    });

    test.concurrent("停止 ends the turn of whoever asked, and the agent's work", async () => {
      const [asker, other] = [world.person(), world.person()];
      const group = world.group();
      const { respond } = holding("第一句。", "永远不会说");
      group.answers(respond);
      await group.says(asker, "写一篇长文");
      await until("the turn", () => world.gateway.sessionOf(group.session)?.active);
      await group.says(other, "停止");
      await group.says(asker, "停止");
      const session = () => world.gateway.sessionOf(group.session);
      const said = await group.replies(2);
      await until("the hang-up", () => session()?.status === "killed", HANG_UP_MS);
      expect(world.gateway.earlyAborts).toBe(0);
      // The other one's word came first, and ended nothing.
      expect(said.map(textOf)).toEqual([
        `@${other.userId} ${DESK_TEXTS.zh.notYoursToStop}`,
        `@${asker.userId} ${DESK_TEXTS.zh.stopped}`,
      ]);
      group.answers("接着聊");
      await group.says(asker, "换个话题");
      expect((await group.replies(3)).slice(2).map(textOf)).toEqual([`@${asker.userId} 接着聊`]);
    });
  });
});

describe.each([...RUNTIMES])("%s: with other settings", (runtime) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      block: () => ({
        reply: { mode: "text", atSender: false, reaction: "", reactionAfterMs: 0, slowNoticeMs: 0 },
      }),
    });
  });
  afterAll(async () => await world.close());

  test("nobody is mentioned, nothing is marked up, nothing is put on messages", async () => {
    const group = world.group();
    const { respond, release } = holding("## 标题\n", "\n**重点**");
    group.answers(respond);
    await group.says(world.person(), "说吧");
    await until("the turn", () => world.gateway.inFlight === 1);
    release();
    const [reply] = await group.replies(1);
    expect(reply).toMatchObject({ via: "webhook", msgKey: "text" });
    expect(textOf(reply)).toBe("标题\n\n重点");
    expect(world.dingtalk.sent[0]?.body.at).toBeUndefined();
    expect(world.dingtalk.calls.filter(({ api }) => api.includes("emotion"))).toEqual([]);
  });
});
