import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import process from "node:process";
import { runtime } from "#runtime";
import { readDocument } from "../../src/extract/document.ts";
import { createExtractor, type Extractor } from "../../src/extract/extractor.ts";
import { confined } from "../../src/extract/sandbox.ts";
import { DEFAULT_LIMITS } from "../../src/extract/types.ts";
import * as make from "../unit/extract/_fixtures.ts";

const { KINDS } = make;
const MISBEHAVING = new URL("../unit/extract/_misbehaving-child.ts", import.meta.url);

/** An extraction does not keep a process alive, so a test that waits for one has to. */
let alive: ReturnType<typeof setInterval>;
before(() => {
  alive = setInterval(() => undefined, 1_000);
});
after(() => clearInterval(alive));

/** An extractor whose reading process does what `mode` says. */
function misbehaving(...mode: readonly string[]): Extractor {
  const command = confined(runtime.name, MISBEHAVING);
  return createExtractor({
    runtime: runtime.name,
    command: { ...command, args: [...command.args, ...mode] },
  });
}

describe(`extractText() in ${runtime.name}`, () => {
  const { extractText } = createExtractor({ runtime: runtime.name });

  const files = [
    ["text in GBK", KINDS.txt, make.HELLO_GBK, "你好，世界"],
    ["markdown", KINDS.md, make.utf8("# 题\n\n正文"), "# 题\n\n正文"],
    ["csv with a byte order mark", KINDS.csv, make.utf8("\ufeffa,b\r\n1,2"), "a,b\n1,2"],
    ["json", KINDS.json, make.utf8('{"a": "好"}'), '{"a": "好"}'],
    ["html", KINDS.html, make.utf8("<p>你<b>好</b><script>x</script><p>b"), "你好\n\nb"],
    ["pdf", KINDS.pdf, make.latinPdf(["Hello\nworld", "exam-\nple"]), "Hello\nworld\n\nexam-ple"],
    [
      "pdf in Chinese without the font",
      KINDS.pdf,
      make.cjkPdf({ encoding: "GBK-EUC-H", hex: "c4e3bac3" }),
      "你好",
    ],
    [
      "pdf in Chinese with a table of its own",
      KINDS.pdf,
      make.cjkPdf({ encoding: "Identity-H", hex: "0001", toUnicode: { "0001": "4f60" } }),
      "你",
    ],
    ["docx", KINDS.docx, make.docx(["你好", "b &amp; c"]), "你好\nb & c"],
    [
      "xlsx",
      KINDS.xlsx,
      make.xlsx(`<row><c t="s"><v>0</v></c><c><v>1</v></c></row>`, ["<t>甲</t>"]),
      "--- 预算 ---\n甲\t1",
    ],
    ["pptx", KINDS.pptx, make.pptx(["甲"]), "--- 1 ---\n甲"],
  ] as const;
  for (const [what, kind, bytes, text] of files) {
    it(`reads ${what}`, async () => {
      const extracted = await extractText(bytes, kind, `file.${kind.extension}`);
      assert.deepEqual(extracted, { ok: true, text, truncated: false });
    });
  }

  it("cuts a long document to 20 000 characters and says so", async () => {
    const extracted = await extractText(make.docx(["好".repeat(300_000)]), KINDS.docx, "a.docx");
    assert.deepEqual(extracted, { ok: true, text: "好".repeat(20_000), truncated: true });
  });

  const random = crypto.getRandomValues(new Uint8Array(65_536));
  const zeros = new Uint8Array(60_000_000);
  const refused = [
    ["random bytes named .pdf", KINDS.pdf, random, "damaged"],
    ["random bytes named .docx", KINDS.docx, random, "damaged"],
    ["a pdf with a password", KINDS.pdf, make.encryptedPdf(), "encrypted"],
    ["a scan", KINDS.pdf, make.latinPdf([""]), "no text"],
    [
      "an archive that unpacks to more than it says",
      KINDS.docx,
      make.docx("", { content: zeros, declared: 1 }),
      "too large",
    ],
    ["a picture", { mime: "image/png", family: "image", extension: "png" }, random, "unsupported"],
    ["an empty file", KINDS.pdf, new Uint8Array(0), "no text"],
  ] as const;
  for (const [what, kind, bytes, reason] of refused) {
    it(`says of ${what}: ${reason}`, async () => {
      const extracted = await extractText(bytes, kind, "x");
      assert.equal(extracted.ok ? extracted.text : extracted.reason, reason);
    });
  }

  it("refuses a file over the limit without starting a process", async () => {
    const extracted = await misbehaving("crash").extractText(random, KINDS.pdf, "x", { bytes: 9 });
    assert.deepEqual(extracted, { ok: false, reason: "too large" });
  });

  it("does not hold up the event loop while a large file is read", async () => {
    const pdf = make.latinPdf(
      Array.from({ length: 200 }, () => `${" ".repeat(200)}\n`.repeat(100) + "x"),
    );
    // Deleted text is read, but not kept: the reader goes through all of it.
    const deleted = Array.from(
      { length: 250_000 },
      (_, at) => `<w:delText>${at * 7919}</w:delText>`,
    );
    const docx = make.docx(`${deleted.join("")}<w:t>x</w:t>`);
    // The first start of a process pays for what the others find ready.
    await extractText(make.latinPdf(["x"]), KINDS.pdf, "x");
    const there = await cpuOf(async () => {
      const both = await Promise.all([
        extractText(pdf, KINDS.pdf, "x"),
        extractText(docx, KINDS.docx, "x"),
      ]);
      assert.deepEqual(
        both.map(({ ok }) => ok),
        [true, true],
      );
    });
    const here = await cpuOf(async () => {
      await readDocument("pdf", pdf, DEFAULT_LIMITS);
      await readDocument("office", docx, DEFAULT_LIMITS);
    });
    assert.ok(there < here / 2, `${there} µs of this process's time, ${here} µs if read here`);
  });
});

/** What this process computes meanwhile, in µs: a busy machine does not change it. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

describe(`a reading process that goes wrong, in ${runtime.name}`, () => {
  const pdf = make.latinPdf(["x"]);
  const outcome = async (mode: string, limits = {}, ...more: readonly string[]) => {
    const extractor = misbehaving(mode, ...more);
    const extracted = await extractor.extractText(pdf, KINDS.pdf, "x.pdf", limits);
    extractor.stop();
    return extracted.ok ? extracted.text : extracted.reason;
  };

  for (const mode of ["crash", "abort", "babble", "lie", "flood"]) {
    it(`is a reason, not an error: ${mode}`, async () => {
      assert.equal(await outcome(mode, { chars: 50 }), "failed");
    });
  }

  it("is ended when its time is up", async () => {
    // It would end by itself, with "failed", before the usual time is up.
    assert.equal(await outcome("hang", { timeoutMs: 500 }), "too slow");
  });

  const told = { skip: !existsSync("/proc/self/statm") };
  for (const mode of ["swell", "swell-heap"]) {
    it(`is ended when it takes too much memory: ${mode}`, told, async () => {
      const before = process.memoryUsage().rss;
      assert.equal(await outcome(mode, { memoryBytes: 250_000_000 }), "out of memory");
      assert.ok(process.memoryUsage().rss - before < 100_000_000);
    });
  }

  it("has none of the worker's environment", async () => {
    process.env["DINGTALK_CLIENT_SECRET"] = "secret";
    const names = await outcome("environment");
    delete process.env["DINGTALK_CLIENT_SECRET"];
    assert.ok(!names.includes("DINGTALK"), names);
  });

  // Bun has no means to hold a process to less; Node closes the network only from version 25 on.
  it("may neither read, write, run nor connect", { skip: runtime.name === "bun" }, async () => {
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const did = await outcome("reach-out", {}, `${port}`);
    server.closeAllConnections();
    server.close();
    assert.equal(did, runtime.name === "node" && runtime.version < "25" ? "connect" : "");
  });

  it("that cannot be started is a reason", async () => {
    const command = { ...confined(runtime.name, MISBEHAVING), program: "/no/such/program" };
    const extractor = createExtractor({ runtime: runtime.name, command });
    const extracted = await extractor.extractText(pdf, KINDS.pdf, "x.pdf");
    assert.equal(extracted.ok ? "" : extracted.reason, "failed");
  });

  it("does not keep the next file waiting", async () => {
    const extractor = misbehaving("hang");
    const outcomes = await Promise.all(
      [300, 300].map((timeoutMs) => extractor.extractText(pdf, KINDS.pdf, "x.pdf", { timeoutMs })),
    );
    assert.deepEqual(outcomes, [
      { ok: false, reason: "too slow" },
      { ok: false, reason: "too slow" },
    ]);
  });

  it("ends at once with the signal, and with stop(); so does what waits", async () => {
    const extractor = misbehaving("hang");
    const signal = AbortSignal.timeout(200);
    const first = extractor.extractText(pdf, KINDS.pdf, "x.pdf", {}, signal);
    const second = extractor.extractText(pdf, KINDS.pdf, "x.pdf", {}, signal);
    const third = extractor.extractText(pdf, KINDS.pdf, "x.pdf");
    const aborted = { ok: false, reason: "aborted" };
    assert.deepEqual(await Promise.all([first, second]), [aborted, aborted]);
    extractor.stop();
    assert.deepEqual(await third, aborted);
    assert.deepEqual(await extractor.extractText(pdf, KINDS.pdf, "x.pdf"), aborted);
  });

  it("does not keep the worker's process alive", async () => {
    const leaving = confined(runtime.name, new URL("../unit/extract/_leave.ts", import.meta.url));
    // Not confined: it starts a process itself.
    const args = leaving.args.filter((arg) => !/^--(permission|allow-(fs-)?(read|env))/.test(arg));
    if (runtime.name === "deno") args.splice(1, 0, "--allow-all");
    const start = performance.now();
    const child = spawn(leaving.program, args, { stdio: "inherit" });
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 0);
    assert.ok(performance.now() - start < DEFAULT_LIMITS.timeoutMs / 2);
  });
});
