import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export type RuntimeName = "bun" | "deno" | "node";

/** Enough for any document within the limits; what is over it ends the process, in Deno and Node. */
const HEAP_MB = 320;

/** All a runtime needs to start; nothing else is handed on, secrets least of all. */
const VARIABLES = [
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "TMPDIR",
  "LD_LIBRARY_PATH",
  "SystemRoot",
  "USERPROFILE",
  "LOCALAPPDATA",
  "TEMP",
  "TMP",
];

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whether this is a compiled binary (test/build-binary.ts): then there is no tree to run a file of. */
export const COMPILED = import.meta.url.includes("/$bunfs/");
/** What such a binary is started with to read one file (src/binary.ts). */
export const READ_FILE = "__read-file";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * How to run a file of this tree with as few rights as the runtime can be held to. Deno: it may read
 * the program and its packages, nothing else, and has no network. Node: the same, but the network is
 * closed only from Node 25 on. Bun has no such means.
 */
export function confined(runtime: RuntimeName, file: URL): Command {
  const env: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  if (COMPILED) {
    env["BUN_OPTIONS"] = "--smol";
    return { program: process.execPath, args: [READ_FILE], cwd: "/", env };
  }
  const program = fileURLToPath(file);
  const readable = [ROOT, packagesFolder()];
  const args = {
    bun: ["--smol", "--no-install", program],
    deno: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-remote",
      "--allow-env",
      `--allow-read=${readable.join(",")}`,
      `--v8-flags=--max-old-space-size=${HEAP_MB}`,
      program,
    ],
    node: [
      "--permission",
      ...readable.map((folder) => `--allow-fs-read=${folder}`),
      `--max-old-space-size=${HEAP_MB}`,
      "--disable-warning=ExperimentalWarning",
      program,
    ],
  }[runtime];
  // Bun reads its settings from the folder it starts in: ours are there, a stranger's elsewhere.
  return { program: process.execPath, args, cwd: ROOT, env };
}

/** Where the packages lie: in this tree, or beside it where it is a package itself. */
function packagesFolder(): string {
  const path = fileURLToPath(import.meta.resolve("htmlparser2"));
  const at = path.search(/[/\\]node_modules[/\\]/);
  return at < 0 ? dirname(path) : path.slice(0, at + "/node_modules".length);
}
