import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { browserPath, launchBrowser } from "../support/browser.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { runMain, temporaryFolder, type Run } from "../support/worker-process.ts";

if (browserPath === undefined) {
  console.log("the chat page is not tested: no Chromium here (install it, or set CHROMIUM_PATH)");
}

// The worker says after 15 s that people have to wait, and looks for the gateway about as often.
setDefaultTimeout(60_000);

const addressOf = (run: Run) =>
  until("the chat page's address", () => /http:\/\/127\.0\.0\.1:\d+/.exec(run.stdout())?.[0]);

describe.each([...RUNTIMES])("%s: the demo", (runtime) => {
  const home = temporaryFolder();
  let run: Run;
  let url = "";

  beforeAll(async () => {
    // No command and nothing configured: what `npm start` does on a fresh machine.
    run = runMain(runtime, ["--no-open", "--port", "0"], { HOME: home.path });
    url = await addressOf(run);
  });
  afterAll(() => {
    run.process.kill("SIGKILL");
    home.remove();
  });

  test("says how to connect a real robot", () => {
    expect(run.stdout()).toContain("~/.openclaw/dingbridge.json");
    expect(run.stdout()).toContain("clientSecret");
  });

  test("its page takes no orders from other origins, and no unknown ones", async () => {
    const act = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/act`, { method: "POST", body, headers });
    expect((await act('{"action":"drop"}', { origin: "http://evil.example" })).status).toBe(403);
    expect((await act("no json")).status).toBe(400);
    expect((await act('{"action":"rm -rf"}')).status).toBe(400);
  });

  test("SIGTERM ends it with exit code 0, and it had nothing to warn of", async () => {
    run.process.kill("SIGTERM");
    expect(await run.exited).toBe(0);
    // Whoever sits before the page owns its robot, and nobody else can write to it.
    expect(run.stderr()).not.toMatch(/"level":"warn|WARN|treated as the owner/i);
  });
});

/** A demo of its own with its page in Chromium. */
function startPage() {
  const home = temporaryFolder();
  const problems: string[] = [];
  let run: Run;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    run = runMain("bun", ["demo", "--no-open", "--port", "0"], { HOME: home.path });
    const url = await addressOf(run);
    browser = await launchBrowser();
    page = await browser.newPage({ locale: "zh-CN", viewport: { width: 1280, height: 800 } });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(url);
    await connected();
  });
  afterAll(async () => {
    await browser.close();
    run.process.kill("SIGKILL");
    home.remove();
  });
  const at = (id: string) => page.locator(`[data-testid="${id}"]`);
  const connected = () => page.locator('[data-testid="badge"][data-links="1"]').waitFor();
  return {
    problems,
    at,
    connected,
    find: (selector: string) => page.locator(selector),
    /** What the robot has said and will not change any more. */
    robot: () =>
      page.locator(
        '[data-testid="bubble"][data-from="robot"], [data-testid="card"][data-state="finished"]',
      ),
    mine: () => page.locator('[data-testid="bubble"][data-from="person"]'),
    say: async (text: string) => {
      await at("composer").fill(text);
      await at("composer").press("Enter");
    },
    /** The same page on a phone. */
    phone: async (locale: string) => {
      const phone = await browser.newPage({ locale, viewport: { width: 360, height: 640 } });
      await phone.goto(page.url());
      return phone;
    },
    run: async <T>(script: string) => await page.evaluate<T>(script),
  };
}

describe.skipIf(browserPath === undefined)("the chat page in Chromium", () => {
  const { at, connected, find, problems, robot, say } = startPage();

  test("an answer grows in a card, with markdown as it will look", async () => {
    await say("你好，dingbridge");
    const card = at("card").first();
    await card.waitFor();
    const early = (await card.textContent()) ?? "";
    await robot().first().waitFor();
    const whole = (await robot().first().textContent()) ?? "";
    expect(whole).toContain("你好，dingbridge");
    expect(whole.length).toBeGreaterThan(early.length);
    expect(await robot().first().locator("strong").textContent()).toBe("回声网关");
    expect(await at("ghost").count()).toBe(0);
    expect(await at("frame").count()).toBeGreaterThan(2);
  });

  test("in the group it comes as a message that mentions who asked, announced by what streams", async () => {
    await at("chat-group").click();
    await say("群里问一句");
    await at("ghost").waitFor();
    await robot().first().waitFor();
    expect(await robot().first().textContent()).toContain("@小明");
    expect(await at("ghost").count()).toBe(0);
    await at("chat-direct").click();
  });

  test("a dropped link comes back, and what was said meanwhile is answered", async () => {
    const before = await robot().count();
    await at("drop").click();
    await find('[data-testid="badge"][data-links="0"]').waitFor();
    await say("断线时说的");
    await connected();
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("断线时说的");
  });

  test("disconnect is followed by a new link without a gap", async () => {
    const before = await robot().count();
    await at("disconnect").click();
    await connected();
    await say("换了连接以后");
    await robot().nth(before).waitFor();
  });

  test("with the gateway stopped people are told that they wait, and answered after the start", async () => {
    const before = await robot().count();
    await at("gateway").click();
    await find('[data-testid="gateway"].active').waitFor();
    await say("还在吗");
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("恢复后会按顺序回答");
    await at("gateway").click();
    await find('[data-testid="gateway"]:not(.active)').waitFor();
    const answer = robot().nth(before + 1);
    await answer.waitFor();
    expect(await answer.textContent()).toContain("还在吗");
  });

  test("markup in an answer is shown, not run", async () => {
    const before = await robot().count();
    await say("<img src=x onerror=alert(1)> [点](javascript:alert(1))");
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).locator("img").count()).toBe(0);
    expect(await robot().nth(before).locator("a[href^=javascript]").count()).toBe(0);
  });

  test("nothing went wrong in the browser", () => {
    expect(problems).toEqual([]);
  });
});

describe.skipIf(browserPath === undefined)("what else than words the chat page sends", () => {
  const { at, mine, phone: open, problems, robot, run, say } = startPage();

  test("a picture is shown, and the agent sees it", async () => {
    const before = await robot().count();
    await at("send-picture").click();
    const image = mine().last().locator("img");
    await image.waitFor();
    const width = "document.querySelector('.sent').naturalWidth";
    await until("the picture", async () => (await run<number>(width)) > 100);
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("看到了 1 张图片");
  });

  test("a picture and the words after it are one question", async () => {
    const before = await robot().count();
    await at("send-picture").click();
    await say("哪根柱子最高？");
    const answer = robot().nth(before);
    await answer.waitFor();
    expect(await answer.textContent()).toContain("哪根柱子最高？");
    expect(await answer.textContent()).toContain("看到了 1 张图片");
  });

  test("a file is shown by its name, and the agent reads what is in it", async () => {
    const before = await robot().count();
    await at("send-file").click();
    await mine().last().getByText("会议纪要.txt").waitFor();
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("新版本下周一发布");
  });

  test("a voice message is shown with its length and words, and the agent gets the words", async () => {
    const before = await robot().count();
    await at("send-voice").click();
    await mine().last().getByText("4″").waitFor();
    const words = await mine().last().locator(".recognised").textContent();
    expect(words).toContain("会议室");
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain(words ?? "?");
  });

  test("a quote stands above the words, and the agent gets both", async () => {
    const before = await robot().count();
    await at("composer").fill("为什么？");
    await at("send-quote").click();
    await mine().last().getByText("为什么？").waitFor();
    expect(await mine().last().textContent()).toMatch(/^dingbridge: [^]*会议室[^]*为什么？$/);
    expect(await at("composer").inputValue()).toBe("");
    await robot().nth(before).waitFor();
    const answer = await robot().nth(before).textContent();
    expect(answer).toMatch(/wrote:[^]*会议室[^]*为什么？/);
  });

  test("in the group only what DingTalk lets a person send there", async () => {
    await at("chat-group").click();
    expect(await at("send-file").isDisabled()).toBe(true);
    expect(await at("send-voice").isDisabled()).toBe(true);
    const before = await robot().count();
    await at("composer").fill("看这张图");
    await at("send-picture").click();
    await robot().nth(before).waitFor();
    const answer = await robot().nth(before).textContent();
    expect(answer).toContain("@小明");
    expect(answer).toMatch(/看这张图[^]*看到了 1 张图片/);
    await at("chat-direct").click();
    expect(await at("send-file").isDisabled()).toBe(false);
  });

  test("on a phone nothing is wider than the screen, and every button can be reached", async () => {
    for (const locale of ["zh-CN", "en-US"]) {
      const phone = await open(locale);
      await phone.locator('[data-testid="bubble"]').first().waitFor();
      const width = await phone.evaluate<number>("document.documentElement.scrollWidth");
      expect(width).toBe(360);
      for (const sample of ["picture", "file", "voice", "quote"]) {
        const box = await phone.locator(`[data-testid="send-${sample}"]`).boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(0);
        expect((box?.x ?? 0) + (box?.width ?? 360)).toBeLessThanOrEqual(360);
      }
      await phone.close();
    }
  });

  test("nothing went wrong in the browser", () => {
    expect(problems).toEqual([]);
  });
});

describe.skipIf(browserPath === undefined)("what else than words the robot sends", () => {
  const { at, find, mine, problems, robot, run, say } = startPage();

  /** Asks with a click, and gives what comes as the answer once it is whole. */
  const ask = async (word: string) => {
    const before = await robot().count();
    await at(`try-${word}`).click();
    const answer = robot().nth(before);
    await answer.waitFor();
    return answer;
  };
  const lastCard = () => at("card").last();
  // An uploaded picture goes by the session webhook, which only takes it in markdown.
  const PICTURE = '[data-testid="bubble"][data-from="robot"] img';
  const pictures = () => find(PICTURE);

  test("a long answer grows in a card", async () => {
    const before = await robot().count();
    await at("try-card").click();
    await find('[data-testid="card"][data-state="inputing"]').waitFor();
    const early = (await lastCard().textContent()) ?? "";
    await until(
      "more words",
      async () => ((await lastCard().textContent()) ?? "").length > early.length,
    );
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("断线也不丢消息");
  });

  test("a word stops an answer", async () => {
    const before = await robot().count();
    await at("try-card").click();
    await find('[data-testid="card"][data-state="inputing"]').waitFor();
    await say("停止");
    // The card says so itself: nobody need be told twice.
    await robot().nth(before).getByText("已停止").waitFor();
    expect(await robot().count()).toBe(before + 1);
    expect(await lastCard().textContent()).not.toContain("断线也不丢消息");
  });

  test("tables and code look like that", async () => {
    expect(await (await ask("table")).locator("td").count()).toBe(6);
    expect(await (await ask("code")).locator("pre").textContent()).toContain("6 * 7");
  });

  test("a button says its words in the person's name, and the agent answers", async () => {
    const before = await robot().count();
    await at("try-buttons").click();
    const buttons = find(".action-card").last();
    await buttons.getByText("钉钉官网").waitFor();
    expect(await buttons.locator("a").getAttribute("rel")).toContain("noopener");
    await buttons.locator(".action", { hasText: "现在发布" }).click();
    await mine().getByText("现在发布").waitFor();
    await until("the answer", async () => {
      const said = (await robot().allTextContents()).slice(before).join("\n");
      return /你说的是：[^]*现在发布/.test(said);
    });
  });

  test("a link has a card of its own", async () => {
    await at("try-link").click();
    const link = find("a.link-card").last();
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe("https://www.dingtalk.com/");
  });

  test("in the group a very long answer comes as several messages, in order, and the question wears a reaction until then", async () => {
    await at("chat-group").click();
    await at("try-long").click();
    await at("reaction").waitFor();
    await robot().getByText("第 24 节").waitFor();
    const said = await robot().allTextContents();
    expect(said.length).toBeGreaterThan(1);
    const chapters = [...said.join("\n").matchAll(/第 (\d+) 节/g)].map(([, at]) => Number(at));
    expect(chapters).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
    await at("reaction").waitFor({ state: "detached" });
    await at("chat-direct").click();
  });

  test("a picture of this machine is shown", async () => {
    await at("try-image").click();
    await pictures().last().waitFor();
    const width = `document.querySelector('${PICTURE}').naturalWidth`;
    await until("the picture", async () => (await run<number>(width)) > 100);
  });

  test("a file has its name and size", async () => {
    await at("try-file").click();
    const file = find("a.file").last();
    await file.getByText("report.pdf").waitFor();
    await file.getByText("KB").waitFor();
  });

  test("files that the agent only names are sent too", async () => {
    const before = [await pictures().count(), await find("a.file").count()] as const;
    const answer = await ask("media");
    expect(await answer.textContent()).not.toContain("MEDIA:");
    await pictures().nth(before[0]).waitFor();
    await find("a.file").nth(before[1]).waitFor();
  });

  test("sound has its length", async () => {
    await at("try-voice").click();
    await find(".post-audio").getByText("3″").waitFor();
  });

  test("several links come in one card, each with its picture", async () => {
    await at("try-feed").click();
    await find(".post-feedCard").waitFor();
    expect(await find(".feed-item img").count()).toBe(3);
  });

  test("the button of a card stops its answer", async () => {
    await at("try-card").click();
    const card = at("card").and(find('[data-state="inputing"]'));
    await card.getByRole("button", { name: "停止" }).click();
    await robot().getByText("已停止").last().waitFor();
    expect(await lastCard().textContent()).not.toContain("断线也不丢消息");
  });

  test("nothing went wrong in the browser", () => {
    expect(problems).toEqual([]);
  });
});
