import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Change } from "../../../src/onboard/edit.ts";
import { cannotWrite, changeFile } from "../../../src/onboard/write.ts";
import { temporaryFolder } from "../../support/worker-process.ts";

const CHANGES: readonly Change[] = [
  { path: ["channels", "dingtalk", "clientId"], value: "dingnew" },
];
/** A wall clock of this machine's own zone. */
const NOW = new Date(2026, 10, 22, 20, 1, 7);
const STAMP = "bak-20261122-200107";

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "dingbridge.json");
});
afterEach(() => {
  chmodSync(folder.path, 0o700);
  folder.remove();
});

const modeOf = (path: string) => statSync(path).mode & 0o777;
const idIn = (path: string) => /"?clientId"?: "(\w+)"/.exec(readFileSync(path, "utf8"))?.[1];

test("a file that is missing is made, with its folder, for its owner only", () => {
  const deep = join(folder.path, "a/b/dingbridge.json");
  expect(cannotWrite(deep)).toBeUndefined();
  expect(changeFile(deep, CHANGES, NOW)).toEqual({ ok: true, isChanged: true, backup: undefined });
  expect(idIn(deep)).toBe("dingnew");
  expect(modeOf(deep)).toBe(0o600);
  expect(modeOf(join(folder.path, "a"))).toBe(0o700);
  expect(readdirSync(join(folder.path, "a/b"))).toEqual(["dingbridge.json"]);
});

test("a file that is there is kept beside the new one, and both are closed to others", () => {
  const before = `{ // mine\n  channels: { dingtalk: { clientId: "dingold" } },\n}\n`;
  writeFileSync(file, before, { mode: 0o644 });
  const backup = `${file}.${STAMP}`;
  expect(changeFile(file, CHANGES, NOW)).toEqual({ ok: true, isChanged: true, backup });
  expect(readFileSync(backup, "utf8")).toBe(before);
  expect(readFileSync(file, "utf8")).toBe(before.replace("dingold", "dingnew"));
  expect([modeOf(file), modeOf(backup)]).toEqual([0o600, 0o600]);
  expect(readdirSync(folder.path).toSorted()).toEqual([
    "dingbridge.json",
    `dingbridge.json.${STAMP}`,
  ]);
});

test("an earlier backup is never overwritten", () => {
  for (const id of ["first", "second"]) {
    writeFileSync(file, `{ channels: { dingtalk: { clientId: "${id}" } } }`);
    expect(changeFile(file, CHANGES, NOW).ok).toBe(true);
  }
  expect(idIn(`${file}.${STAMP}`)).toBe("first");
  expect(idIn(`${file}.${STAMP}-2`)).toBe("second");
});

test("nothing new makes no backup", () => {
  changeFile(file, CHANGES, NOW);
  expect(changeFile(file, CHANGES, NOW)).toEqual({ ok: true, isChanged: false, backup: undefined });
  expect(readdirSync(folder.path)).toEqual(["dingbridge.json"]);
});

test("a link stays a link: the file behind it is written, there beside it the backup", () => {
  mkdirSync(join(folder.path, "dotfiles"));
  const real = join(folder.path, "dotfiles/ding.json");
  writeFileSync(real, "{}");
  symlinkSync("dotfiles/ding.json", file);
  expect(changeFile(file, CHANGES, NOW).ok).toBe(true);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(lstatSync(real).isSymbolicLink()).toBe(false);
  expect(idIn(real)).toBe("dingnew");
  expect(readdirSync(join(folder.path, "dotfiles")).toSorted()).toEqual([
    "ding.json",
    `ding.json.${STAMP}`,
  ]);
});

test("a link to nothing yet leads to the new file", () => {
  mkdirSync(join(folder.path, "dotfiles"));
  symlinkSync("dotfiles/ding.json", file);
  expect(changeFile(file, CHANGES, NOW).ok).toBe(true);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(idIn(join(folder.path, "dotfiles/ding.json"))).toBe("dingnew");
});

test.each([
  ["broken", "{ clientId: ", "not-json5"],
  ["a list", "[]", "not-an-object"],
])("a file that is %s is left alone", (_what, text, reason) => {
  writeFileSync(file, text);
  expect(changeFile(file, CHANGES, NOW)).toMatchObject({ ok: false, reason });
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(readdirSync(folder.path)).toEqual(["dingbridge.json"]);
});

test("what is no text, or no file at all, cannot be read and is left alone", () => {
  writeFileSync(file, new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]));
  expect(changeFile(file, CHANGES, NOW)).toMatchObject({ ok: false, reason: "unreadable" });
  expect([...readFileSync(file)]).toEqual([0x7b, 0xff, 0xfe, 0x7d]);
  expect(changeFile(folder.path, CHANGES, NOW)).toMatchObject({ ok: false, reason: "unreadable" });
});

test("a folder nothing can be written to: nothing is changed, nothing left behind", () => {
  // Administrators may write to any folder but to those of the system's own.
  const isRoot = process.getuid?.() === 0;
  if (isRoot && process.platform !== "linux") return;
  const where = isRoot ? "/proc/self" : folder.path;
  if (!isRoot) chmodSync(folder.path, 0o500);
  const target = join(where, "dingbridge.json");
  expect(changeFile(target, CHANGES, NOW)).toMatchObject({ ok: false, reason: "unwritable" });
  expect(readdirSync(where)).not.toContain("dingbridge.json");
  if (!isRoot) expect(cannotWrite(target)).toBeString();
});

test("a file in the folder's place is no folder", () => {
  writeFileSync(join(folder.path, "plain"), "");
  expect(cannotWrite(join(folder.path, "plain/dingbridge.json"))).toBeString();
});
