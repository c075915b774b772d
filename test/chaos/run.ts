import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RuntimeName } from "../support/runtimes.ts";
import { checkEverything } from "./check.ts";
import { runTrack } from "./faults.ts";
import { createRandom } from "./random.ts";
import { TRACKS, drawSchedule, type Fault, type Intensity, type Planned } from "./schedule.ts";
import { runTraffic } from "./traffic.ts";
import { createWorld, type World } from "./world.ts";

export interface ChaosOptions {
  readonly runtime: RuntimeName;
  readonly seed: number;
  /** How long people talk and things go wrong. */
  readonly ms: number;
  /** How long all may take to be answered afterwards. */
  readonly settleMs: number;
  readonly messagesPerSecond: number;
  /** DingTalk's limit per chat, which the worker knows too. */
  readonly perMinute: number;
  readonly intensity: Intensity;
}

export interface ChaosReport {
  readonly runtime: RuntimeName;
  readonly seed: number;
  readonly schedule: readonly Planned[];
  readonly violations: readonly string[];
  /** The stories of the first messages something was wrong with. */
  readonly timelines: readonly string[];
  /** Where the worker's logs are, if something was wrong. */
  readonly logs: string | undefined;
  readonly summary: string;
}

const TIMELINES = 3;
const LAST: Fault = { kind: "kill", on: "send", pauseMs: 0 };
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One run: talk and trouble, then calm, then the account. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { runtime, seed, ms } = options;
  const random = createRandom(seed);
  const schedule = drawSchedule(random.fork(), ms, options.intensity);
  const world = await createWorld({ runtime, random, perMinute: options.perMinute });
  const { journal, worker, line } = world;
  try {
    await worker.start();
    await Promise.all([
      ...TRACKS.map((track) =>
        runTrack(
          world,
          schedule.filter((planned) => planned.track === track),
        ),
      ),
      runTraffic(world, random.fork(), {
        perSecond: options.messagesPerSecond,
        untilMs: ms,
      }),
    ]);
    // What lies in the store now gets no push from new messages any more.
    await runTrack(world, [{ at: ms, track: "worker", fault: LAST }]);
    journal.note("calm");
    const calm = Date.now();
    await settle(world, options.settleMs);
    const settledMs = Date.now() - calm;
    const { status, body } = await worker.ready();
    if (status !== 200) journal.violation(`/readyz says ${status} at the end: ${body}`);
    checkEverything(world);
    await worker.stop();
    return report(options, world, schedule, settledMs);
  } finally {
    line.heal("reset");
    worker.kill();
    await worker.gone();
    await world.close();
  }
}

/** Waits until everybody has what they are owed. */
async function settle({ journal, messages, worker, gateway }: World, ms: number): Promise<void> {
  const end = Date.now() + ms;
  let calm = 0;
  for (;;) {
    const status = await worker.status();
    const { inbox = -1, outbox = -1 } = status?.store ?? {};
    const isOver = messages.unacked === 0 && inbox === 0 && outbox === 0 && gateway.inFlight === 0;
    calm = isOver ? calm + 1 : 0;
    if (calm === 3) {
      const failed = status?.failedReplies ?? [];
      if (failed.length > 0) journal.violation(`replies given up: ${JSON.stringify(failed)}`);
      return;
    }
    if (Date.now() > end) {
      journal.violation(
        `not over after ${ms} ms: ${messages.unacked} unacked, ${JSON.stringify(status)}`,
      );
      return;
    }
    await pause(150);
  }
}

function report(
  { runtime, seed, ms }: ChaosOptions,
  world: World,
  schedule: readonly Planned[],
  settledMs: number,
): ChaosReport {
  const { journal, messages, dingtalk, gateway, worker } = world;
  const { violations } = journal;
  const all = messages.all();
  const tags = new Set(violations.flatMap(({ tag }) => (tag === undefined ? [] : [tag])));
  const repeated = all.filter(({ answers }) => answers > 1).length;
  return {
    runtime,
    seed,
    schedule,
    violations: violations.map(({ what, tag }) => (tag === undefined ? what : `${tag}: ${what}`)),
    timelines: [...tags]
      .slice(0, TIMELINES)
      .map(
        (tag) => `${tag} in ${messages.get(tag)?.chat.conversationId}\n${journal.timelineOf(tag)}`,
      ),
    logs: violations.length > 0 ? keepLogs(world, runtime, seed) : undefined,
    summary: [
      `${runtime} seed ${seed}: ${(ms / 1000).toFixed(0)} s, calm after ${(settledMs / 1000).toFixed(1)} s more`,
      `${all.length} messages, ${dingtalk.sent.length} sent, ${gateway.asked.length} asked, ${repeated} answered again`,
      `${schedule.length} faults, ${worker.kills} kills, ${worker.stops} stops, ${world.outages.length} outages`,
      `${violations.length} violations`,
    ].join("; "),
  };
}

function keepLogs({ worker }: World, runtime: string, seed: number): string {
  const folder = join(tmpdir(), `dingbridge-chaos-${runtime}-${seed}`);
  mkdirSync(folder, { recursive: true });
  for (const [at, run] of worker.runs.entries()) {
    writeFileSync(join(folder, `worker-${at + 1}.log`), run.stdout() + run.stderr());
  }
  return folder;
}
