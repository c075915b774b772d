import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { EMBEDDED } from "../src/service/embedded.ts";
import { ROOT, programOf } from "./support/runtimes.ts";

/**
 * `npm run build:binary [-- --out FOLDER TARGET …]`: dist/dingbridge-TARGET, one file that needs nothing
 * else on the machine. Targets are Bun's, without "bun-": linux-x64 (default, a CPU with AVX2),
 * linux-arm64 (default), linux-x64-baseline, linux-x64-musl, linux-arm64-musl.
 *
 * For a target that is not this machine Bun fetches itself from the npm registry, once. Without a way
 * there, hand it the program of the npm package, as @oven/bun-linux-aarch64 for linux-arm64, in the same
 * version: DINGBRIDGE_BUN=/path/to/bun.
 */
const { values, positionals: targets } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string" } },
});
const program = process.env["DINGBRIDGE_BUN"];
const folder = values.out ?? join(ROOT, "dist");
mkdirSync(folder, { recursive: true });
// A hundred megabytes each: never to be committed by accident.
if (values.out === undefined) writeFileSync(join(folder, ".gitignore"), "*\n");

for (const target of targets.length === 0 ? ["linux-x64", "linux-arm64"] : targets) {
  const file = join(folder, `dingbridge-${target}`);
  const { status } = spawnSync(
    programOf("bun"),
    [
      "build",
      "--compile",
      `--target=bun-${target}`,
      ...(program === undefined ? [] : [`--compile-executable-path=${program}`]),
      "--minify",
      // Errors are told by their names.
      "--keep-names",
      // The binary's settings are dingbridge's own, wherever it is started.
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      "--define=import.meta.resolve=globalThis.resolveEmbedded",
      ...Object.values(EMBEDDED).map(
        (each) => `--asset=${join(ROOT, "node_modules", each.in, each.name)}`,
      ),
      `--asset=${join(ROOT, "src/simulator/page")}`,
      `--outfile=${file}`,
      join(ROOT, "src/binary.ts"),
    ],
    { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] },
  );
  if (status !== 0) process.exit(1);
  console.log(file);
}
