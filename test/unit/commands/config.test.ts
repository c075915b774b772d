import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import JSON5 from "json5";
import { configCommand } from "../../../src/commands/config.ts";
import { ownEnvironment } from "../../support/own-environment.ts";

const ROBOT = { clientId: "dingclient", clientSecret: "TOP-SECRET" };

let environment: ReturnType<typeof ownEnvironment>;
beforeEach(() => {
  environment = ownEnvironment();
});
afterEach(() => environment.close());

/** Runs it on a file, and gives back what it prints. */
async function run(action: "check" | "migrate", content: unknown, json = false) {
  const path = join(environment.path, "dingbridge.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { path, ...(await runOn(action, path, json)) };
}

async function runOn(action: "check" | "migrate", path: string, json = false) {
  const out = spyOn(console, "log").mockImplementation(() => undefined);
  const err = spyOn(console, "error").mockImplementation(() => undefined);
  try {
    const code = await configCommand(action, { config: path, json });
    const stdout = out.mock.calls.map((call) => call.join(" ")).join("\n");
    const stderr = err.mock.calls.map((call) => call.join(" ")).join("\n");
    expect(`${stdout}${stderr}`).not.toContain("TOP-SECRET");
    return { code, stdout, stderr, lines: stdout.split("\n") };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const file = (block: object, channel = "dingtalk") => ({ channels: { [channel]: block } });
const indexOf = (lines: readonly string[], pattern: RegExp) =>
  lines.findIndex((line) => pattern.test(line));

describe("config check", () => {
  test("names the file and the block", async () => {
    const { path, lines, code } = await run(
      "check",
      file({ appKey: "a", clientSecret: "b" }, "ddingtalk"),
    );
    expect(lines[0]).toBe(`file: ${path}`);
    expect(lines[1]).toBe("block: channels.ddingtalk");
    expect(code).toBe(0);
  });

  test("shows what is set before the defaults, each with its source", async () => {
    process.env["DINGBRIDGE_PORT"] = "99";
    const { lines } = await run("check", file({ ...ROBOT, messageType: "card" }));
    const set = indexOf(lines, /^set:$/);
    const defaults = indexOf(lines, /^defaults:$/);
    const mode = indexOf(lines, /^ {2}reply\.mode +"card" +\[channels\.dingtalk\.messageType\]$/);
    const port = indexOf(lines, /^ {2}http\.port +99 +\[DINGBRIDGE_PORT\]$/);
    for (const at of [mode, port]) {
      expect(at).toBeGreaterThan(set);
      expect(at).toBeLessThan(defaults);
    }
    expect(indexOf(lines, /^ {2}burst\.windowMs +3000$/)).toBeGreaterThan(defaults);
    expect(lines.join("\n")).not.toMatch(/burst\.windowMs.*\[/);
  });

  test("stands in columns", async () => {
    const { lines } = await run("check", file(ROBOT));
    const own = lines.filter((line) => /^ {2}client(Id|Secret) /.test(line));
    expect(own).toHaveLength(2);
    expect(new Set(own.map((line) => line.indexOf('"'))).size).toBe(1);
    expect(new Set(own.map((line) => line.indexOf("["))).size).toBe(1);
  });

  test("shows secrets as stars only", async () => {
    const block = { ...ROBOT, gatewayToken: "GW-SECRET", http: { token: "API-SECRET" } };
    for (const json of [false, true]) {
      const { stdout } = await run("check", file(block), json);
      expect(stdout).toContain("***");
      expect(stdout).not.toContain("SECRET");
    }
  });

  test("tells whose keys they are where there are several robots", async () => {
    const accounts = { work: ROBOT, home: { ...ROBOT, clientId: "other", owners: ["boss"] } };
    const { lines } = await run("check", file({ accounts }));
    const headings = lines.filter((line) => /^ {2}(account \w+|worker):$/.test(line));
    expect(headings).toEqual([
      "  account work:",
      "  account home:",
      "  account work:",
      "  account home:",
      "  worker:",
    ]);
    expect(lines).toContain("access, account work:");
    expect(lines).toContain("access, account home:");
    expect(lines.at(-1)).toContain("accounts work, home");
  });

  test("says what was understood, and who may talk", async () => {
    const { stdout } = await run("check", file({ ...ROBOT, heartbeat: 5, porrt: 1 }));
    expect(stdout).toMatch(/ignored +heartbeat: /);
    expect(stdout).toMatch(/unknown +porrt: /);
    expect(stdout).toContain("whoever writes directly is treated as the owner");
    expect(stdout).toMatch(/warning: nobody is an owner/);
  });

  test("ends with a verdict, the problems before it", async () => {
    const { code, stdout, lines } = await run("check", file({ ...ROBOT, locale: "tlh" }));
    expect(code).toBe(78);
    expect(stdout).toContain('problems:\n  channels.dingtalk.locale: expected "zh" or "en"');
    expect(lines.at(-1)).toBe("It would not start: 1 problem.");
    const good = await run("check", file({ ...ROBOT, owners: ["boss"] }));
    expect(good.lines.at(-1)).toBe("It would start, with account default.");
    const open = await run("check", file(ROBOT));
    expect(open.lines.at(-1)).toContain("see the warnings under access");
  });

  test("knows that nothing would run", async () => {
    const { code, lines } = await run("check", file({ ...ROBOT, enabled: false }));
    expect(code).toBe(0);
    expect(lines.at(-1)).toContain("nothing would run");
  });

  test.each<[string, string]>([
    ["broken", "{"],
    ["without a block", "{channels: {}}"],
    ["with another thing for a block", "{channels: {dingtalk: 5}}"],
  ])("tells what is wrong with a file %s", async (_how, text) => {
    const { code, lines, stdout } = await run("check", text);
    expect(code).toBe(78);
    expect(stdout).toContain("problems:");
    expect(lines.at(-1)).toContain("It would not start");
  });

  test("is one document for programs", async () => {
    const { stdout, path, code } = await run("check", file({ ...ROBOT, http: { port: 99 } }), true);
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({ file: path, channel: "dingtalk", ok: true, problems: [] });
    expect(document).toMatchObject({
      effective: expect.arrayContaining([
        { path: "http.port", value: 99, source: `${path}: channels.dingtalk.http.port` },
        { path: "clientSecret", value: "***", source: expect.any(String) },
        { path: "robotCode", value: null, source: "default" },
      ]),
      access: [{ account: "default", says: expect.any(Array), warnings: expect.any(Array) }],
    });
    expect(Object.keys(document as object)).toEqual([
      "file",
      "channel",
      "ok",
      "effective",
      "notes",
      "warnings",
      "problems",
      "access",
    ]);
    expect(code).toBe(0);
    const bad = await run("check", "{", true);
    expect(bad.code).toBe(78);
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, channel: null, access: [] });
  });
});

describe("config migrate", () => {
  test("prints a file and nothing else, the rest beside it", async () => {
    const block = { appKey: "a", clientSecret: "TOP-SECRET", heartbeat: 5, porrt: 1 };
    const { code, stdout, stderr } = await run("migrate", file(block, "dingtalk-connector"));
    expect(code).toBe(0);
    expect(JSON5.parse(stdout)).toEqual({
      channels: { dingtalk: { clientId: "a", clientSecret: "${DINGTALK_CLIENT_SECRET}" } },
    });
    const lines = stderr.split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^alias: appKey: .*clientId/));
    expect(lines).toContainEqual(expect.stringMatching(/^ignored: heartbeat: /));
    expect(lines).toContainEqual(expect.stringMatching(/^unknown: porrt: /));
    const secrets = lines.filter((line) => line.startsWith("secret: "));
    expect(secrets).toEqual([expect.stringContaining("DINGTALK_CLIENT_SECRET")]);
  });

  test("makes a file that starts the same", async () => {
    const accounts = [
      { id: "work", appKey: "a", appSecret: "TOP-SECRET", allowed_users: "x, y" },
      { id: "home", clientId: "b", clientSecret: "TOP-SECRET", dmPolicy: "pairing" },
    ];
    const given = file({ accounts, messageType: "card", mediaMaxMb: 500 }, "dingtalk-connector");
    const keysOf = (stdout: string) =>
      (JSON.parse(stdout) as { effective: { path: string; value: unknown }[] }).effective.map(
        ({ path, value }) => [path, value],
      );
    const before = await run("check", given, true);
    const { stdout } = await run("migrate", given);
    process.env["DINGTALK_CLIENT_SECRET_WORK"] = "TOP-SECRET";
    process.env["DINGTALK_CLIENT_SECRET_HOME"] = "TOP-SECRET";
    const after = await run("check", stdout, true);
    expect(keysOf(after.stdout)).toEqual(keysOf(before.stdout));
    expect([before.code, after.code]).toEqual([0, 0]);
  });

  test("tells of problems and goes on: who migrates wants to see all of it, and a script to stop", async () => {
    const { code, stdout, stderr } = await run("migrate", file({ clientId: "a", locale: "tlh" }));
    expect(code).toBe(78);
    expect(JSON.parse(stdout)).toEqual(file({ clientId: "a", locale: "tlh" }));
    expect(stderr).toContain("problem: channels.dingtalk.locale");
  });

  test.each<[string, string, string]>([
    ["a broken file", "{", "is not valid JSON5"],
    ["a file without a block", "{channels: {}}", "there is no channels.dingtalk in it"],
    ["a block that is none", "{channels: {dingtalk: 5}}", "expected an object"],
  ])("prints nothing of %s, and says why", async (_what, text, why) => {
    const { code, stdout, stderr, path } = await run("migrate", text);
    expect(code).toBe(78);
    expect(stdout).toBe("");
    expect(stderr).toStartWith(`error: ${path}: `);
    expect(stderr).toContain(why);
    expect(stderr.split("\n")).toHaveLength(1);
  });

  test("says when there is no such file", async () => {
    const path = join(environment.path, "missing.json");
    const { code, stdout, stderr } = await runOn("migrate", path);
    expect([code, stdout]).toEqual([78, ""]);
    expect(stderr).toBe(`error: ${path}: there is no such file`);
  });
});
