import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { MediaFiles } from "../../../src/core/media/shelf.ts";
import { createMediaFiles, createMemoryFiles } from "../../../src/store/media-files.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is not there yet, in one that is. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-media-"));
  folders.push(folder);
  return join(folder, "deep", "media");
}

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const bytes = (...values: number[]) => Uint8Array.from(values);
const read = async (files: MediaFiles, name: string) => {
  const found = await files.read(name);
  return found === undefined ? undefined : [...found.bytes];
};

describe.each<[string, () => MediaFiles]>([
  ["createMediaFiles()", () => createMediaFiles(newFolder())],
  ["createMemoryFiles()", createMemoryFiles],
])("%s", (_what, create) => {
  test("gives back what was written, byte for byte", async () => {
    const files = create();
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    await files.write("a-0", all);
    await files.write("a-1", bytes());
    expect(await read(files, "a-0")).toEqual([...all]);
    expect(await read(files, "a-1")).toEqual([]);
  });

  test("tells the same path when it is written and when it is read", async () => {
    const files = create();
    const path = await files.write("a-0", bytes(1));
    expect((await files.read("a-0"))?.path).toBe(path);
  });

  test("knows nothing of what was never written", async () => {
    const files = create();
    expect(await files.read("a-0")).toBeUndefined();
    expect(await files.list()).toEqual([]);
    await files.remove("a-0");
  });

  test("lists what is there, and not what was removed", async () => {
    const files = create();
    for (const name of ["a-0", "a-1", "b-0"]) await files.write(name, bytes(1));
    await files.remove("a-1");
    await files.remove("a-1");
    expect([...(await files.list())].toSorted()).toEqual(["a-0", "b-0"]);
    expect(await files.read("a-1")).toBeUndefined();
  });

  test("writes over what was there", async () => {
    const files = create();
    await files.write("a-0", bytes(1, 2, 3));
    await files.write("a-0", bytes(4));
    expect(await read(files, "a-0")).toEqual([4]);
    expect(await files.list()).toEqual(["a-0"]);
  });

  test("writes many at the same time", async () => {
    const files = create();
    const names = Array.from({ length: 20 }, (_, at) => `a-${at}`);
    await Promise.all(names.map((name, at) => files.write(name, bytes(at))));
    for (const [at, name] of names.entries()) expect(await read(files, name)).toEqual([at]);
  });
});

describe("createMediaFiles(), on disk", () => {
  test("makes folder and files for the owner's eyes only", async () => {
    const folder = newFolder();
    const path = await createMediaFiles(folder).write("a-0", bytes(1));
    expect(modeOf(folder)).toBe("700");
    expect(path).toBe(join(folder, "a-0"));
    expect(isAbsolute(path ?? "")).toBe(true);
    expect(modeOf(path ?? "")).toBe("600");
  });

  test("touches nothing before it is needed", async () => {
    const folder = newFolder();
    const files = createMediaFiles(folder);
    await files.list();
    await files.read("a-0");
    await files.remove("a-0");
    expect(existsSync(folder)).toBe(false);
  });

  test("never takes half a file for one", async () => {
    const folder = newFolder();
    const files = createMediaFiles(folder);
    await files.write("a-0", bytes(1));
    // A process died while it wrote the next one.
    writeFileSync(join(folder, "a-1.part"), "half");
    expect(await files.read("a-1")).toBeUndefined();
    // Who sweeps finds it.
    expect(await files.list()).toContain("a-1.part");
    await files.write("a-1", bytes(1, 2));
    expect(await read(files, "a-1")).toEqual([1, 2]);
    expect(existsSync(join(folder, "a-1.part"))).toBe(false);
  });

  test("leaves no file where it cannot write one", async () => {
    const folder = newFolder();
    const files = createMediaFiles(folder);
    await files.write("a-0", bytes(1));
    // In the way of the half-written file.
    mkdirSync(join(folder, "a-1.part"));
    const failed = await files.write("a-1", bytes(1)).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(await files.read("a-1")).toBeUndefined();
  });

  test("outlives the process: another one finds them", async () => {
    const folder = newFolder();
    await createMediaFiles(folder).write("a-0", bytes(1, 2));
    expect(await read(createMediaFiles(folder), "a-0")).toEqual([1, 2]);
  });

  test("says what is wrong with a file that is there and cannot be read", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "a-0"), { recursive: true });
    const failed = await createMediaFiles(folder)
      .read("a-0")
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
  });
});
