import { afterEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { RefusedError, appendLines } from "../../../src/logging/append.ts";
import { createFolder, removeFolders } from "./_streams.ts";

afterEach(removeFolders);

const NAME = "openclaw-2026-11-22.log";
const uid = process.getuid?.();
const permissions = (path: string) => statSync(path).mode & 0o7777;

describe("appendLines()", () => {
  test("makes folder and file for the owner's eyes only", () => {
    const folder = join(createFolder(), "openclaw");
    appendLines(folder, NAME, "one\n");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe("one\n");
    expect(permissions(folder)).toBe(0o700);
    expect(permissions(join(folder, NAME))).toBe(0o600);
  });

  test("leaves in place what another process wrote", () => {
    const folder = createFolder();
    writeFileSync(join(folder, NAME), "the gateway's\n", { mode: 0o600 });
    appendLines(folder, NAME, "one\ntwo\n");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe("the gateway's\none\ntwo\n");
  });

  test("follows the name, not the file: the gateway renames and deletes them", () => {
    const folder = createFolder();
    appendLines(folder, NAME, "one\n");
    renameSync(join(folder, NAME), join(folder, "openclaw-2026-11-22.1.log"));
    appendLines(folder, NAME, "two\n");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe("two\n");
    rmSync(folder, { recursive: true });
    appendLines(folder, NAME, "three\n");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe("three\n");
  });

  test("starts a line of its own behind one that was broken off", () => {
    const folder = createFolder();
    writeFileSync(join(folder, NAME), '{"time":"20', { mode: 0o600 });
    appendLines(folder, NAME, "one\n");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe('{"time":"20\none\n');
  });

  const traps: [string, (folder: string, elsewhere: string) => void, string][] = [
    [
      "a link in the file's place",
      (folder, elsewhere) => symlinkSync(elsewhere, join(folder, NAME)),
      "symbolic link",
    ],
    [
      "a second name of another file",
      (folder, elsewhere) => linkSync(elsewhere, join(folder, NAME)),
      "several names",
    ],
    [
      "a file that anybody may write",
      (folder) => {
        writeFileSync(join(folder, NAME), "");
        chmodSync(join(folder, NAME), 0o666);
      },
      "anybody may write into the file",
    ],
    ["a folder that anybody may write", (folder) => chmodSync(folder, 0o777), "into the folder"],
    [
      "a pipe that nobody reads",
      (folder) => void execFileSync("mkfifo", [join(folder, NAME)]),
      "the file is none",
    ],
  ];
  test.each(traps)("does not write to %s", (_what, set, reason) => {
    const folder = createFolder();
    const elsewhere = join(createFolder(), "elsewhere");
    writeFileSync(elsewhere, "precious\n", { mode: 0o600 });
    set(folder, elsewhere);
    const write = () => appendLines(folder, NAME, "one\n");
    expect(write).toThrow(RefusedError);
    expect(write).toThrow(reason);
    expect(readFileSync(elsewhere, "utf8")).toBe("precious\n");
  });

  test.each(["", "/"])("does not write into a folder that is a link (%p)", (slash) => {
    const real = createFolder();
    const link = join(createFolder(), "openclaw");
    symlinkSync(real, link);
    const write = () => appendLines(`${link}${slash}`, NAME, "one\n");
    expect(write).toThrow(RefusedError);
    expect(write).toThrow("symbolic link");
    expect(readdirSync(real)).toEqual([]);
  });

  test("writes into a folder for all, like /tmp, where each may only remove their own", () => {
    const folder = createFolder();
    chmodSync(folder, 0o1777);
    appendLines(folder, NAME, "one\n");
    expect(permissions(join(folder, NAME))).toBe(0o600);
  });

  test.skipIf(uid === undefined)("does not write into what belongs to somebody else", () => {
    const folder = createFolder();
    appendLines(folder, NAME, "mine\n");
    // As whom this process would be if the folder and the file were not its own.
    expect(() => appendLines(folder, NAME, "one\n", (uid ?? 0) + 1)).toThrow("somebody else");
    expect(readFileSync(join(folder, NAME), "utf8")).toBe("mine\n");
  });

  test("says what the file system says", () => {
    const folder = createFolder();
    mkdirSync(join(folder, NAME));
    expect(() => appendLines(folder, NAME, "one\n")).toThrow("EISDIR");
  });
});
