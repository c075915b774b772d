import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { browserPath, launchBrowser } from "../support/browser.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { runMain, temporaryFolder, type Run } from "../support/worker-process.ts";

if (browserPath === undefined) {
  console.log("the chat page is not tested: no Chromium here (install it, or set CHROMIUM_PATH)");
}

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

  test("SIGTERM ends it with exit code 0", async () => {
    run.process.kill("SIGTERM");
    expect(await run.exited).toBe(0);
  });
});

describe.skipIf(browserPath === undefined)("the chat page in Chromium", () => {
  const home = temporaryFolder();
  let run: Run;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  const at = (id: string) => page.locator(`[data-testid="${id}"]`);
  const robot = () => page.locator('[data-testid="bubble"][data-from="robot"]');
  const say = async (text: string) => {
    await at("composer").fill(text);
    await at("composer").press("Enter");
  };
  const connected = () => page.locator('[data-testid="badge"][data-links="1"]').waitFor();

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

  test("a message is answered: streamed first, then as rendered markdown", async () => {
    await say("你好，dingbridge");
    await at("ghost").waitFor();
    await robot().first().waitFor();
    expect(await robot().first().textContent()).toContain("你好，dingbridge");
    expect(await robot().first().locator("strong").textContent()).toBe("回声网关");
    expect(await at("ghost").count()).toBe(0);
    expect(await at("frame").count()).toBeGreaterThan(2);
  });

  test("in the group the answer mentions who asked", async () => {
    await at("chat-group").click();
    await say("群里问一句");
    await robot().first().waitFor();
    expect(await robot().first().textContent()).toContain("@小明");
    await at("chat-direct").click();
  });

  test("a dropped link comes back, and what was said meanwhile is answered", async () => {
    const before = await robot().count();
    await at("drop").click();
    await page.locator('[data-testid="badge"][data-links="0"]').waitFor();
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
    await page.locator('[data-testid="gateway"].active').waitFor();
    await say("还在吗");
    await robot().nth(before).waitFor();
    expect(await robot().nth(before).textContent()).toContain("恢复后会按顺序回答");
    await at("gateway").click();
    await page.locator('[data-testid="gateway"]:not(.active)').waitFor();
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
