import { afterEach, describe, expect, test } from "bun:test";
import { readdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { startLogging } from "../../../src/logging.ts";
import { createFolder, createStream, linesIn, removeFolders } from "./_streams.ts";

afterEach(removeFolders);

const SECRET = 'top/s3cret+"value"';

const onlyFileIn = (folder: string) => {
  const [name = "", ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  expect(name).toMatch(/^openclaw-\d{4}-\d\d-\d\d\.log$/);
  return linesIn(join(folder, name));
};

describe("on the console", () => {
  const says = (format: "auto" | "text" | "json", isTTY: boolean) => {
    const { out, text } = createStream(isTTY);
    const log = startLogging("info", out, { format });
    log.child("stream").warn("not connected", { reason: "timeout", attempts: 3 });
    return text();
  };

  test.each([
    ["auto", false],
    ["json", true],
  ] as const)("%s is JSON lines where a terminal is %p", (format, isTTY) => {
    expect(JSON.parse(says(format, isTTY))).toMatchObject({
      level: "WARN",
      message: "not connected",
      logger: "dingbridge.stream",
      reason: "timeout",
      attempts: 3,
    });
  });

  test.each([
    ["auto", true],
    ["text", false],
  ] as const)("%s is readable where a terminal is %p", (format, isTTY) => {
    expect(says(format, isTTY)).toEndWith(
      "[WRN] dingbridge·stream: not connected reason=timeout attempts=3\n",
    );
  });

  test("a name cannot steer the terminal, nor make lines of its own", () => {
    const { out, lines, text } = createStream(true);
    startLogging("info", out).info("hello", { nick: "a\u001b[2J\nb", list: ["\u009b31m"] });
    expect(lines()).toHaveLength(1);
    expect(text().trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  test("a field takes nothing away from the line", () => {
    const { out, text } = createStream();
    startLogging("info", out).info("hello", { message: "other", level: "none" });
    expect(JSON.parse(text())).toMatchObject({ message: "hello", level: "INFO", level_: "none" });
  });

  test("braces in a message are just that", () => {
    const { out, text } = createStream();
    startLogging("info", out).info("expected {reason}", { reason: "x" });
    expect(JSON.parse(text())).toMatchObject({ message: "expected {reason}" });
  });
});

describe("the level", () => {
  test("decides what is said, and can change for every child", () => {
    const { out, lines } = createStream(true);
    const log = startLogging("warning", out);
    const child = log.child("turn");
    const sayAll = () => {
      for (const level of ["debug", "info", "warn", "error"] as const) child[level](level);
    };
    sayAll();
    expect(lines()).toHaveLength(2);
    log.setLevel("debug");
    sayAll();
    expect(lines()).toHaveLength(6);
    log.setLevel("error");
    sayAll();
    expect(lines()).toHaveLength(7);
  });

  test("what is not said is not looked at", () => {
    const { out } = createStream();
    let isRead = false;
    const fields = {
      get costly() {
        return (isRead = true);
      },
    };
    const log = startLogging("info", out);
    log.child("x").debug("nothing", fields);
    expect(isRead).toBe(false);
    log.info("something", fields);
    expect(isRead).toBe(true);
  });
});

describe("in OpenClaw's file", () => {
  test("is what the console says, under the channel's name", () => {
    const dir = join(createFolder(), "openclaw");
    const { out, lines } = createStream();
    const log = startLogging("info", out, { dir });
    log.info("dingbridge is starting");
    log.child("default").child("stream").error("refused", { code: 40_035 });
    log.debug("not said");
    log.flush();
    expect(lines()).toHaveLength(2);
    expect(onlyFileIn(dir)).toMatchObject([
      { subsystem: "gateway/channels/dingtalk", level: "info", message: "dingbridge is starting" },
      {
        subsystem: "gateway/channels/dingtalk/default/stream",
        level: "error",
        message: "refused code=40035",
        code: 40_035,
      },
    ]);
  });

  test.each([undefined, "", false] as const)("nothing is said with dir %p", (dir) => {
    const { out, lines } = createStream();
    const log = startLogging("info", out, { dir });
    log.info("hello");
    log.flush();
    expect(lines()).toHaveLength(1);
  });

  test("a place that is not ours costs one line on the console", () => {
    const real = createFolder();
    const dir = join(createFolder(), "link");
    symlinkSync(real, dir);
    const { out, lines } = createStream();
    const log = startLogging("info", out, { dir });
    for (let count = 0; count < 3; count++) {
      log.info("hello");
      log.flush();
    }
    const warnings = lines().filter((line) => line.includes("symbolic link"));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0] ?? "")).toMatchObject({ level: "WARN", folder: dir });
    expect(lines()).toHaveLength(4);
    expect(readdirSync(real)).toEqual([]);
  });

  test("has the last words of a process that ends", () => {
    const dir = createFolder();
    const logging = resolve(import.meta.dir, "../../../src/logging.ts");
    const code = `
      const { startLogging } = await import(${JSON.stringify(logging)});
      startLogging("info", process.stdout, { dir: ${JSON.stringify(dir)} }).info("last words");
      process.exit(3);`;
    const { exitCode } = Bun.spawnSync([process.execPath, "-e", code]);
    expect(exitCode).toBe(3);
    expect(onlyFileIn(dir)).toMatchObject([{ message: "last words" }]);
  });
});

describe("secrets", () => {
  test.each(["text", "json"] as const)("are in no output, from the first line on: %s", (format) => {
    const dir = createFolder();
    const { out, text } = createStream();
    const log = startLogging("debug", out, { format, dir, secrets: [SECRET] });
    log.info(`message ${SECRET}`, { reason: `x${encodeURIComponent(SECRET)}`, deep: [{ SECRET }] });
    log.hide("a-new-access-token", "passing");
    log.child("a-new-access-token").debug("x", { "a-new-access-token": ["a-new-access-token"] });
    log.flush();
    const all = text() + JSON.stringify(onlyFileIn(dir));
    expect(all).toContain("message ***");
    expect(all).not.toContain("s3cret");
    expect(all).not.toContain("a-new-access-token");
  });

  test("that only come together in the line are not in it either", () => {
    const dir = createFolder();
    for (const format of ["text", "json"] as const) {
      const { out, text } = createStream();
      const log = startLogging("info", out, {
        format,
        dir,
        secrets: ["pass=word", 'left":"right'],
      });
      log.info("first", { pass: "word" });
      log.info("second", { left: "right" });
      log.flush();
      const all =
        text() +
        onlyFileIn(dir)
          .map((line) => JSON.stringify(line))
          .join("\n");
      expect(all).not.toContain("pass=word");
      expect(all).not.toContain('left":"right');
      expect(all).toContain("second");
    }
  });

  test("that are words of every line do not make the log useless", () => {
    const dir = createFolder();
    const { out, lines } = createStream();
    const log = startLogging("info", out, { dir, secrets: ["message", "dingtalk"] });
    log.info("refused", { reason: "by a message", code: 7 });
    log.flush();
    expect(JSON.parse(lines()[0] ?? "")).toMatchObject({ message: "refused", code: 7 });
    expect(onlyFileIn(dir)).toMatchObject([
      { subsystem: "gateway/channels/dingtalk", reason: "by a ***", code: 7 },
    ]);
  });
});

describe("whatever is handed in", () => {
  test("a line comes out", () => {
    const circle: Record<string, unknown> = { name: "circle" };
    circle["self"] = circle;
    const fields = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no");
        },
      },
    );
    const { out, lines } = createStream();
    const dir = createFolder();
    const log = startLogging("info", out, { dir });
    log.info("circle", { circle });
    log.info("closed", fields);
    log.info("huge", {
      text: "x".repeat(5_000_000),
      list: Array.from({ length: 100_000 }, String),
    });
    log.flush();
    expect(lines()).toHaveLength(3);
    for (const line of lines()) expect(line.length).toBeLessThan(20_000);
    expect(onlyFileIn(dir)).toHaveLength(3);
  });
});
