import { afterEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import {
  LockDamagedError,
  LockHeldError,
  acquireLock,
  robotLockPath,
} from "../../../src/store/lock.ts";
import { ROOT, programOf } from "../../support/runtimes.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-lock-"));
  folders.push(folder);
  return folder;
}
const temporaryFile = () => join(temporaryFolder(), "test.lock");

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("expected it to throw");
}

describe("acquireLock()", () => {
  test("names the holder to whoever comes second, until it is released", () => {
    const path = temporaryFile();
    const before = Date.now();
    const first = acquireLock(path);
    const error = errorOf(() => acquireLock(path)) as LockHeldError;
    expect(error).toBeInstanceOf(LockHeldError);
    expect(error.holder).toMatchObject({ pid: process.pid, host: hostname() });
    expect(error.holder?.since).toBeWithin(before, Date.now() + 1);
    first.release();
    const second = acquireLock(path);
    // Whoever has let go already must not free what another holds by now.
    first.release();
    expect(errorOf(() => acquireLock(path))).toBeInstanceOf(LockHeldError);
    second.release();
    acquireLock(path).release();
  });

  test("lets others read who holds it, with any SQLite", () => {
    const path = temporaryFile();
    const lock = acquireLock(path);
    const db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare("SELECT pid, host FROM holder").all()).toEqual([
      { pid: process.pid, host: hostname() },
    ]);
    db.close();
    expect(errorOf(() => acquireLock(path))).toBeInstanceOf(LockHeldError);
    lock.release();
  });

  test("is one small file for its owner's eyes, however often it is taken", () => {
    const path = temporaryFile();
    const lock = acquireLock(path);
    const size = statSync(path).size;
    expect(size).toBeLessThanOrEqual(8192);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    lock.release();
    for (let round = 0; round < 20; round++) acquireLock(path).release();
    const last = acquireLock(path);
    expect(statSync(path).size).toBe(size);
    expect(readdirSync(join(path, ".."))).toEqual(["test.lock"]);
    last.release();
  });

  test("outlives garbage collection even if nobody keeps the result", () => {
    const path = temporaryFile();
    (() => void acquireLock(path))();
    for (let round = 0; round < 5; round++) Bun.gc(true);
    expect(errorOf(() => acquireLock(path))).toBeInstanceOf(LockHeldError);
  });

  test("leaves a damaged file alone, and takes an empty one", () => {
    const path = temporaryFile();
    writeFileSync(path, "no database ".repeat(1000));
    const error = errorOf(() => acquireLock(path)) as LockDamagedError;
    expect(error).toBeInstanceOf(LockDamagedError);
    expect(error.path).toBe(path);
    expect(readFileSync(path, "utf8")).toStartWith("no database");
    writeFileSync(path, "");
    acquireLock(path).release();
  });

  test("says who is unknown when the holder has written nothing down yet", () => {
    const path = temporaryFile();
    const db = new DatabaseSync(path);
    db.exec("BEGIN IMMEDIATE");
    const error = errorOf(() => acquireLock(path)) as LockHeldError;
    expect(error).toBeInstanceOf(LockHeldError);
    expect(error.holder).toBeUndefined();
    db.close();
  });

  test("of many who try at once, one gets it, and the others name that one", async () => {
    const path = temporaryFile();
    const script = `
      const { acquireLock } = await import(${JSON.stringify(join(ROOT, "src/store/lock.ts"))});
      await new Promise((resolve) => setTimeout(resolve, ${Date.now() + 600} - Date.now()));
      try { acquireLock(${JSON.stringify(path)}); console.log("mine"); }
      catch (error) { console.log(error.holder?.pid ?? String(error)); }
      process.stdin.on("data", () => process.exit());`;
    const children = Array.from({ length: 6 }, () =>
      spawn(programOf("bun"), ["-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const said = await Promise.all(
      children.map((child) => new Promise((resolve) => child.stdout.once("data", resolve))),
    );
    const answers = said.map((line) => String(line).trim());
    for (const child of children) child.stdin.end("done");
    const winner = children[answers.indexOf("mine")]?.pid;
    expect(answers.filter((answer) => answer === "mine")).toHaveLength(1);
    expect(answers.filter((answer) => answer === String(winner))).toHaveLength(5);
  }, 20_000);
});

describe("robotLockPath()", () => {
  const uid = process.getuid?.() ?? "user";

  test("is the same for the same robot, another for another robot or API", () => {
    const parent = temporaryFolder();
    const path = robotLockPath("https://api.dingtalk.com", "dingone", parent);
    expect(path).toMatch(new RegExp(`/dingbridge-${uid}/[0-9a-f]{32}\\.lock$`));
    expect(robotLockPath("https://api.dingtalk.com", "dingone", parent)).toBe(path);
    expect(robotLockPath("https://api.dingtalk.com", "dingtwo", parent)).not.toBe(path);
    expect(robotLockPath("http://127.0.0.1:1234", "dingone", parent)).not.toBe(path);
  });

  test("keeps the folder to its owner", () => {
    const parent = temporaryFolder();
    const folder = join(parent, `dingbridge-${uid}`);
    robotLockPath("https://a", "b", parent);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    robotLockPath("https://a", "b", parent);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("takes no folder that another may have put there, and makes no temporary folder", () => {
    const parent = temporaryFolder();
    const folder = join(parent, `dingbridge-${uid}`);
    const look = (within = parent) => robotLockPath("https://a", "b", within);

    mkdirSync(join(parent, "elsewhere"));
    symlinkSync(join(parent, "elsewhere"), folder);
    expect(() => look()).toThrow("is not a folder");
    rmSync(folder);
    symlinkSync(join(parent, "nowhere"), folder);
    expect(() => look()).toThrow("is not a folder");
    rmSync(folder);
    writeFileSync(folder, "");
    expect(() => look()).toThrow("is not a folder");
    rmSync(folder);
    // Only root can give a folder away.
    if (uid === 0) {
      mkdirSync(folder);
      chownSync(folder, 65_534, 65_534);
      expect(() => look()).toThrow("belongs to another user");
    }
    expect(() => look(join(parent, "missing"))).toThrow("ENOENT");
  });
});
