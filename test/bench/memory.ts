import { setTimeout as sleep } from "node:timers/promises";
import type { RuntimeName } from "../support/runtimes.ts";
import { awayUrl, silentFor, startAnswering } from "./answering.ts";
import { startGenerator } from "./load-generator.ts";
import { runBridge, type Status } from "./processes.ts";
import { atMost, fixed, type Row } from "./table.ts";

const SESSIONS = 10_000;
const MESSAGES = 100_000;
const SILENT_MS = 20_000;
const IDLE_MS = 3000;
const LATER_MS = 30_000;
const TARGET_MB = 150;

interface Held {
  readonly idleMb: number | undefined;
  /** When all had come in. */
  readonly fullMb: number | undefined;
  readonly laterMb: number | undefined;
  readonly peakMb: number | undefined;
  readonly perSecond: number;
  /** Half a minute later. */
  readonly status: Status;
}

export interface MemoryResult {
  readonly runtime: RuntimeName;
  readonly away: Held;
  readonly slow: Held;
}

/** What many sessions with a long queue weigh, come in at full speed while the gateway is away, or slow. */
export async function measureMemory(runtime: RuntimeName): Promise<MemoryResult> {
  const answering = startAnswering(silentFor(() => SILENT_MS));
  try {
    const away = await measureHeld(runtime, await awayUrl(), answering.url);
    return { runtime, away, slow: await measureHeld(runtime, answering.url, answering.url) };
  } finally {
    await answering.stop();
  }
}

async function measureHeld(runtime: RuntimeName, gateway: string, webhook: string): Promise<Held> {
  const generator = await startGenerator();
  const { url } = generator;
  const bridge = runBridge({ runtime, clientId: "bridge", api: url, oapi: webhook, gateway });
  try {
    await bridge.connected;
    await sleep(IDLE_MS);
    const idleMb = bridge.rssMb();
    const target = { client: "bridge", webhook, sessions: SESSIONS };
    const { ms } = await generator.pushAll(target, MESSAGES);
    const fullMb = bridge.rssMb();
    await sleep(LATER_MS);
    const laterMb = bridge.rssMb();
    const peakMb = bridge.peakRssMb();
    const status = await bridge.status();
    return { idleMb, fullMb, laterMb, peakMb, perSecond: (MESSAGES * 1000) / ms, status };
  } finally {
    await Promise.all([bridge.stop(), generator.stop()]);
  }
}

const over = ({ idleMb }: Held, mb: number | undefined) =>
  idleMb === undefined || mb === undefined ? undefined : mb - idleMb;

const rowsOf = (gateway: "away" | "slow"): readonly Row<MemoryResult>[] => [
  [
    `gateway ${gateway}: all in, half a minute later (MB over idle)`,
    ({ [gateway]: held }) =>
      [held.fullMb, held.laterMb].map((mb) => fixed(over(held, mb))).join(" / "),
  ],
  [
    "  target",
    ({ [gateway]: held }) => atMost(TARGET_MB, [over(held, held.fullMb), over(held, held.laterMb)]),
  ],
  ["  the most ever (MB over idle)", ({ [gateway]: held }) => fixed(over(held, held.peakMb))],
  [
    "  messages left; sessions running, waiting, held",
    ({ [gateway]: { status } }) =>
      `${status.store.inbox}; ${status.turns.running}, ${status.turns.waiting}, ${status.turns.held}`,
  ],
  ["  taken in (messages/s)", ({ [gateway]: { perSecond } }) => fixed(perSecond)],
];

export const MEMORY_ROWS: readonly Row<MemoryResult>[] = [
  ["RSS idle (MB)", ({ away, slow }) => `${fixed(away.idleMb)}, ${fixed(slow.idleMb)}`],
  ...rowsOf("away"),
  ...rowsOf("slow"),
];
