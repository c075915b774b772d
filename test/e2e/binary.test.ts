import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import manifest from "../../package.json" with { type: "json" };
import { ROOT, programOf } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { openProgram } from "./_program.ts";

const TARGET = `linux-${process.arch}`;

// Only Linux has targets, and building for another machine needs the network.
describe.skipIf(process.platform !== "linux")("a compiled binary, away from this tree", () => {
  const folder = temporaryFolder();
  const binary = join(folder.path, `dingbridge-${TARGET}`);
  beforeAll(() => {
    const built = spawnSync(
      programOf("bun"),
      [join(ROOT, "test/build-binary.ts"), "--out", folder.path, TARGET],
      {
        encoding: "utf8",
      },
    );
    expect(built.stderr, built.stdout).not.toContain("error");
    expect(built.status).toBe(0);
  }, 60_000);
  afterAll(folder.remove);

  test("knows its version", () => {
    const { stdout } = spawnSync(binary, ["--version"], { cwd: "/", encoding: "utf8", env: {} });
    expect(stdout.trim()).toBe(manifest.version);
  });

  test("answers, reads a PDF in a process of its own, and stops when asked to", async () => {
    const program = await openProgram({ command: [binary, "start"], cwd: "/" });
    try {
      expect(await program.talks()).toBe("好的");
      expect(await program.readsPdf("Quarterly numbers")).toContain("Quarterly numbers");
      expect((await fetch(`${program.http}/readyz`)).status).toBe(200);
      expect(await program.stop()).toBe(0);
    } finally {
      await program.close();
    }
  }, 40_000);

  test("has the demo's page in it", async () => {
    const demo = spawn(binary, ["demo", "--no-open", "--port", "0"], {
      cwd: "/",
      env: { HOME: folder.path, TMPDIR: folder.path, LANG: "en_US.UTF-8" },
    });
    let output = "";
    demo.stdout.on("data", (data) => (output += String(data)));
    try {
      const url = await until("the page", () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0]);
      for (const path of ["/", "/marked.js", "/style.css"]) {
        const response = await fetch(url + path);
        expect(response.status, path).toBe(200);
        expect((await response.text()).length).toBeGreaterThan(100);
      }
    } finally {
      demo.kill("SIGKILL");
    }
  });
});
