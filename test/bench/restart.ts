import type { RuntimeName } from "../support/runtimes.ts";
import { awayUrl, silentFor, startAnswering } from "./answering.ts";
import { makeBacklog } from "./backlog.ts";
import { runBridge } from "./processes.ts";
import { startPushServer } from "./push-server.ts";
import { median } from "./statistics.ts";
import { atMost, fixed, type Row } from "./table.ts";

const BACKLOG = { messages: 100_000, sessions: 10_000 };
const STARTS = 5;
const SILENT_MS = 20_000;
const TARGET_MS = 2000;

export interface RestartResult {
  readonly runtime: RuntimeName;
  /** From the spawn to "connected to DingTalk", in ms. */
  readonly away: readonly number[];
  readonly slow: readonly number[];
  /** The same with nothing in the store. */
  readonly empty: readonly number[];
}

/** Starts on what an earlier process left: a copy of the same data folder each time, in the system's cache. */
export async function measureRestart(runtime: RuntimeName): Promise<RestartResult> {
  const backlog = await makeBacklog(BACKLOG);
  const server = startPushServer();
  const slowGateway = startAnswering(silentFor(() => SILENT_MS));
  const awayGateway = await awayUrl();
  const start = async (gateway: string, data: string | undefined) => {
    const bridge = runBridge({
      runtime,
      clientId: "bridge",
      api: server.url,
      oapi: slowGateway.url,
      gateway,
      ...(data === undefined ? {} : { data }),
    });
    const ms = await bridge.connected;
    await bridge.stop();
    return ms;
  };
  const result = { runtime, away: [] as number[], slow: [] as number[], empty: [] as number[] };
  try {
    while (result.away.length < STARTS) {
      result.empty.push(await start(awayGateway, undefined));
      result.away.push(await start(awayGateway, backlog.path));
      result.slow.push(await start(slowGateway.url, backlog.path));
    }
    return result;
  } finally {
    backlog.remove();
    await Promise.all([server.stop(), slowGateway.stop()]);
  }
}

const spanned = (times: readonly number[]) =>
  `${fixed(median(times))} (${fixed(Math.min(...times))}–${fixed(Math.max(...times))})`;

export const RESTART_ROWS: readonly Row<RestartResult>[] = [
  ["nothing in the store (ms, median and span)", ({ empty }) => spanned(empty)],
  ["100 000 messages, gateway away (ms)", ({ away }) => spanned(away)],
  ["  target", ({ away }) => atMost(TARGET_MS, [median(away)])],
  ["100 000 messages, gateway slow (ms)", ({ slow }) => spanned(slow)],
  ["  target", ({ slow }) => atMost(TARGET_MS, [median(slow)])],
];
