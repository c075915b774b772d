import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtime } from "#runtime";
import { COMPILED } from "../extract/sandbox.ts";
import type { RuntimeName } from "./runtimes.ts";

/** The machine a service is for; tests have others. */
export interface Machine {
  /** This checkout. */
  readonly root: string;
  readonly runtime: RuntimeName;
  /** The runtime's own program. */
  readonly program: string;
  /** This program, if it is a compiled one. */
  readonly binary: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly user: string;
  /** /etc/systemd/system */
  readonly systemUnits: string;
  /** Whether systemd runs here. */
  readonly hasSystemd: boolean;
  /** 0 where there is none. */
  readonly systemdVersion: number;
  /** Whether this user's services run without anybody being logged in. */
  readonly lingers: boolean;
  /** Undefined: there is no such user. */
  uidOf(user: string): number | undefined;
  /** Runs a program, whose words go to the same terminal; the exit code, or 127 if there is no such program. */
  run(command: readonly string[]): number;
  print(line: string): void;
  complain(line: string): void;
}

export function thisMachine(): Machine {
  const user = userName();
  return {
    root: fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, ""),
    runtime: runtime.name,
    program: process.execPath,
    binary: COMPILED ? process.execPath : undefined,
    env: process.env,
    home: homedir() || userInfo().homedir,
    user,
    systemUnits: "/etc/systemd/system",
    // As sd_booted(3) finds out.
    hasSystemd: existsSync("/run/systemd/system"),
    systemdVersion: systemdVersion(),
    lingers: existsSync(`/var/lib/systemd/linger/${user}`),
    uidOf(name) {
      const { status, stdout } = spawnSync("id", ["-u", name], { encoding: "utf8" });
      return status === 0 ? Number(stdout) : undefined;
    },
    run([program = "", ...args]) {
      const { status, error } = spawnSync(program, args, { stdio: "inherit" });
      return error === undefined ? (status ?? 1) : 127;
    },
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
  };
}

/** Bun's `userInfo()` takes it from $USER, which is not always set. */
function userName(): string {
  const { stdout } = spawnSync("id", ["-un"], { encoding: "utf8" });
  return (stdout ?? "").trim() || userInfo().username;
}

/** Of "systemd 252 (252.39-1~deb12u2)". */
function systemdVersion(): number {
  const { stdout } = spawnSync("systemctl", ["--version"], { encoding: "utf8" });
  return Number(/^systemd (\d+)/.exec(stdout ?? "")?.[1] ?? 0);
}
