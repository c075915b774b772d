import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway } from "../../src/simulator/gateway.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { createAgent } from "./agent.ts";
import { createJournal } from "./journal.ts";
import { createMessages } from "./messages.ts";
import { startProxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import { createSends } from "./sends.ts";
import { createTriggers } from "./triggers.ts";
import { createWorkerControl } from "./worker.ts";

export interface WorldOptions {
  readonly runtime: RuntimeName;
  readonly random: Random;
  readonly perMinute: number;
}

/** DingTalk, the gateway, the line between, and a worker that has not been started yet. */
export async function createWorld({ runtime, random, perMinute }: WorldOptions) {
  const journal = createJournal();
  const messages = createMessages();
  const triggers = createTriggers();
  const home = temporaryFolder();
  configure(home.path, perMinute);

  const line = await startProxy(() => dingtalk.port);
  const dingtalk = await startDingTalk({
    redeliverAfterMs: 1200,
    disconnectGraceMs: 700,
    perMinute,
    streamUrl: line.url,
  });
  const agent = createAgent({ journal, messages, random: random.fork(), triggers });
  const gateway = await startGateway({ respond: agent, startupMs: 300, recordAfterMs: 20 });
  const sends = createSends({ dingtalk, journal, messages, random: random.fork(), triggers });
  const worker = createWorkerControl({ runtime, dingtalk, gateway, home: home.path, journal });
  /** When the gateway took nothing. */
  const outages: { readonly from: number; to: number }[] = [];

  return {
    journal,
    messages,
    triggers,
    line,
    dingtalk,
    gateway,
    sends,
    worker,
    outages,
    /** Early hang-ups at the gateway that a kill -9 explains. */
    excusedAborts: 0,
    async close() {
      dingtalk.faults.sends = null;
      await line.close();
      await dingtalk.close();
      await gateway.stop();
      home.remove();
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

function configure(home: string, perMinute: number): void {
  const dingtalk = { stream: { pingIntervalMs: 1000 }, limits: { perMinute } };
  mkdirSync(join(home, ".openclaw"));
  writeFileSync(
    join(home, ".openclaw/dingbridge.json"),
    JSON.stringify({ channels: { dingtalk } }),
  );
}
