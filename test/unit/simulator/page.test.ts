import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import type { Browser, Page } from "playwright-core";
import { startChatPage } from "../../../src/simulator/chat-page.ts";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { chart, silence } from "../../../src/simulator/samples.ts";
import { browserPath, launchBrowser } from "../../support/browser.ts";
import { until } from "../../support/until.ts";
import { createRobot } from "./_clients.ts";

// A browser is started, and the machine may be busy.
setDefaultTimeout(30_000);

const DIRECT = "ciddirectSimulated==";

describe.skipIf(browserPath === undefined)("what the chat page shows of a robot's messages", () => {
  const problems: string[] = [];
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;
  let pages: Awaited<ReturnType<typeof startChatPage>>;
  let browser: Browser;
  let page: Page;
  let webhook = "";

  beforeAll(async () => {
    browser = await launchBrowser();
    dingtalk = await startDingTalk({ perMinute: 1000, perSecond: 1000 });
    pages = await startChatPage({ dingtalk, gateway: undefined, tries: ["link", "card"], port: 0 });
    page = await browser.newPage({ locale: "zh-CN", viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(pages.url);
    robot = createRobot(dingtalk);
    await robot.connect();
    webhook = dingtalk.messageFor({ conversationId: DIRECT }).sessionWebhook;
  });
  afterAll(async () => {
    await browser.close();
    await pages.close();
    await dingtalk.close();
  });

  let before = 0;
  beforeEach(async () => {
    before = await bubbles().count();
  });

  const at = (id: string) => page.locator(`[data-testid="${id}"]`);
  const bubbles = () => page.locator('[data-testid="bubble"][data-from="robot"]');
  const mine = () => page.locator('[data-testid="bubble"][data-from="person"]');
  const next = async () => {
    const bubble = bubbles().nth(before);
    await bubble.waitFor();
    return bubble;
  };
  const say = async (body: object) => {
    const response = await fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(await response.json()).toEqual({ errcode: 0, errmsg: "ok" });
    return await next();
  };
  const send = (msgKey: string, param: object) =>
    robot.toUsers(["user01"], "", { msgKey, msgParam: JSON.stringify(param) });
  /** Of a picture itself: 0 as long as it is not there. */
  const widthOf = async (selector: string) =>
    await page.evaluate<number>(`document.querySelector("${selector}")?.naturalWidth ?? 0`);
  const upload = async (type: string, name: string, bytes: Uint8Array<ArrayBuffer>) =>
    String((await robot.upload(type, new File([bytes], name)))["media_id"]);

  test("a card grows and says how far it is", async () => {
    await robot.card("grows", { user: "user01" });
    const card = at("card").last();
    await card.getByText("处理中").waitFor();
    await robot.frame("grows", "## 标题\n\n一半");
    await card.getByText("输入中").waitFor();
    expect(await card.locator("h2").textContent()).toBe("标题");
    await robot.frame("grows", "## 标题\n\n一半，又一半", { isFinalize: true });
    await card.getByText("完成").waitFor();
    expect(await card.textContent()).toContain("又一半");
    expect(await at("card-stop").last().isVisible()).toBe(false);
  });

  test("its stop button is pressed in the person's name, once", async () => {
    await robot.card("stops", { user: "user01" });
    await robot.frame("stops", "很长");
    const card = at("card").filter({ hasText: "很长" });
    const stop = card.getByRole("button", { name: "停止" });
    await stop.click();
    const pressed = await until("the press", () => dingtalk.presses().at(-1));
    expect(pressed).toMatchObject({ outTrackId: "stops", actionId: "stop", userId: "user01" });
    expect(await stop.isDisabled()).toBe(true);
    await robot.frame("stops", "很长", { isError: true });
    await card.getByText("失败").waitFor();
  });

  test("more than clients can show is shown as they do: not at all", async () => {
    await robot.card("blank", { user: "user01" });
    await robot.frame("blank", "字".repeat(3000), { isFinalize: true });
    const card = page.locator('[data-testid="card"][data-state="finished"]').nth(1);
    await card.waitFor();
    expect(await card.locator(".markdown").textContent()).toBe("");
  });

  test("a button says its words, opens another page, or does nothing", async () => {
    const words = encodeURIComponent("好的，发布");
    const buttons = [
      { title: "发布", actionURL: `dtmd://dingtalkclient/sendMessage?content=${words}` },
      { title: "看看", actionURL: "https://example.com/look" },
      { title: "坏", actionURL: "javascript:alert(1)" },
    ];
    const actionCard = { title: "问", text: "### 发布？", btnOrientation: "1", btns: buttons };
    const bubble = await say({ msgtype: "actionCard", actionCard });
    expect(await bubble.locator("h3").textContent()).toBe("发布？");
    expect(await bubble.locator(".actions.horizontal").count()).toBe(1);
    const link = bubble.locator("a");
    expect(await link.getAttribute("href")).toBe("https://example.com/look");
    expect(await link.getAttribute("target")).toBe("_blank");
    expect(await link.getAttribute("rel")).toContain("noopener");
    expect(await bubble.locator("a, button").count()).toBe(2);
    await bubble.getByText("发布", { exact: true }).click();
    await mine().last().getByText("好的，发布").waitFor();
  });

  test("links, one or many, open elsewhere", async () => {
    const picURL = `${dingtalk.url}/samples/chart.png`;
    const link = {
      title: "一个",
      text: "说明",
      messageUrl: "https://example.com/",
      picUrl: picURL,
    };
    const one = await say({ msgtype: "link", link });
    expect(await one.locator("a[target=_blank]").getAttribute("href")).toBe("https://example.com/");
    expect(await one.textContent()).toContain("说明");
    before++;
    const item = { title: "多个", messageURL: "https://example.com/", picURL };
    const many = await say({ msgtype: "feedCard", feedCard: { links: [item, item] } });
    expect(await many.locator("a").count()).toBe(2);
    expect(await many.locator("img").count()).toBe(2);
  });

  test("pictures are shown, by media id in markdown too", async () => {
    const media = await upload("image", "a.png", chart());
    await send("sampleImageMsg", { photoURL: media });
    await until("the picture", async () => (await widthOf(".post-image img")) > 100);
    const markdown = { title: "t", text: `看：![](${media})` };
    before++;
    await say({ msgtype: "markdown", markdown });
    await until("the picture", async () => (await widthOf(".bubble.markdown img")) > 100);
  });

  test("a file has a name and a size, and can be downloaded", async () => {
    const mediaId = await upload("file", "x.pdf", new TextEncoder().encode("%PDF".padEnd(2048)));
    await send("sampleFile", { mediaId, fileName: "报告.pdf", fileType: "pdf" });
    const bubble = await next();
    await bubble.getByText("2.0 KB").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      bubble.locator("a").click(),
    ]);
    expect(download.suggestedFilename()).toBe("报告.pdf");
  });

  test("sound has its length, and a player only where a browser knows the format", async () => {
    const mediaId = await upload("voice", "a.amr", silence(3000));
    await send("sampleAudio", { mediaId, duration: "3000" });
    const bubble = await next();
    await bubble.getByText("3″").waitFor();
    expect(await bubble.locator("audio").count()).toBe(0);
  });

  test("a reaction comes under the message, and goes", async () => {
    const message = await dingtalk.say({ text: "在吗", conversationId: DIRECT });
    const emotion = {
      openMsgId: message.msgId,
      openConversationId: DIRECT,
      emotionType: 1,
      emotionName: "收到",
    };
    await robot.api("/v1.0/robot/emotion/reply", emotion);
    await at("reaction").waitFor();
    expect(await at("reaction").textContent()).toBe("收到");
    await robot.api("/v1.0/robot/emotion/recall", emotion);
    await at("reaction").waitFor({ state: "detached" });
  });

  test("what is taken back is gone", async () => {
    const { body } = await robot.toUsers(["user01"], "说错了");
    await bubbles().getByText("说错了").waitFor();
    const processQueryKeys = [body["processQueryKey"]];
    await robot.api("/v1.0/robot/otoMessages/batchRecall", { processQueryKeys });
    await bubbles().getByText("说错了").waitFor({ state: "detached" });
    await page.reload();
    await bubbles().first().waitFor();
    expect(await bubbles().getByText("说错了").count()).toBe(0);
  });

  test("people are named where they are mentioned, and everybody is", async () => {
    const text = { content: "@user01 和 @所有人，看 a@user01x" };
    const at = { atUserIds: ["user01"], isAtAll: true };
    const mentions = (await say({ msgtype: "text", text, at })).locator(".mention");
    expect(await mentions.allTextContents()).toEqual(["@小明", "@所有人"]);
  });

  test("in a card's markdown a person is a link of DingTalk's own", async () => {
    const fields = {
      imGroupOpenDeliverModel: { robotCode: dingtalk.clientId, atUserIds: { u1: "王芳" } },
    };
    dingtalk.groups.add("cidgroupSimulated==");
    await robot.card("at", { group: "cidgroupSimulated==" }, fields);
    await robot.frame(
      "at",
      '<a atId="u1">王芳</a> [点](dtmd://dingtalkclient/sendMessage?content=x)',
    );
    await at("chat-group").click();
    await at("card").getByText("输入中").waitFor();
    expect(await at("card").locator(".mention").allTextContents()).toEqual(["@王芳"]);
    expect(await at("card").locator("[data-say]").count()).toBe(0);
    await at("chat-direct").click();
  });

  test("a link in markdown that says something says it", async () => {
    const text = "[说吧](dtmd://dingtalkclient/sendMessage?content=%E8%AF%B4%E4%BA%86)";
    const bubble = await say({ msgtype: "markdown", markdown: { title: "t", text } });
    await bubble.getByText("说吧").click();
    await mine().last().getByText("说了").waitFor();
  });

  test("words to try are said with one click", async () => {
    await at("try-link").click();
    await mine().last().getByText("链接", { exact: true }).waitFor();
  });

  test("who comes later sees cards as they are now, where they came up", async () => {
    const cards = await at("card").count();
    await page.reload();
    await until("the cards", async () => (await at("card").count()) === cards);
    const order = "[...document.querySelectorAll('#messages .bubble')].at(0).dataset.testid";
    expect(await page.evaluate<string>(order)).toBe("card");
  });

  test("nothing went wrong in the browser", () => {
    expect(problems).toEqual([]);
  });
});
