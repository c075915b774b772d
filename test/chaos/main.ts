// npm run chaos -- [--minutes N] [--seed S] [--runtime bun|deno|node …] [--per-minute N]
// npm run chaos -- --brief [--seed S] [--runtime …]   the few dense seconds of test/e2e/chaos.test.ts
import process from "node:process";
import { parseArgs } from "node:util";
import { RUNTIMES } from "../support/runtimes.ts";
import { BRIEF, longProfile } from "./profiles.ts";
import { reportText, scheduleText } from "./report.ts";
import { runChaos } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    runtime: { type: "string", multiple: true },
    brief: { type: "boolean", default: false },
    "per-minute": { type: "string", default: "100000" },
  },
});
const runtimes = RUNTIMES.filter((name) => values.runtime?.includes(name) ?? true);
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const perMinute = Number(values["per-minute"]);
if (runtimes.length === 0) throw new Error("--runtime: expected bun, deno or node");
if (!(minutes > 0)) throw new Error("--minutes: expected a number of minutes");
if (!Number.isInteger(seed)) throw new Error("--seed: expected a whole number");
if (!(perMinute > 0)) throw new Error("--per-minute: expected a number of messages");

const profile = values.brief ? BRIEF : longProfile(minutes, perMinute);

console.log(`seed ${seed}: ${profile.ms / 60_000} min in ${runtimes.join(", ")}`);
const reports = await Promise.all(
  runtimes.map((runtime) => runChaos({ ...profile, runtime, seed })),
);
const [first] = reports;
if (first !== undefined) console.log(`schedule:\n${scheduleText(first.schedule)}`);
for (const report of reports) console.log(`\n${reportText(report)}`);
// Whatever a simulator still holds open.
process.exit(reports.every(({ violations }) => violations.length === 0) ? 0 : 1);
