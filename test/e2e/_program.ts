import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { startDingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway } from "../../src/simulator/gateway.ts";
import { file } from "../../src/simulator/kinds.ts";
import { until } from "../support/until.ts";
import { environmentOf, temporaryFolder, type LogLine } from "../support/worker-process.ts";
import { latinPdf } from "../unit/extract/_fixtures.ts";

export interface ProgramOptions {
  /** What starts the worker, as whoever installed it would. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly path?: string;
}

/** A worker that is not started from this tree, between simulators, until it is connected. */
export async function openProgram({ command, cwd, path = "/usr/bin:/bin" }: ProgramOptions) {
  const home = temporaryFolder();
  const dingtalk = await startDingTalk({});
  const gateway = await startGateway({
    respond: async function* () {
      yield "好的";
    },
  });
  mkdirSync(join(home.path, ".openclaw"));
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: {
      ...environmentOf({ runtime: "bun", dingtalk, gateway, home: home.path }),
      PATH: path,
      LANG: "zh_CN.UTF-8",
      // Nothing is left behind.
      TMPDIR: home.path,
    },
    // With a group of its own, so that whatever it starts can be ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (output += String(data)));
  }
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  const logs = () =>
    output
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as LogLine);
  const close = async () => {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // Nobody is left.
    }
    await exited;
    await dingtalk.close();
    await gateway.stop();
    home.remove();
  };
  const find = (message: string) => {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`);
    return logs().find((line) => line.message === message);
  };
  let http = "";
  try {
    await until("the link to DingTalk", () => find("connected to DingTalk"), 20_000);
    http = String(find("dingbridge is starting")?.["http"]);
  } catch (error) {
    await close();
    throw error;
  }

  const who = { senderStaffId: "person1", senderNick: "小明", conversationId: "cid1==" };
  const answered = async (count: number) =>
    await until(`${count} answers\n${output}`, () => dingtalk.sends().length >= count);
  return {
    http,
    home: home.path,
    logs,
    close,
    /** Says something and waits for the answer. */
    async talks() {
      const before = dingtalk.sends().length;
      await dingtalk.say({ ...who, text: "在吗？" });
      await answered(before + 1);
      return dingtalk.sends().at(-1)?.param["content"];
    },
    /** Sends a PDF and resolves with what the agent was told of it. */
    async readsPdf(words: string) {
      const before = dingtalk.sends().length;
      const code = dingtalk.files.add(Uint8Array.from(latinPdf([words])));
      await dingtalk.sayKind(file(code, "q3.pdf"), who);
      await answered(before + 1);
      return gateway.asked.at(-1)?.text ?? "";
    },
    /** Asks it to stop; resolves with the exit code. */
    async stop() {
      child.kill("SIGTERM");
      return await exited;
    },
  };
}
