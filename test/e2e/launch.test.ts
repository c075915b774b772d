import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { ROOT, RUNTIMES, programOf } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { temporaryFolder } from "../support/worker-process.ts";

const LAUNCHER = join(ROOT, "src/launch.mjs");

/** The launcher as npm scripts and the `dingbridge` command start it: by Node, whatever its version. */
function launch(program: string, args: readonly string[], env: Record<string, string>) {
  const home = temporaryFolder();
  const child = spawn(programOf("node"), [program, ...args], {
    env: { HOME: home.path, PATH: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (output += String(data)));
  }
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve)).finally(
    home.remove,
  );
  return { child, exited, output: () => output };
}

describe("launch.mjs", () => {
  test.each([...RUNTIMES])("runs main.ts in %s when told to", async (runtime) => {
    const run = launch(LAUNCHER, ["--version"], { DINGBRIDGE_RUNTIME: runtime });
    expect(await run.exited).toBe(0);
    expect(run.output().trim().split("\n").at(-1)).toBe(manifest.version);
  });

  test.each([...RUNTIMES])("hands SIGTERM on to %s and the exit code back", async (runtime) => {
    const run = launch(LAUNCHER, ["demo", "--no-open", "--port", "0"], {
      DINGBRIDGE_RUNTIME: runtime,
    });
    await until("the demo", () => run.output().includes("http://127.0.0.1:"));
    run.child.kill("SIGTERM");
    expect(await run.exited).toBe(0);
    const usage = launch(LAUNCHER, ["no-such-command"], { DINGBRIDGE_RUNTIME: runtime });
    expect(await usage.exited).toBe(2);
  });

  test("tells what it was called by, for what people are told to type", async () => {
    const folder = temporaryFolder();
    const script = join(folder.path, "called.mjs");
    writeFileSync(script, "console.log(process.env.DINGBRIDGE_CALLED);");
    symlinkSync(LAUNCHER, join(folder.path, "dingbridge"));
    const called = async (by: string, env: Record<string, string> = {}) => {
      const run = launch(by, ["--run", relative(ROOT, script)], env);
      expect(await run.exited).toBe(0);
      return run.output().trim().split("\n").at(-1);
    };
    expect(await called(LAUNCHER)).toBe("node src/launch.mjs");
    expect(await called(join(folder.path, "dingbridge"))).toBe("dingbridge");
    expect(await called(join(folder.path, "dingbridge"), { npm_command: "exec" })).toBe(
      "npx dingbridge",
    );
    folder.remove();
  });

  test("says in one line what is missing", async () => {
    const bare = temporaryFolder();
    mkdirSync(join(bare.path, "src"));
    copyFileSync(join(ROOT, "package.json"), join(bare.path, "package.json"));
    copyFileSync(join(ROOT, "src/launch.mjs"), join(bare.path, "src/launch.mjs"));
    const run = launch(join(bare.path, "src/launch.mjs"), ["start"], {
      DINGBRIDGE_RUNTIME: "deno",
    });
    expect(await run.exited).toBe(1);
    expect(run.output().trim().split("\n")).toHaveLength(1);
    expect(run.output()).toContain("deno >= 2.9.0 not found");
    const nonsense = launch(join(bare.path, "src/launch.mjs"), ["start"], {
      DINGBRIDGE_RUNTIME: "java",
    });
    expect(await nonsense.exited).toBe(1);
    expect(nonsense.output()).toContain("expected bun, deno or node");
    bare.remove();
  });
});
