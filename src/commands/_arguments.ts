import { parseArgs, type ParseArgsConfig } from "node:util";
import { reasonOf } from "../core/log.ts";
import { VERSION } from "../version.ts";
import { EXIT, UserError } from "./_exit.ts";

export const USAGE = `dingbridge ${VERSION}: DingTalk chats, answered by your OpenClaw agent

  dingbridge                     start if a robot is configured, else the demo
  dingbridge start               run the worker
  dingbridge demo                a chat page with a simulated DingTalk and an echo gateway
  dingbridge send --to WHOM …    send a message through the running worker

Options
  --config FILE                  configuration file (default: ~/.openclaw/dingbridge.json, then openclaw.json)
  --gateway URL                  demo: use the real gateway at this address
  --port N                       demo: the chat page's port (default: 18790)
  --no-open                      demo: do not open a browser
  --version, --help

send
  --to user:ID | group:ID        whom; as often as you like
  --markdown TEXT                what; "-" reads it from standard input, as does leaving all of these out
  --text TEXT                    … as it is, without markup
  --image SRC, --file SRC, --audio SRC, --video SRC
                                 … a path, an https address or a media id; --name NAME shows it under a name
  --message JSON                 … any message of the HTTP API, like {"link": {…}}
  --at USERID, --at-all          in groups: @ these people, or everybody
  --key KEY                      the same key sends it only once
  --wait [SECONDS]               wait until it is sent (default: 60)
  --json                         print what the worker answers`;

const COMMANDS = ["start", "demo", "send"] as const;
export type Command = (typeof COMMANDS)[number];

const COMMON = {
  config: { type: "string" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const DEMO = {
  gateway: { type: "string" },
  port: { type: "string" },
  "no-open": { type: "boolean" },
} as const;

const SEND = {
  to: { type: "string", multiple: true },
  markdown: { type: "string" },
  text: { type: "string" },
  image: { type: "string" },
  file: { type: "string" },
  audio: { type: "string" },
  video: { type: "string" },
  message: { type: "string" },
  name: { type: "string" },
  at: { type: "string", multiple: true },
  "at-all": { type: "boolean" },
  key: { type: "string" },
  wait: { type: "string" },
  json: { type: "boolean" },
} as const;

const OPTIONS = { ...COMMON, ...DEMO, ...SEND } satisfies ParseArgsConfig["options"];

const DEFAULT_WAIT = "60";

/** Throws `UserError` for what is no option or no command. */
export function parseArguments(argv: readonly string[]) {
  const { values, positionals } = parse(argv);
  const [command, ...rest] = positionals;
  if (command === "help") return { command: undefined, values: { ...values, help: true } };
  const [stray] = rest;
  if (stray !== undefined) throw usage(`unexpected argument: ${stray}`);
  const known = COMMANDS.find((name) => name === command);
  if (command !== undefined && known === undefined) throw usage(`unknown command: ${command}`);
  return { command: known, values };
}

export type Values = ReturnType<typeof parseArguments>["values"];

export function usage(reason: string): UserError {
  return new UserError(`${reason}\n\n${USAGE}`, EXIT.usage);
}

/** Throws if there are options of a command that is not the one that runs. */
export function refuseStray(command: Command, values: Values): void {
  const foreign = [
    ...(command === "demo" ? [] : of("demo", DEMO)),
    ...(command === "send" ? [] : of("send", SEND)),
  ];
  const stray = foreign.find(([name]) => name in values);
  if (stray === undefined) return;
  const [name, owner] = stray;
  const whose = owner === "demo" ? "the demo" : owner;
  throw new UserError(`--${name} belongs to ${whose}: dingbridge ${owner} --${name} …`, EXIT.usage);
}

const of = (owner: Command, options: object) =>
  Object.keys(options).map((name) => [name, owner] as const);

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: joined(argv), allowPositionals: true, options: OPTIONS });
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
  Object.keys(OPTIONS).some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`));
