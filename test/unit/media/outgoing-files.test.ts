import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileRead } from "../../../src/core/media/outgoing.ts";
import { createOutgoingFiles } from "../../../src/store/outgoing-files.ts";

type Refusal = Extract<FileRead, { readonly ok: false }>["reason"];

const MB = 2 ** 20;
let base = "";
const at = (...names: string[]) => join(base, ...names);
const put = (path: string, text = "hello") => {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
};

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "dingbridge-outgoing-")));
  put(at("root", "report.pdf"));
  put(at("root", "deep", "季度 报表.txt"), "hi");
  put(at("root", ".env"), "KEY=1");
  put(at("root", ".git", "config"));
  put(at("root", "empty"), "");
  put(at("root-2", "neighbour.txt"));
  put(at("secret", "id_rsa"), "PRIVATE");
  symlinkSync(at("secret", "id_rsa"), at("root", "link.txt"));
  symlinkSync(at("secret"), at("root", "folder"));
  symlinkSync(at("root", ".env"), at("root", "to-hidden.txt"));
  symlinkSync(at("root", "report.pdf"), at("root", "latest.pdf"));
  symlinkSync(at("nowhere"), at("root", "dangling.txt"));
  symlinkSync(at("root", "loop"), at("root", "loop"));
  symlinkSync(at("root"), at("alias"));
  execFileSync("mkfifo", [at("root", "pipe")]);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const read = async (path: string, roots = [at("root")], maxBytes = MB) => {
  const result = await createOutgoingFiles(roots).read(path, maxBytes);
  return result.ok
    ? { name: result.name, text: new TextDecoder().decode(result.bytes) }
    : result.reason;
};

describe("inside a root", () => {
  test("a file is read, at any depth", async () => {
    expect(await read(at("root", "report.pdf"))).toEqual({ name: "report.pdf", text: "hello" });
    expect(await read(at("root", "deep", "季度 报表.txt"))).toEqual({
      name: "季度 报表.txt",
      text: "hi",
    });
    expect(await read(at("root", "empty"))).toEqual({ name: "empty", text: "" });
  });

  test("by way of links that stay there, under the name that was asked for", async () => {
    expect(await read(at("root", "latest.pdf"))).toEqual({ name: "latest.pdf", text: "hello" });
    expect(await read(`${at("root", "deep")}/../report.pdf`)).toMatchObject({ text: "hello" });
    expect(await read(at("alias", "report.pdf"))).toMatchObject({ text: "hello" });
    expect(await read(at("root", "report.pdf"), [at("alias")])).toMatchObject({ text: "hello" });
  });

  test("any of several roots will do; those that are not there do no harm", async () => {
    const roots = [at("gone"), at("root-2"), at("root")];
    expect(await read(at("root", "report.pdf"), roots)).toMatchObject({ text: "hello" });
    expect(await read(at("gone", "x"), roots)).toBe("outside");
  });

  test("a root that comes into being later counts", async () => {
    const files = createOutgoingFiles([at("later")]);
    expect(await files.read(at("later", "a"), MB)).toEqual({ ok: false, reason: "outside" });
    put(at("later", "a"));
    expect(await files.read(at("later", "a"), MB)).toMatchObject({ ok: true });
  });

  test("a root may itself be hidden, or lie in a hidden part of another", async () => {
    const hidden = at("root", ".git");
    expect(await read(join(hidden, "config"), [hidden])).toMatchObject({ text: "hello" });
    for (const roots of [
      [hidden, at("root")],
      [at("root"), hidden],
    ]) {
      expect(await read(join(hidden, "config"), roots)).toMatchObject({ text: "hello" });
    }
  });
});

describe("outside", () => {
  test.each([
    ["elsewhere", () => at("secret", "id_rsa")],
    ["elsewhere by dots", () => `${at("root")}/../secret/id_rsa`],
    ["beside the root, with a name that begins like it", () => at("root-2", "neighbour.txt")],
    ["by a link", () => at("root", "link.txt")],
    ["by a folder that is a link", () => at("root", "folder", "id_rsa")],
    ["the system's", () => "/etc/passwd"],
    ["a device", () => "/dev/zero"],
    ["this process", () => "/proc/self/environ"],
    ["relative", () => "report.pdf"],
    ["of the home folder", () => "~/report.pdf"],
    ["cut short by NUL", () => `${at("root", "report.pdf")}\0.txt`],
    ["nothing", () => ""],
    ["longer than any path", () => at("root", "x/".repeat(50_000))],
    ["a file's address", () => `file://${at("root", "report.pdf")}`],
  ])("%s", async (_what, path) => {
    expect(await read(path())).toBe("outside");
  });

  test("whether there is anything is not told", async () => {
    expect(await read(at("secret", "nothing-here"))).toBe("outside");
    expect(await read(at("root", "folder", "nothing-here"))).toBe("outside");
    expect(await read(at("root", "folder", "nor", "here"))).toBe("outside");
  });

  test("no roots, or none that is absolute: nothing is read", async () => {
    expect(await read(at("root", "report.pdf"), [])).toBe("outside");
    expect(await read(at("root", "report.pdf"), ["", ".", "root", "~"])).toBe("outside");
  });
});

describe("not sent", () => {
  test.each<[string, string[], Refusal]>([
    ["a dotfile", [".env"], "hidden"],
    ["in a hidden folder", [".git", "config"], "hidden"],
    ["a link to a dotfile", ["to-hidden.txt"], "hidden"],
    ["a hidden file that is not there", [".nothing"], "hidden"],
    ["not there", ["nothing"], "missing"],
    ["in a folder that is not there", ["no", "such", "file"], "missing"],
    ["below a file", ["report.pdf", "x"], "missing"],
    ["a link to nothing", ["dangling.txt"], "missing"],
    ["a folder", ["deep"], "not-a-file"],
    ["the root", [], "not-a-file"],
    ["a pipe nobody writes to", ["pipe"], "not-a-file"],
  ])("%s", async (_what, names, reason) => {
    expect(await read(at("root", ...names))).toBe(reason);
  });

  test("a link that leads to itself", async () => {
    expect(await read(at("root", "loop"))).toBeString();
  });

  test("larger than allowed; exactly as large is fine", async () => {
    expect(await read(at("root", "report.pdf"), undefined, 4)).toBe("too-large");
    expect(await read(at("root", "report.pdf"), undefined, 5)).toMatchObject({ text: "hello" });
    put(at("root", "huge"), "");
    truncateSync(at("root", "huge"), 2 ** 42);
    expect(await read(at("root", "huge"))).toBe("too-large");
  });

  // Nothing is closed to root.
  test.skipIf(process.getuid?.() === 0)("closed to us", async () => {
    put(at("root", "closed"));
    chmodSync(at("root", "closed"), 0o000);
    expect(await read(at("root", "closed"))).toBe("unreadable");
  });
});

describe("while somebody meddles", () => {
  test("a file that grows is read as far as it was, or refused", async () => {
    const path = at("root", "growing.log");
    put(path, "x".repeat(1000));
    const reading = Promise.all(Array.from({ length: 50 }, () => read(path, undefined, 2000)));
    for (let more = 0; more < 50; more++) appendFileSync(path, "x".repeat(100));
    for (const result of await reading) {
      if (typeof result === "object") expect(result.text.length).toBeLessThanOrEqual(2000);
      else expect(result).toBe("too-large");
    }
  });

  test("a folder that turns into a link and back never gives out what is elsewhere", async () => {
    put(at("root", "swap", "id_rsa"), "public");
    symlinkSync(at("secret"), at("evil"));
    const files = createOutgoingFiles([at("root")]);
    const found = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const reading = files.read(at("root", "swap", "id_rsa"), MB);
      // Between the steps of the reading.
      for (let step = round % 7; step > 0; step--) await new Promise((next) => setImmediate(next));
      renameSync(at("root", "swap"), at("aside"));
      renameSync(at("evil"), at("root", "swap"));
      const result = await reading;
      found.add(result.ok ? new TextDecoder().decode(result.bytes) : result.reason);
      renameSync(at("root", "swap"), at("evil"));
      renameSync(at("aside"), at("root", "swap"));
    }
    expect([...found]).not.toContain("PRIVATE");
    expect(found.size).toBeGreaterThan(0);
  });
});
