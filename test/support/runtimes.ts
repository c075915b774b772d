import { existsSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");

export const RUNTIMES = ["bun", "deno", "node"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

const LIBC = process.platform === "linux" ? "-glibc" : "";

/** The programs the development dependencies ship; .bin/deno is a Node script that swallows signals. */
const PROGRAMS = {
  bun: "bun/bin/bun.exe",
  deno: `@deno/${process.platform}-${process.arch}${LIBC}/deno`,
  node: "node/bin/node",
};
/** As the launcher has them. */
const ARGUMENTS = {
  bun: [],
  deno: ["run", "--allow-all", "--quiet", "--v8-flags=--max-semi-space-size=4"],
  node: ["--max-semi-space-size=4"],
};

/** How to run a TypeScript file of this tree, unbuilt, in one of the three runtimes. */
export function commandFor(
  runtime: RuntimeName,
  file: string,
  args: readonly string[] = [],
): string[] {
  return [programOf(runtime), ...ARGUMENTS[runtime], join(ROOT, file), ...args];
}

export function programOf(runtime: RuntimeName): string {
  const program = join(MODULES, PROGRAMS[runtime]);
  if (!existsSync(program))
    throw new Error(`${program} is missing: run npm test, which installs it`);
  return program;
}
