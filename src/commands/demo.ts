import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as v from "valibot";
import { agentsFor } from "../core/config/agents.ts";
import { AccountSchema, WorkerSchema, type Config } from "../core/config/schema.ts";
import { reasonOf } from "../core/log.ts";
import { startLogging } from "../logging.ts";
import { startChatPage } from "../simulator/chat-page.ts";
import { PERSON, STOPPABLE, startDingTalk } from "../simulator/dingtalk.ts";
import { createEcho, echoWords, startGateway } from "../simulator/gateway.ts";
import { writeSampleFiles } from "../simulator/sample-files.ts";
import { createMemoryFiles } from "../store/media-files.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { createWorker } from "../worker.ts";
import { systemLocale } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { networkFor } from "./_network.ts";
import { realPorts } from "./_ports.ts";
import { stopRequested } from "./_stop.ts";

export interface DemoOptions {
  /** A real gateway's address instead of the echo. */
  readonly gateway: string | undefined;
  readonly token: string | undefined;
  readonly agentId: string | undefined;
  readonly port: number | undefined;
  readonly open: boolean;
}

const DEFAULT_PORT = 18_790;

const CONNECT = {
  zh: `连接真实的机器人：把两个字段写进 ~/.openclaw/dingbridge.json，再运行一次 npm start：

  { channels: { dingtalk: { clientId: "dingxxxxxxxx", clientSecret: "xxxxxxxx" } } }

在哪里找到它们、开发者后台怎么设置：见 README.zh-CN.md。按 Ctrl+C 结束演示。`,
  en: `To connect a real robot, put two fields into ~/.openclaw/dingbridge.json and run npm start again:

  { channels: { dingtalk: { clientId: "dingxxxxxxxx", clientSecret: "xxxxxxxx" } } }

Where to find them, and what to set in the developer console: see README.md. Ctrl+C ends the demo.`,
};

/** Simulator, gateway, worker and chat page in one process. Resolves with the exit code when stopped. */
export async function demo(options: DemoOptions): Promise<number> {
  const stop = stopRequested();
  const locale = systemLocale();
  const dingtalk = await startDingTalk();
  const real = options.gateway;
  // What the echo has to send.
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-demo-"));
  const speaks = {
    files: writeSampleFiles(folder),
    pictureUrl: `${dingtalk.url}/samples/chart.png`,
  };
  const tries = real === undefined ? echoWords(speaks) : [];
  if (real !== undefined) await mustAnswer(real);
  const echo =
    real === undefined
      ? await startGateway({
          respond: createEcho(locale, speaks),
          onStreaming: (session, text, done) =>
            dingtalk.events.emit({ type: "streaming", time: Date.now(), session, text, done }),
        })
      : undefined;
  const gateway = { url: real ?? echo?.url ?? "", token: echo?.token ?? options.token };

  const page = await startChatPage({
    dingtalk,
    gateway: echo,
    tries,
    port: options.port ?? DEFAULT_PORT,
  }).catch((error: unknown) => {
    // Only the default may be replaced: a port someone asked for is theirs to free.
    if (options.port !== undefined) {
      throw new UserError(
        `--port: cannot listen on ${options.port} (${reasonOf(error)})`,
        EXIT.crash,
      );
    }
    return startChatPage({ dingtalk, gateway: echo, tries, port: 0 });
  });

  const account = v.parse(AccountSchema, {
    clientId: dingtalk.clientId,
    clientSecret: dingtalk.clientSecret,
    apiUrl: dingtalk.url,
    oapiUrl: dingtalk.url,
    agentId: options.agentId,
    locale,
    // Who sits before the page is at home here.
    owners: [PERSON],
    gateway,
    // So that both can be seen: answers as cards here, as messages there.
    reply: { direct: { mode: "card" } },
    card: { templateId: STOPPABLE.id, contentKey: "content", stopAction: "stop" },
    media: { roots: [folder] },
  });
  const config: Config = {
    ...v.parse(WorkerSchema, { dataDir: ":memory:", log: { level: "warning" } }),
    accounts: [{ ...account, id: "default", agents: agentsFor("default", undefined).agents }],
  };
  const store = openSqliteStore(config.dataDir);
  const log = startLogging(config.log.level, process.stderr);
  // Who sits at the keyboard needs no record of what they were allowed.
  const ports = realPorts({
    store,
    files: createMemoryFiles(),
    audit: { record: () => undefined },
    log,
    network: networkFor({}),
  });
  const worker = createWorker(config, ports);
  await worker.start();

  const heading = locale === "zh" ? "dingbridge 演示，聊天页面" : "dingbridge demo, the chat page";
  console.log(`\n${heading}: ${page.url}\n\n${CONNECT[locale]}\n`);
  if (options.open) openBrowser(page.url);

  await stop;
  await page.close();
  ports.stopExtracting();
  const stopped = worker.stop();
  // The echo's turns need not be waited for. A real gateway must not be left in mid-turn.
  const patience = new Promise((resolve) => setTimeout(resolve, 1000));
  await (echo === undefined ? stopped : Promise.race([stopped, patience]));
  await dingtalk.close();
  await echo?.stop();
  store.close();
  rmSync(folder, { recursive: true, force: true });
  return EXIT.ok;
}

async function mustAnswer(url: string): Promise<void> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5000) });
    await response.body?.cancel();
  } catch (error) {
    throw new UserError(
      `--gateway: nothing answers at ${url} (${reasonOf(error)}): start the gateway, or leave --gateway out for the echo`,
      EXIT.crash,
    );
  }
}

/** Best effort: the address is printed anyway, and a server has no browser. */
function openBrowser(url: string): void {
  const headless =
    process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"];
  if (headless || !process.stdout.isTTY) return;
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
