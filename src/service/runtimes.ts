import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { denoRights, type Places } from "./deno-rights.ts";

export type RuntimeName = "bun" | "deno" | "node";

export const RUNTIMES: readonly RuntimeName[] = ["bun", "deno", "node"];

/** Lowest versions that run the tree unbuilt; package.json's `engines` are the same. */
const LOWEST: Readonly<Record<RuntimeName, string>> = {
  bun: "1.4.4",
  deno: "2.9",
  node: "22.18",
};

/** As the launcher has it: a small young generation saves a third of the memory under load. */
const SMALL_YOUNG = "--max-semi-space-size=4";

/** How a runtime runs a file of this tree for good. Deno gets the rights it needs and no others. */
export function runtimeArguments(
  runtime: RuntimeName,
  program: string,
  places: Places,
): readonly string[] {
  if (runtime === "bun") return ["--no-install"];
  if (runtime === "node") return ["--disable-warning=ExperimentalWarning", SMALL_YOUNG];
  const rights = denoRights(program, places);
  return ["run", "--quiet", "--no-prompt", "--no-remote", `--v8-flags=${SMALL_YOUNG}`, ...rights];
}

/** Where a runtime is that is new enough: the machine's own first, then the checkout's. */
export function findRuntime(
  runtime: RuntimeName,
  root: string,
  path: string | undefined,
): string | undefined {
  const modules = join(root, "node_modules");
  const libc = process.platform === "linux" ? "-glibc" : "";
  // The program itself, not .bin/deno: that is a Node script which keeps signals from its child.
  const packaged = {
    bun: "bun/bin/bun.exe",
    deno: `@deno/${process.platform}-${process.arch}${libc}/deno`,
    node: "node/bin/node",
  }[runtime];
  const own = (path ?? "")
    .split(delimiter)
    .filter((folder) => folder.startsWith("/") && folder !== join(modules, ".bin"))
    .map((folder) => join(folder, runtime));
  return [...own, join(modules, packaged)].find(
    (program) => existsSync(program) && isNewEnough(runtime, program),
  );
}

function isNewEnough(runtime: RuntimeName, program: string): boolean {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const version = /\d+\.\d+\.\d+/.exec(stdout ?? "")?.[0];
  return version !== undefined && compare(version, LOWEST[runtime]) >= 0;
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let at = 0; at < 3; at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const lowestOf = (runtime: RuntimeName) => LOWEST[runtime];
