import type { RuntimeName } from "../support/runtimes.ts";
import { runBridge, runScript } from "./processes.ts";
import type { Intake } from "./push-server.ts";
import { median } from "./statistics.ts";

const IN_FLIGHT = 256;
const ROUNDS = 7;
const ROUND_MS = 2000;
/** Until the runtimes have compiled what is hot. */
const WARM_UP_MS = 3000;

export interface IntakeResult {
  readonly rounds: readonly { readonly bridge: Intake; readonly sdk: Intake }[];
  readonly ratios: readonly number[];
  /** Messages the bridge acked without storing each: any other number than 0 makes the rate worthless. */
  readonly unstored: number;
}

const load = async (generator: string, client: string, ms: number): Promise<Intake> => {
  const query = new URLSearchParams({ client, inFlight: String(IN_FLIGHT), ms: String(ms) });
  const response = await fetch(`${generator}/load?${query.toString()}`, { method: "POST" });
  if (!response.ok) throw new Error(`no load for ${client}: ${await response.text()}`);
  return (await response.json()) as Intake;
};

/**
 * The worker and the SDK's client side by side, one under load at a time and in turns, so that what
 * else the machine does hits both alike. All messages are of one session whose turn never ends: no
 * turns compete with the intake.
 */
export async function measureIntake(runtime: RuntimeName): Promise<IntakeResult> {
  const endless = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: () => new Promise<Response>(() => {}),
  });
  const generator = runScript("bun", "generator.ts");
  const url = await generator.firstLine;
  const sdk = runScript(runtime, "sdk-client.ts", [url, "sdk"]);
  const bridge = runBridge({
    runtime,
    clientId: "bridge",
    api: url,
    oapi: url,
    gateway: endless.url.origin,
  });
  try {
    let acked = (await load(url, "bridge", WARM_UP_MS)).acked;
    await load(url, "sdk", WARM_UP_MS);
    const rounds: { bridge: Intake; sdk: Intake }[] = [];
    while (rounds.length < ROUNDS) {
      const round = {
        bridge: await load(url, "bridge", ROUND_MS),
        sdk: await load(url, "sdk", ROUND_MS),
      };
      acked += round.bridge.acked;
      rounds.push(round);
    }
    const stored = (await bridge.counters())["messages_stored"] ?? 0;
    const ratios = rounds.map(({ bridge, sdk }) => bridge.perSecond / sdk.perSecond);
    return { rounds, ratios, unstored: acked - stored };
  } finally {
    await Promise.all([bridge.stop(), sdk.stop(), generator.stop()]);
    await endless.stop(true);
  }
}

/** What the generator could push to a client that does nothing. */
export async function measureCeiling(): Promise<Intake> {
  const generator = runScript("bun", "generator.ts");
  const url = await generator.firstLine;
  const client = runScript("bun", "trivial-client.ts", [url, "trivial"]);
  try {
    await load(url, "trivial", 1000);
    const rounds = [];
    while (rounds.length < 3) rounds.push(await load(url, "trivial", 1000));
    const middle = median(rounds.map(({ perSecond }) => perSecond));
    return rounds.find(({ perSecond }) => perSecond === middle) ?? rounds[0]!;
  } finally {
    await Promise.all([client.stop(), generator.stop()]);
  }
}
