import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeName } from "../support/runtimes.ts";
import { startAnswering, type Marks } from "./answering.ts";
import { createSessionFrames, sessionName } from "./frames.ts";
import { runBridge, runScript } from "./processes.ts";
import { startPushServer } from "./push-server.ts";
import { spread, type Spread } from "./statistics.ts";

const WARM_UP = 50;
const MESSAGES = 400;
/**
 * From an answer to the next message, so that each finds the bridge at rest and below DingTalk's limit
 * of 20 calls a second, to which it keeps.
 */
const REST_MS = 60;
/** Chats that take turns: each gets fewer answers a minute than the bridge sends without a pause. */
const CHATS = 100;
const IDLE_MS = 3000;
const ANSWER_MS = 10_000;

export interface Legs {
  /** Frame → gateway request, in ms. */
  readonly asking: Spread;
  /** Gateway's last byte → webhook request, in ms. */
  readonly replying: Spread;
}

export interface LatencyResult {
  readonly bridge: Legs;
  /** The same with a client that only hands on: what sockets and servers take. */
  readonly floor: Legs;
  readonly idleRssMb: number | undefined;
  readonly laterRssMb: number | undefined;
}

/** One message after another on loopback; DingTalk, gateway and webhook live in this process. */
export async function measureLatency(runtime: RuntimeName): Promise<LatencyResult> {
  const answering = startAnswering();
  const server = startPushServer();
  const makeFrame = createSessionFrames(CHATS, answering.webhook);
  let messages = 0;

  const one = async (clientId: string): Promise<Marks & { readonly pushed: number }> => {
    const session = sessionName(messages++ % CHATS);
    const reply = answering.reply(clientId === "floor" ? "floor" : session);
    const pushed = await server.push(clientId, makeFrame);
    const marks = await Promise.race([reply, sleep(ANSWER_MS)]);
    if (marks === undefined) throw new Error(`${clientId} does not answer`);
    await sleep(REST_MS);
    return { ...marks, pushed };
  };

  const measure = async (clientId: string): Promise<Legs> => {
    for (let n = 0; n < WARM_UP; n++) await one(clientId);
    const asking: number[] = [];
    const replying: number[] = [];
    for (let n = 0; n < MESSAGES; n++) {
      const { pushed, asked, done, replied } = await one(clientId);
      asking.push(asked - pushed);
      replying.push(replied - done);
    }
    return { asking: spread(asking), replying: spread(replying) };
  };

  const bridge = runBridge({
    runtime,
    clientId: "bridge",
    api: server.url,
    oapi: answering.url,
    gateway: answering.url,
  });
  try {
    await server.linkOf("bridge");
    await sleep(IDLE_MS);
    const idleRssMb = bridge.rssMb();
    const legs = await measure("bridge");
    const laterRssMb = bridge.rssMb();
    const floorClient = runScript(runtime, "floor-client.ts", [
      server.url,
      "floor",
      answering.gateway,
      answering.webhook("floor"),
    ]);
    const floor = await measure("floor");
    await floorClient.stop();
    return { bridge: legs, floor, idleRssMb, laterRssMb };
  } finally {
    await bridge.stop();
    await Promise.all([server.stop(), answering.stop()]);
  }
}
