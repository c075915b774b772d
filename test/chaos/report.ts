import type { ChaosReport } from "./run.ts";
import type { Planned } from "./schedule.ts";

const MOST = 40;

export function scheduleText(schedule: readonly Planned[]): string {
  return schedule
    .map(({ at, track, fault }) => {
      const { kind, ...details } = fault;
      const rest = Object.entries(details).map(([name, value]) => `${name} ${value}`);
      return `  ${(at / 1000).toFixed(1).padStart(7)}s ${track.padEnd(7)} ${kind} ${rest.join(", ")}`;
    })
    .join("\n");
}

/** The summary, and where something was wrong all that helps to find out why. */
export function reportText(report: ChaosReport): string {
  const { violations, schedule, timelines, logs, summary } = report;
  if (violations.length === 0) return summary;
  const more = violations.length > MOST ? [`… and ${violations.length - MOST} more`] : [];
  return [
    summary,
    "schedule:",
    scheduleText(schedule),
    "violations:",
    ...violations.slice(0, MOST).map((violation) => `  ${violation}`),
    ...more,
    ...timelines,
    `the worker's logs: ${logs}`,
  ].join("\n");
}
