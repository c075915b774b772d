import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { ROOT, programOf } from "../support/runtimes.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { openProgram } from "./_program.ts";

describe("deno task start, as `deno install --prod` leaves a checkout", () => {
  const checkout = temporaryFolder();
  beforeAll(() => {
    for (const name of ["src", "package.json", "deno.json"]) {
      cpSync(join(ROOT, name), join(checkout.path, name), { recursive: true });
    }
    // Without the development dependencies: among these is a `deno` that would come before the real one.
    for (const name of Object.keys(manifest.dependencies)) {
      const at = join(checkout.path, "node_modules", name);
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), at);
    }
  });
  afterAll(checkout.remove);

  test("with no more rights than it names the worker answers, reads a PDF and stops", async () => {
    const command = [programOf("deno"), "task", "--quiet", "start"];
    const program = await openProgram({ command, cwd: checkout.path });
    try {
      expect(await program.talks()).toBe("好的");
      // The process that reads it is another Deno, with next to no rights.
      expect(await program.readsPdf("Quarterly numbers")).toContain("Quarterly numbers");
      const said = program.logs().map((line) => JSON.stringify(line));
      expect(said.filter((line) => /Requires .* access|NotCapable/.test(line))).toEqual([]);
      expect(await program.stop()).toBe(0);
    } finally {
      await program.close();
    }
  }, 40_000);
});
