import { UnwritableError } from "./escape.ts";

/** Absolute paths. */
export interface Places {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/**
 * What the worker asks its environment for. `--ignore-env` makes all others look as if they were not set:
 * a secret that is named otherwise has to be added.
 */
export const DENO_VARIABLES: readonly string[] = [
  "HOME",
  "TMPDIR",
  "LANG",
  "LC_*",
  "DINGTALK_*",
  "DINGBRIDGE_*",
  "OPENCLAW_*",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
    name,
    name.toLowerCase(),
  ]),
  // Handed on to the process that reads a file.
  "DENO_DIR",
  "XDG_CACHE_HOME",
];

/** The folder of the user, who it is and on which machine (for the locks), and lower priority for children. */
export const DENO_SYSTEM = ["homedir", "hostname", "uid", "setPriority"] as const;

/** Where clouds hand out a machine's credentials. Nobody has business there. */
export const DENO_NEVER = ["169.254.169.254", "100.100.100.200"] as const;

/**
 * The worker's rights in Deno. All of the network but for the above: DingTalk names the hosts of the
 * Stream and of files only when asked, agents may name any picture's, and the gateway may be anywhere.
 * Which addresses files may come from dingbridge checks by itself.
 *
 * `--allow-run` is for one program, this Deno, to read PDF, HTML and office files in a process with
 * hardly any rights. Code that takes over the worker could start that program with more: these rights
 * are a fence against mistakes, not a wall.
 */
export function denoRights(deno: string, { read, write }: Places): readonly string[] {
  return [
    "--allow-net",
    `--deny-net=${DENO_NEVER.join(",")}`,
    `--allow-read=${listOf([...read, ...write])}`,
    `--allow-write=${listOf(write)}`,
    `--allow-env=${DENO_VARIABLES.join(",")}`,
    "--ignore-env",
    `--allow-sys=${DENO_SYSTEM.join(",")}`,
    `--allow-run=${listOf([deno])}`,
  ];
}

function listOf(paths: readonly string[]): string {
  const split = paths.find((path) => path.includes(","));
  if (split !== undefined)
    throw new UnwritableError(`Deno's rights cannot name ${split}: the comma`);
  return [...new Set(paths)].join(",");
}
