import { parseArgs, type ParseArgsConfig } from "node:util";
import { reasonOf } from "../core/log.ts";
import { ONBOARD_OPTIONS } from "../onboard/options.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { USAGE } from "./_usage.ts";

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;
const flag = { type: "boolean" } as const;

const COMMON = {
  config: text,
  version: flag,
  help: { type: "boolean", short: "h" },
} as const;

/** The options of each command besides those of all. One name means the same kind of value everywhere. */
const OPTIONS = {
  start: {},
  demo: { gateway: text, port: text, "no-open": flag },
  send: {
    to: texts,
    account: text,
    markdown: text,
    text,
    image: text,
    file: text,
    audio: text,
    video: text,
    message: text,
    name: text,
    at: texts,
    "at-all": flag,
    key: text,
    wait: text,
    json: flag,
  },
  pair: { account: text, role: text, json: flag },
  config: { json: flag },
  onboard: ONBOARD_OPTIONS,
  status: { json: flag },
  trace: { json: flag },
  doctor: { json: flag, offline: flag, ask: flag, bundle: text },
  service: { system: flag, runtime: text, print: flag },
} as const satisfies Readonly<Record<string, ParseArgsConfig["options"]>>;

interface Action {
  /** How many stand behind it. */
  readonly words: number;
  /** Those of its command that mean something to it. */
  readonly options: readonly string[];
}

/** What stands behind a command's name. */
const ACTIONS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  pair: {
    list: { words: 0, options: ["account", "json"] },
    approve: { words: 1, options: ["account", "role"] },
    revoke: { words: 1, options: ["account"] },
    role: { words: 2, options: ["account"] },
  },
  service: {
    install: { words: 0, options: ["system", "runtime", "print"] },
    uninstall: { words: 0, options: ["system"] },
    status: { words: 0, options: ["system"] },
  },
  config: {
    check: { words: 0, options: ["json"] },
    migrate: { words: 0, options: [] },
  },
};

/** The same for commands without actions. */
const WORDS: Readonly<Record<string, number>> = { trace: 1 };

export type Command = keyof typeof OPTIONS;

const ALL = Object.assign({}, COMMON, ...Object.values(OPTIONS)) as typeof COMMON &
  (typeof OPTIONS)["demo"] &
  (typeof OPTIONS)["send"] &
  (typeof OPTIONS)["pair"] &
  (typeof OPTIONS)["onboard"] &
  (typeof OPTIONS)["doctor"] &
  (typeof OPTIONS)["service"];

const DEFAULT_WAIT = "60";

/** Throws `UserError` for what is no option or no command. */
export function parseArguments(argv: readonly string[]) {
  const { values, positionals } = parse(argv);
  const [command, ...rest] = positionals;
  if (command === "help") {
    return { command: undefined, action: "", words: [], values: { ...values, help: true } };
  }
  if (command !== undefined && !isCommand(command)) throw usage(`unknown command: ${command}`);
  const actions = command === undefined ? undefined : ACTIONS[command];
  if (values.help === true) return { command, action: "", words: [], values };
  if (command === undefined || actions === undefined) {
    const words = wordsFor(command ?? "", rest, WORDS[command ?? "start"] ?? 0);
    return { command, action: "", words, values };
  }
  const [action = "", ...words] = rest;
  const known = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (known === undefined) {
    throw usage(`expected dingbridge ${command} ${Object.keys(actions).join(" | ")}`);
  }
  return { command, action, words: wordsFor(`${command} ${action}`, words, known.words), values };
}

function wordsFor(what: string, words: readonly string[], count: number): readonly string[] {
  if (words.length < count) throw usage(`dingbridge ${what}: something is missing behind it`);
  if (words.length > count) throw usage(`unexpected argument: ${words[count]}`);
  return words;
}

export type Values = ReturnType<typeof parseArguments>["values"];

export function usage(reason: string): UserError {
  return new UserError(`${reason}\n\n${USAGE}`, EXIT.usage);
}

/** Throws if there are options of a command, or an action, that is not the one that runs. */
export function refuseStray(command: Command, values: Values, action = ""): void {
  const own = ACTIONS[command]?.[action]?.options ?? Object.keys(OPTIONS[command]);
  const stray = Object.keys(values).find((name) => !(name in COMMON) && !own.includes(name));
  if (stray === undefined) return;
  const owner = ownerOf(stray, command);
  const whose = owner === "demo" ? "the demo" : owner;
  throw new UserError(
    `--${stray} belongs to ${whose}: dingbridge ${owner} --${stray} …`,
    EXIT.usage,
  );
}

/** What has it: another action of the same command, or else the first command that does. */
function ownerOf(option: string, command: Command): string {
  const commands = [command, ...Object.keys(OPTIONS).filter(isCommand)];
  const owner = commands.find((name) => option in OPTIONS[name]) ?? command;
  const actions = Object.entries(ACTIONS[owner] ?? {});
  const [action] = actions.find(([, { options }]) => options.includes(option)) ?? [];
  return action === undefined ? owner : `${owner} ${action}`;
}

const isCommand = (name: string): name is Command => Object.hasOwn(OPTIONS, name);

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: joined(argv), allowPositionals: true, options: ALL });
  } catch (error) {
    throw usage(reasonOf(error));
  }
}

/**
 * What `parseArgs` does not know: an option whose value may be left out, and values that begin with a
 * dash, as a markdown list does.
 */
function joined(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at] ?? "";
    const next = argv[at + 1];
    if (arg === "--wait") {
      const seconds = next !== undefined && /^\d+$/.test(next) ? argv[++at] : DEFAULT_WAIT;
      args.push(`--wait=${seconds}`);
    } else if (takesWords(arg) && next !== undefined && !isOption(next)) {
      args.push(`${arg}=${next}`);
      at++;
    } else args.push(arg);
  }
  return args;
}

const takesWords = (arg: string) => ["--markdown", "--text", "--message", "--name"].includes(arg);

const isOption = (arg: string) =>
  arg === "-h" ||
  Object.keys(ALL).some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`));
