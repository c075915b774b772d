import type { RuntimeName } from "../support/runtimes.ts";
import type { IntakeResult } from "./intake.ts";
import type { LatencyResult, Legs } from "./latency.ts";
import type { Intake } from "./loads.ts";
import { median, type Spread } from "./statistics.ts";
import { tableOf, verdict, type Row } from "./table.ts";

export interface Measured {
  readonly runtime: RuntimeName;
  readonly intake: IntakeResult;
  readonly latency: LatencyResult;
  readonly startup: readonly number[];
}

/** Least share of the SDK's rate. */
const TARGET_RATIO: Readonly<Record<RuntimeName, number>> = { bun: 0.8, deno: 0.8, node: 0.6 };
const TARGET_MS = { p50: 2, p99: 10 };

const rate = (perSecond: number) => String(Math.round(perSecond));
const ms = (time: number) => time.toFixed(2);
const mb = (size: number | undefined) => size?.toFixed(0) ?? "n/a";
const both = ({ p50, p99 }: Spread) => `${ms(p50)} / ${ms(p99)}`;
const inTime = ({ p50, p99 }: Spread) => p50 <= TARGET_MS.p50 && p99 <= TARGET_MS.p99;
const rates = ({ rounds }: IntakeResult, of: "bridge" | "sdk") =>
  rounds.map((round) => round[of].perSecond);
const leg =
  (name: keyof Legs, of: "bridge" | "floor"): Row<Measured>[1] =>
  ({ latency }) =>
    both(latency[of][name]) + (of === "floor" ? "" : ` ${verdict(inTime(latency[of][name]))}`);

const ROWS: readonly Row<Measured>[] = [
  ["intake, dingbridge (frames/s, median)", ({ intake }) => rate(median(rates(intake, "bridge")))],
  ["intake, official SDK (frames/s, median)", ({ intake }) => rate(median(rates(intake, "sdk")))],
  ["ratio, pair by pair (median)", ({ intake }) => median(intake.ratios).toFixed(2)],
  [
    "ratio, min–max",
    ({ intake: { ratios } }) =>
      `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
  ],
  [
    "ratio, target",
    ({ runtime, intake }) =>
      `>= ${TARGET_RATIO[runtime]} ${verdict(median(intake.ratios) >= TARGET_RATIO[runtime])}`,
  ],
  ["acked but not stored", ({ intake }) => String(intake.unstored)],
  ["frame → gateway (ms, p50 / p99)", leg("asking", "bridge")],
  ["  floor of the rig", leg("asking", "floor")],
  ["[DONE] → webhook (ms, p50 / p99)", leg("replying", "bridge")],
  ["  floor of the rig", leg("replying", "floor")],
  ["start → connected (ms, median)", ({ startup }) => rate(median(startup))],
  ["RSS idle, 3 s after the link (MB)", ({ latency }) => mb(latency.idleRssMb)],
  ["RSS after the latency run (MB)", ({ latency }) => mb(latency.laterRssMb)],
];

export const table = (measured: readonly Measured[]) => tableOf(ROWS, measured);

/** Every round and start, for those who do not trust a median. */
export function rawFigures(measured: readonly Measured[], ceiling: Intake): string {
  const lines = [
    `generator alone: ${rate(ceiling.perSecond)} frames/s to a client that does nothing, ` +
      `at ${ceiling.serverLoad.toFixed(2)} of a core`,
  ];
  for (const { runtime, intake, startup } of measured) {
    const load = (of: "bridge" | "sdk") =>
      Math.max(...intake.rounds.map((round) => round[of].serverLoad)).toFixed(2);
    lines.push(
      `${runtime} dingbridge frames/s: ${rates(intake, "bridge").map(rate).join(" ")}`,
      `${runtime} SDK frames/s:        ${rates(intake, "sdk").map(rate).join(" ")}`,
      `${runtime} ratios:              ${intake.ratios.map((ratio) => ratio.toFixed(3)).join(" ")}`,
      `${runtime} generator, of a core: at most ${load("bridge")} (dingbridge), ${load("sdk")} (SDK)`,
      `${runtime} starts (ms):         ${startup.map(rate).join(" ")}`,
    );
  }
  return lines.join("\n");
}
