import process from "node:process";
import { parseArgs } from "node:util";
import { readConfiguration } from "./commands/_configuration.ts";
import { EXIT, UserError } from "./commands/_exit.ts";
import { demo } from "./commands/demo.ts";
import { start } from "./commands/start.ts";
import { reasonOf } from "./core/log.ts";
import { VERSION } from "./version.ts";

const USAGE = `dingbridge ${VERSION}: DingTalk chats, answered by your OpenClaw agent

  dingbridge                     start if a robot is configured, else the demo
  dingbridge start               run the worker
  dingbridge demo                a chat page with a simulated DingTalk and an echo gateway

Options
  --config FILE                  configuration file (default: ~/.openclaw/dingbridge.json, then openclaw.json)
  --gateway URL                  demo: use the real gateway at this address
  --port N                       demo: the chat page's port (default: 18790)
  --no-open                      demo: do not open a browser
  --version, --help`;

const COMMANDS = ["start", "demo"] as const;

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help === true || positionals[0] === "help") {
    console.log(USAGE);
    return EXIT.ok;
  }
  if (values.version === true) {
    console.log(VERSION);
    return EXIT.ok;
  }
  const [command, ...rest] = positionals;
  if (rest.length > 0)
    throw new UserError(`unexpected argument: ${rest[0]}\n\n${USAGE}`, EXIT.usage);

  if (command !== undefined && !COMMANDS.some((known) => known === command)) {
    throw new UserError(`unknown command: ${command}\n\n${USAGE}`, EXIT.usage);
  }
  const loaded = readConfiguration(values.config);
  // Whoever named a file wants that robot, not a demo.
  const wantsDemo =
    command === undefined && loaded.unconfigured && !loaded.disabled && !loaded.isNamed;
  if (command !== "demo" && !wantsDemo) {
    const stray = (["gateway", "port", "no-open"] as const).find((name) => name in values);
    if (stray !== undefined) {
      throw new UserError(
        `--${stray} belongs to the demo: dingbridge demo --${stray} …`,
        EXIT.usage,
      );
    }
    return await start(loaded);
  }

  return await demo({
    gateway: gatewayOf(values.gateway),
    token: loaded.gatewayToken,
    agentId: process.env["DINGBRIDGE_AGENT"],
    port: portOf(values.port),
    open: values["no-open"] !== true,
  });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: "string" },
        gateway: { type: "string" },
        port: { type: "string" },
        "no-open": { type: "boolean" },
        version: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UserError(`${reasonOf(error)}\n\n${USAGE}`, EXIT.usage);
  }
}

function gatewayOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new UserError("--gateway: expected an address like http://127.0.0.1:18789", EXIT.usage);
  }
  return url.replace(/\/+$/, "");
}

function portOf(port: string | undefined): number | undefined {
  if (port === undefined) return undefined;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 65_536;
  if (number > 65_535) throw new UserError("--port: expected a port from 0 to 65535", EXIT.usage);
  return number;
}

try {
  // Exits by itself even if a runtime keeps a handle open: everything has been stopped and stored.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UserError) {
    console.error(error.exitCode === EXIT.usage ? error.message : `error: ${error.message}`);
    process.exit(error.exitCode);
  }
  console.error(error);
  process.exit(EXIT.crash);
}
