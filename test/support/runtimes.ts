import { existsSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");

export const RUNTIMES = ["bun", "deno", "node"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** How to run a TypeScript file of this tree, unbuilt, in each runtime of the development dependencies. */
export function commandFor(runtime: RuntimeName, file: string, args: readonly string[] = []): string[] {
  const program = join(MODULES, ".bin", runtime);
  if (!existsSync(program)) throw new Error(`${program} is missing: run npm test, which installs it`);
  const before = { bun: [], deno: ["run", "--allow-all", "--quiet"], node: [] }[runtime];
  return [program, ...before, join(ROOT, file), ...args];
}
