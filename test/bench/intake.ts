import type { RuntimeName } from "../support/runtimes.ts";
import { startEndless } from "./answering.ts";
import { startGenerator } from "./load-generator.ts";
import type { Intake } from "./loads.ts";
import { runBridge, runScript } from "./processes.ts";
import { median } from "./statistics.ts";

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

/**
 * The worker and the SDK's client side by side, one under load at a time and in turns, so that what
 * else the machine does hits both alike. All messages are of one session whose turn never ends: no
 * turns compete with the intake.
 */
export async function measureIntake(runtime: RuntimeName): Promise<IntakeResult> {
  const endless = startEndless();
  const generator = await startGenerator();
  const { url } = generator;
  const load = (client: string, ms: number) => generator.pushFor({ client }, ms);
  const sdk = runScript(runtime, "sdk-client.ts", [url, "sdk"]);
  const bridge = runBridge({
    runtime,
    clientId: "bridge",
    api: url,
    oapi: url,
    gateway: endless.url,
  });
  try {
    let acked = (await load("bridge", WARM_UP_MS)).acked;
    await load("sdk", WARM_UP_MS);
    const rounds: { bridge: Intake; sdk: Intake }[] = [];
    while (rounds.length < ROUNDS) {
      const round = {
        bridge: await load("bridge", ROUND_MS),
        sdk: await load("sdk", ROUND_MS),
      };
      acked += round.bridge.acked;
      rounds.push(round);
    }
    const stored = (await bridge.counters())["messages_stored"] ?? 0;
    const ratios = rounds.map(({ bridge, sdk }) => bridge.perSecond / sdk.perSecond);
    return { rounds, ratios, unstored: acked - stored };
  } finally {
    await Promise.all([bridge.stop(), sdk.stop(), generator.stop()]);
    await endless.stop();
  }
}

/** What the generator could push to a client that does nothing. */
export async function measureCeiling(): Promise<Intake> {
  const generator = await startGenerator();
  const client = runScript("bun", "trivial-client.ts", [generator.url, "trivial"]);
  try {
    await generator.pushFor({ client: "trivial" }, 1000);
    const rounds = [];
    while (rounds.length < 3) rounds.push(await generator.pushFor({ client: "trivial" }, 1000));
    const middle = median(rounds.map(({ perSecond }) => perSecond));
    return rounds.find(({ perSecond }) => perSecond === middle) ?? rounds[0]!;
  } finally {
    await Promise.all([client.stop(), generator.stop()]);
  }
}
