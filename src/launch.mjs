#!/usr/bin/env node
// The `dingbridge` command and the start of every npm script. Plain JavaScript on purpose: it must run
// on any Node, also one that cannot load TypeScript, and with nothing installed yet.
//
//   launch.mjs [ARGS …]            src/main.ts in the best runtime at hand
//   launch.mjs --run FILE [ARGS …] another file of this checkout, the same way
//
// DINGBRIDGE_RUNTIME=bun|deno|node chooses the runtime.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const MODULES = join(ROOT, "node_modules");
const STAMP = join(MODULES, ".dingbridge-installed");
const WINDOWS = process.platform === "win32";

/** Lowest versions that run the tree unbuilt. */
const LOWEST = { bun: "1.4.4", deno: "2.9.0", node: "22.18.0" };
// V8's young generation may grow to three times 16 MB and more, full of turns that are long over. Kept
// small, a thousand turns at once take a third less memory.
const SMALL_YOUNG = "--max-semi-space-size=4";
const ARGUMENTS = {
  bun: [],
  deno: ["run", "--allow-all", "--quiet", `--v8-flags=${SMALL_YOUNG}`],
  node: ["--disable-warning=ExperimentalWarning", SMALL_YOUNG],
};

install();
const [file, args] =
  process.argv[2] === "--run"
    ? [join(ROOT, process.argv[3] ?? ""), process.argv.slice(4)]
    : [join(ROOT, "src/main.ts"), process.argv.slice(2)];
const runtime = choose();
const child = spawn(runtime.path, [...ARGUMENTS[runtime.name], file, ...args], {
  stdio: "inherit",
  env: { ...process.env, DINGBRIDGE_CALLED: called() },
});
// What is sent to this process is handed on, but for a terminal's Ctrl+C: that reaches the child by
// itself, and a second one would end it at once.
const onTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !onTerminal) child.kill(signal);
  });
}
child.on("error", (error) => fail(`${runtime.path} cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

/** What a person types to run it again: npm links it under its own name. */
function called() {
  if (basename(process.argv[1] ?? "") !== "dingbridge") return "node src/launch.mjs";
  return process.env.npm_command === "exec" ? "npx dingbridge" : "dingbridge";
}

/** Bun, else a Node that is new enough, else Deno. */
function choose() {
  const wanted = process.env.DINGBRIDGE_RUNTIME;
  if (wanted !== undefined && !(wanted in LOWEST)) {
    fail(`DINGBRIDGE_RUNTIME: expected bun, deno or node`);
  }
  for (const name of wanted === undefined ? ["bun", "node", "deno"] : [wanted]) {
    for (const path of candidates(name)) {
      const version = versionOf(path);
      if (version !== undefined && atLeast(version, LOWEST[name])) return { name, path };
    }
  }
  const missing =
    wanted === undefined
      ? `no runtime found: dingbridge needs Bun >= ${LOWEST.bun}, Node >= ${LOWEST.node} (this is ${process.version}) or Deno >= ${LOWEST.deno}`
      : `${wanted} >= ${LOWEST[wanted]} not found (DINGBRIDGE_RUNTIME=${wanted})`;
  return fail(`${missing}; install one, e.g. with: npm install --global bun`);
}

/**
 * Where a runtime may be: the machine's own first, then the one of the development dependencies. There
 * the program itself, not .bin/deno: that is a Node script which keeps signals from its child.
 */
function candidates(name) {
  const program = WINDOWS ? `${name}.exe` : name;
  const own = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && folder !== join(MODULES, ".bin"))
    .map((folder) => join(folder, program));
  if (name === "node") own.unshift(process.execPath);
  const libc = process.platform === "linux" ? "-glibc" : "";
  const packaged = {
    bun: "bun/bin/bun.exe",
    deno: `@deno/${process.platform}-${process.arch}${libc}/${program}`,
    node: `node/bin/${program}`,
  };
  return [...own, join(MODULES, packaged[name])].filter((path) => existsSync(path));
}

function versionOf(path) {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(stdout ?? "")?.[0];
}

function atLeast(version, lowest) {
  const [a, b] = [version, lowest].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at++) if (a[at] !== b[at]) return a[at] > b[at];
  return true;
}

/**
 * Installs what bun.lock names, if this is a checkout whose node_modules do not match it. An installed
 * package has no bun.lock: there npm or bun has done it already.
 */
function install() {
  const lockfile = join(ROOT, "bun.lock");
  if (!existsSync(lockfile)) return;
  const lock = createHash("sha256").update(readFileSync(lockfile)).digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;
  console.error("dingbridge: installing dependencies …");
  const bun = candidates("bun").find((path) => atLeast(versionOf(path) ?? "0.0.0", LOWEST.bun));
  const [command, ...before] =
    bun === undefined
      ? [WINDOWS ? "npx.cmd" : "npx", "--yes", `bun@${MANIFEST.devDependencies.bun}`]
      : [bun];
  const { status, error, stdout, stderr } = spawnSync(
    command,
    [...before, "install", "--frozen-lockfile"],
    {
      cwd: ROOT,
      encoding: "utf8",
      shell: WINDOWS,
    },
  );
  if (status !== 0) {
    console.error(`${stdout ?? ""}${stderr ?? ""}`.trim());
    fail(
      `dependencies could not be installed (${command} install: ${error?.message ?? `exit code ${status}`}); check the network`,
    );
  }
  writeFileSync(STAMP, lock);
}

function fail(message) {
  console.error(`dingbridge: ${message}`);
  process.exit(1);
}
