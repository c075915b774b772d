import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UnwritableError } from "../service/escape.ts";
import { thisMachine, type Machine } from "../service/machine.ts";
import { MissingError, UNIT, planService, unitPath, type Plan } from "../service/plan.ts";
import { RUNTIMES, type RuntimeName } from "../service/runtimes.ts";
import { SERVICE_TEXTS, type ServiceTexts } from "../service/texts.ts";
import { SYSTEM, isOurs, type Scope } from "../service/unit.ts";
import { readConfiguration, systemLocale } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";

export type ServiceAction = "install" | "uninstall" | "status";

export interface ServiceOptions {
  /** For the whole machine, under a user of its own; default: for this user. */
  readonly system?: boolean | undefined;
  /** bun, deno or node; default: what runs this. */
  readonly runtime?: string | undefined;
  readonly config?: string | undefined;
  /** Only print the unit. */
  readonly print?: boolean | undefined;
}

/** What a service needs to know besides its options; tests have others. */
export interface ServicePorts {
  readonly machine: Machine;
  readonly locale: "zh" | "en";
  readonly readConfiguration: typeof readConfiguration;
}

/**
 * Makes dingbridge a systemd service, takes that back, or shows how it is. Every command is printed
 * before it runs. Resolves with the exit code; `status`: 0 only while it runs.
 */
export async function service(
  action: ServiceAction,
  options: ServiceOptions,
  ports: ServicePorts = { machine: thisMachine(), locale: systemLocale(), readConfiguration },
): Promise<number> {
  const { machine } = ports;
  const texts = SERVICE_TEXTS[ports.locale];
  const scope: Scope = options.system === true ? "system" : "user";
  const context = { machine, texts, scope, path: unitPath(scope, machine) };
  if (action === "install") return install(context, options, ports);
  return action === "uninstall" ? uninstall(context) : status(context);
}

interface Context {
  readonly machine: Machine;
  readonly texts: ServiceTexts;
  readonly scope: Scope;
  readonly path: string;
}

function install(context: Context, options: ServiceOptions, ports: ServicePorts): number {
  const { machine, texts, path } = context;
  const shown = planned(context, options, ports);
  if (options.print === true || !machine.hasSystemd) {
    machine.print(shown.text);
    for (const line of [...shown.problems, ...shown.warnings]) machine.complain(line);
    if (options.print === true) return EXIT.ok;
    machine.complain(texts.noSystemd);
    return EXIT.crash;
  }
  const before = unitAt(path);
  if (before !== undefined && !isOurs(before)) throw new UserError(texts.foreign(path), EXIT.crash);
  if (context.scope === "system" && machine.uidOf(SYSTEM.user) === undefined) {
    if (makeUser(context) !== 0) throw new UserError(texts.needsRoot(path), EXIT.crash);
  }
  // What that user may read is known only now.
  const plan = planned(context, options, ports);
  for (const warning of plan.warnings) machine.complain(warning);
  if (plan.problems.length > 0) {
    for (const problem of plan.problems) machine.complain(`error: ${problem}`);
    return EXIT.crash;
  }
  const isNew = before !== plan.text;
  if (isNew) change(context, () => write(path, plan.text));
  machine.print(isNew ? texts.written(path) : texts.unchanged(path));

  // What runs goes on by the old unit until it is started again.
  const start = before !== undefined && isNew ? ["enable", "restart"] : ["enable --now"];
  const commands = ["daemon-reload", ...start.map((command) => `${command} ${UNIT}`)];
  if (!commands.every((command) => systemctl(context, command.split(" ")) === 0)) return EXIT.crash;
  const more = context.scope === "system" ? " --system" : "";
  machine.print(texts.done(`dingbridge service status${more}`));
  machine.print(texts.log([...journal(context), "-f"].join(" ")));
  if (context.scope === "user" && !machine.lingers) machine.print(texts.linger(machine.user));
  return EXIT.ok;
}

function uninstall(context: Context): number {
  const { machine, texts, scope, path } = context;
  const text = unitAt(path);
  if (text === undefined) {
    machine.print(texts.notInstalled(path));
    return EXIT.ok;
  }
  if (!isOurs(text)) throw new UserError(texts.foreign(path), EXIT.crash);
  // While systemd does not know of it, nothing is to be stopped.
  const runs = machine.hasSystemd;
  if (runs && systemctl(context, ["disable", "--now", UNIT]) !== 0) return EXIT.crash;
  change(context, () => rmSync(path));
  if (runs && systemctl(context, ["daemon-reload"]) !== 0) return EXIT.crash;
  const data = scope === "system" ? SYSTEM.home : join(machine.home, ".openclaw");
  machine.print(texts.removed(path, data));
  return EXIT.ok;
}

function status(context: Context): number {
  const { machine, texts, path } = context;
  if (unitAt(path) === undefined) {
    machine.print(texts.notInstalled(path));
    return EXIT.crash;
  }
  if (!machine.hasSystemd) {
    machine.complain(texts.noSystemd);
    return EXIT.crash;
  }
  // 3: it does not run. systemctl has said so.
  const command = systemctlOf(context, ["status", "--no-pager", "--lines=20", UNIT]);
  machine.print(`$ ${command.join(" ")}`);
  return machine.run(command) === 0 ? EXIT.ok : EXIT.crash;
}

function planned(context: Context, options: ServiceOptions, ports: ServicePorts): Plan {
  const { machine, texts, scope } = context;
  const runtime = runtimeOf(options.runtime);
  // Where no other is named, that of the service's user and not of who installs it.
  const named = options.config ?? (machine.env["DINGBRIDGE_CONFIG"] || undefined);
  const file = scope === "system" ? (named ?? SYSTEM.configuration) : named;
  // Its Client ID and Secret may be known to the service only.
  const configured = { ...ports.readConfiguration(file, "unneeded"), explicit: named };
  try {
    return planService({ scope, runtime, machine, configured, texts });
  } catch (error) {
    if (error instanceof UnwritableError || error instanceof MissingError) {
      throw new UserError(error.message, EXIT.crash);
    }
    throw error;
  }
}

function runtimeOf(name: string | undefined): RuntimeName | undefined {
  const known = RUNTIMES.find((each) => each === name);
  if (name !== undefined && known === undefined) {
    throw new UserError("--runtime: expected bun, deno or node", EXIT.usage);
  }
  return known;
}

/** A unit holds no secret, and systemd complains of one it may not show. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
}

function unitAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw new UserError(`${path}: ${String((error as { code?: unknown }).code)}`, EXIT.crash);
  }
}

function change({ texts, path }: Context, act: () => void): void {
  try {
    act();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
    throw new UserError(texts.needsRoot(path), EXIT.crash);
  }
}

/** The user of a service of the system, who nobody logs in as. systemd makes its home. */
function makeUser(context: Context): number {
  const options = `--system --user-group --home-dir ${SYSTEM.home} --shell /usr/sbin/nologin`;
  return aloud(context, ["useradd", ...options.split(" "), "--no-create-home", SYSTEM.user]);
}

const systemctlOf = ({ scope }: Context, args: readonly string[]) => [
  "systemctl",
  ...(scope === "user" ? ["--user"] : []),
  ...args,
];

const journal = ({ scope }: Context) => [
  "journalctl",
  ...(scope === "user" ? ["--user"] : []),
  "-u",
  "dingbridge",
];

function systemctl(context: Context, args: readonly string[]): number {
  const { machine, texts, scope } = context;
  const code = aloud(context, systemctlOf(context, args));
  if (code !== 0 && scope === "user" && (machine.env["XDG_RUNTIME_DIR"] ?? "") === "") {
    machine.complain(texts.noBus);
  }
  return code;
}

/** Prints the command, runs it, and says what it came to if that is nothing good. */
function aloud({ machine, texts }: Context, command: readonly string[]): number {
  machine.print(`$ ${command.join(" ")}`);
  const code = machine.run(command);
  if (code !== 0) machine.complain(`error: ${texts.failed(command.join(" "), code)}`);
  return code;
}
