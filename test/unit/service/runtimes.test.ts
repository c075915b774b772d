import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import settings from "../../../deno.json" with { type: "json" };
import manifest from "../../../package.json" with { type: "json" };
import { denoRights } from "../../../src/service/deno-rights.ts";
import { UnwritableError } from "../../../src/service/escape.ts";
import { RUNTIMES, findRuntime, lowestOf } from "../../../src/service/runtimes.ts";
import { temporaryFolder } from "../../support/worker-process.ts";

describe("a runtime for the service", () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  /** A program that only knows its version. */
  const program = (name: string, runtime: string, version: string) => {
    const path = join(folder.path, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, runtime), `#!/bin/sh\necho "${runtime} v${version} (release)"\n`);
    chmodSync(join(path, runtime), 0o755);
    return path;
  };

  test.each([...RUNTIMES])("%s is as new as package.json asks for", (runtime) => {
    const lowest = manifest.engines[runtime].replace(">=", "");
    expect(lowestOf(runtime)).toBe(lowest);
  });

  test("is the first on the path that is new enough", () => {
    const old = program("old", "node", "20.20.2");
    const almost = program("almost", "node", "22.17.1");
    const enough = program("enough", "node", "22.18.0");
    const newer = program("newer", "node", "26.0.0");
    const find = (...path: string[]) => findRuntime("node", "/nowhere", path.join(":"));
    expect(find(old, almost, enough, newer)).toBe(join(enough, "node"));
    expect(find(old, newer, enough)).toBe(join(newer, "node"));
    expect(find(old, almost)).toBeUndefined();
    expect(findRuntime("node", "/nowhere", undefined)).toBeUndefined();
  });

  test("is never one that the folder it is looked for in decides", () => {
    program("relative", "node", "26.0.0");
    expect(findRuntime("node", "/nowhere", "relative:.:")).toBeUndefined();
  });
});

describe("Deno's rights", () => {
  const rights = (...read: string[]) =>
    denoRights("/usr/bin/deno", { read, write: ["/data", "/tmp"] });

  test("of `deno task start` are those of the service, for where things are by default", () => {
    const { command } = settings.tasks.start;
    const plain = command.replaceAll('"', "").replace("$(deno eval -p 'Deno.execPath()')", "DENO");
    const expected = denoRights("DENO", {
      read: ["$HOME/.openclaw"],
      write: ["$HOME/.openclaw/dingbridge", "/tmp"],
    }).filter((flag) => !flag.startsWith("--allow-read"));
    for (const flag of expected) expect(plain.split(" ")).toContain(flag);
    const given = plain.split(" ").filter((word) => /^--(allow|deny|ignore)|^-A$/.test(word));
    // Reading is the same with the data folder's place being under the one before.
    expect(given.toSorted()).toEqual([...expected, "--allow-read=$HOME/.openclaw,/tmp"].toSorted());
  });

  test("never are all of a kind, but for the network, and foreign code is none of them", () => {
    const bare = rights("/conf").filter((flag) => /^--allow-\w+$/.test(flag));
    expect(bare).toEqual(["--allow-net"]);
    expect(rights("/conf").join()).not.toContain("ffi");
  });

  test("what is written may be read, what is read not written", () => {
    const of = (name: string) =>
      rights("/conf").find((flag) => flag.startsWith(`--allow-${name}=`));
    expect(of("read")).toBe("--allow-read=/conf,/data,/tmp");
    expect(of("write")).toBe("--allow-write=/data,/tmp");
  });

  test("cannot name a folder with a comma, which would be two", () => {
    expect(() => rights("/a,/etc")).toThrow(UnwritableError);
  });
});
