import type { SpawnOptions } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { autostart, type Memory } from "../../../src/openclaw-plugin/autostart.ts";
import type { Environment } from "../../../src/openclaw-plugin/block.ts";
import type { Spawn } from "../../../src/openclaw-plugin/launch.ts";

/** A process that a fake `spawn` has been asked for. */
export interface Asked {
  readonly command: readonly string[];
  readonly options: SpawnOptions;
  readonly isReleased: () => boolean;
  /** The process writes this. */
  readonly write: (text: string) => void;
  readonly exit: (code: number | null, signal?: string) => void;
}

/** A `spawn` that starts nothing. Pids are 101, 102, … */
export function fakeSpawn(refused: (command: string) => boolean = () => false) {
  const asked: Asked[] = [];
  const spawn: Spawn = (command, args, options) => {
    const listeners = new Map<string, (...given: never[]) => void>();
    const emit = (event: string, ...given: unknown[]) =>
      listeners.get(event)?.(...(given as never[]));
    let released = false;
    const out: unknown = Array.isArray(options.stdio) ? options.stdio[1] : undefined;
    if (typeof out !== "number") throw new Error("expected a file for what the process writes");
    // The one who starts a process closes its copy of the file.
    const copy = openSync(`/dev/fd/${out}`, "a");
    asked.push({
      command: [command, ...args],
      options,
      isReleased: () => released,
      write: (text) => void writeSync(copy, text),
      exit(code, signal) {
        closeSync(copy);
        emit("exit", code, signal ?? null);
      },
    });
    const error = new Error(`spawn ${command} ENOENT`);
    queueMicrotask(() => (refused(command) ? emit("error", error) : emit("spawn")));
    const child = {
      pid: 100 + asked.length,
      once(event: string, listener: (...given: never[]) => void) {
        listeners.set(event, listener);
        return child;
      },
      unref: () => void (released = true),
    };
    return child as unknown as ReturnType<Spawn>;
  };
  return { spawn, asked };
}

/** A home folder with a checkout of dingbridge in it, and one gateway process. */
export function createRig({ refused }: { refused?: (command: string) => boolean } = {}) {
  const home = mkdtempSync(join(tmpdir(), "dingbridge-plugin-"));
  const launcher = join(home, "launch.mjs");
  writeFileSync(launcher, "");
  const lines: string[] = [];
  const memory: Memory = {
    log: {
      info: (text) => void lines.push(`info ${text}`),
      warn: (text) => void lines.push(`warn ${text}`),
    },
  };
  const { spawn, asked } = fakeSpawn(refused);
  return {
    home,
    dataDir: join(home, ".openclaw/dingbridge"),
    launcher,
    asked,
    lines,
    /** The gateway starts, or reads its configuration again. */
    gatewayStart: (block: unknown, more: { env?: Environment; scope?: readonly string[] } = {}) =>
      autostart({
        config: { channels: { dingtalk: block } },
        env: {},
        scope: [],
        ...more,
        home,
        launcher,
        memory,
        spawn,
        node: "/usr/bin/node",
        configPath: join(home, "openclaw.json"),
      }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
