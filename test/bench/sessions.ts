import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeName } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { ANSWER, silentFor, startAnswering } from "./answering.ts";
import { sessionName } from "./frames.ts";
import { startGenerator } from "./load-generator.ts";
import { runBridge } from "./processes.ts";
import { median } from "./statistics.ts";
import { atMost, fixed, verdict, type Row } from "./table.ts";

const SESSIONS = 1000;
const SILENT_MS = 20_000;
const IDLE_MS = 3000;
const SAMPLE_MS = 200;
/** From the last answer's first word to the last reply: DingTalk allows 20 calls a second. */
const REPLIES_MS = 120_000;
const TARGET_MB = 100;

export interface SessionsResult {
  readonly runtime: RuntimeName;
  readonly idleMb: number | undefined;
  /** While all turns were in flight, in MB. */
  readonly inFlight: readonly number[];
  /** From the first message to the last turn's beginning, in ms. */
  readonly begunMs: number;
  readonly peakMb: number | undefined;
  readonly answered: number;
}

/** As many sessions as the worker takes by default, each with a turn that is silent for a while. */
export async function measureSessions(runtime: RuntimeName): Promise<SessionsResult> {
  const generator = await startGenerator();
  const answering = startAnswering(silentFor(() => SILENT_MS));
  const bridge = runBridge({
    runtime,
    clientId: "bridge",
    api: generator.url,
    oapi: answering.url,
    gateway: answering.url,
  });
  try {
    await bridge.connected;
    await sleep(IDLE_MS);
    const idleMb = bridge.rssMb();
    let answered = 0;
    const replies = Array.from({ length: SESSIONS }, async (_, at) => {
      const { body } = await answering.reply(sessionName(at));
      if (body.includes(ANSWER)) answered++;
    });
    const start = performance.now();
    const target = { client: "bridge", webhook: answering.url, sessions: SESSIONS };
    await generator.pushAll(target, SESSIONS);
    await until("all turns to run", async () => {
      const { turns } = await bridge.status();
      return turns.running === SESSIONS;
    });
    const begunMs = performance.now() - start;
    const inFlight: number[] = [];
    while (performance.now() < start + SILENT_MS - SAMPLE_MS) {
      inFlight.push(bridge.rssMb() ?? NaN);
      await sleep(SAMPLE_MS);
    }
    await Promise.race([Promise.all(replies), sleep(SILENT_MS + REPLIES_MS)]);
    return { runtime, idleMb, inFlight, begunMs, peakMb: bridge.peakRssMb(), answered };
  } finally {
    await bridge.stop();
    await Promise.all([generator.stop(), answering.stop()]);
  }
}

const over = ({ idleMb }: SessionsResult, mb: number | undefined) =>
  idleMb === undefined || mb === undefined ? undefined : mb - idleMb;

export const SESSIONS_ROWS: readonly Row<SessionsResult>[] = [
  ["RSS idle (MB)", ({ idleMb }) => fixed(idleMb)],
  ["1 000 turns in flight (MB over idle, median)", (of) => fixed(over(of, median(of.inFlight)))],
  ["  at most", (of) => fixed(over(of, Math.max(...of.inFlight)))],
  ["  target", (of) => atMost(TARGET_MB, [over(of, Math.max(...of.inFlight))])],
  ["the most ever, the answers included (MB over idle)", (of) => fixed(over(of, of.peakMb))],
  ["first message → last turn begun (ms)", ({ begunMs }) => fixed(begunMs)],
  ["answered", ({ answered }) => `${answered} ${verdict(answered === SESSIONS)}`],
];
