import process from "node:process";
import { parseArguments, refuseStray } from "./commands/_arguments.ts";
import { readConfiguration } from "./host/configuration.ts";
import { EXIT, UserError } from "./host/exit.ts";
import type { ServiceAction } from "./commands/service.ts";
import { USAGE } from "./commands/_usage.ts";
import { VERSION } from "./version.ts";

async function main(argv: readonly string[]): Promise<number> {
  const { command, action, words, values } = parseArguments(argv);
  if (values.help === true) {
    console.log(USAGE);
    return EXIT.ok;
  }
  if (values.version === true) {
    console.log(VERSION);
    return EXIT.ok;
  }
  // Each command loads what it needs: who sends does not wait for all that a worker is made of.
  if (command === "send") {
    refuseStray(command, values);
    const { send } = await import("./commands/send.ts");
    return await send(values);
  }
  if (command === "pair") {
    refuseStray(command, values, action);
    const { pair } = await import("./commands/pair.ts");
    return await pair(action, words, values);
  }
  if (command === "config") {
    refuseStray(command, values, action);
    const { configCommand } = await import("./commands/config.ts");
    return await configCommand(action === "migrate" ? "migrate" : "check", values);
  }
  if (command === "onboard") {
    refuseStray(command, values);
    const { onboard } = await import("./commands/onboard.ts");
    return await onboard(values);
  }
  if (command === "doctor") {
    refuseStray(command, values);
    const { doctor } = await import("./commands/doctor.ts");
    return await doctor(values);
  }
  if (command === "service") {
    refuseStray(command, values, action);
    const { service } = await import("./commands/service.ts");
    return await service(action as ServiceAction, values);
  }
  if (command === "trace") {
    refuseStray(command, values);
    const { trace } = await import("./commands/trace.ts");
    return await trace(words[0] ?? "", values);
  }
  if (command === "status") {
    refuseStray(command, values);
    const { status } = await import("./commands/status.ts");
    return await status(values);
  }
  const loaded = readConfiguration(values.config);
  // Whoever named a file wants that robot, not a demo.
  const wantsDemo =
    command === undefined && loaded.unconfigured && !loaded.disabled && !loaded.isNamed;
  if (command !== "demo" && !wantsDemo) {
    refuseStray("start", values);
    const { start } = await import("./commands/start.ts");
    return await start(loaded);
  }

  refuseStray("demo", values);
  const { demo } = await import("./commands/demo.ts");
  return await demo({
    gateway: gatewayOf(values.gateway),
    token: loaded.gatewayToken,
    agentId: process.env["DINGBRIDGE_AGENT"],
    port: portOf(values.port),
    open: values["no-open"] !== true,
  });
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
