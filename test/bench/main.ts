// npm run bench [-- --runtime bun|deno|node …]       everything
// npm run bench -- --only NAME … [--runtime …]       basics (intake, latency, start) or one of items.ts
// npm run bench -- --silence SECONDS [--runtime …]   a turn whose gateway is silent for that long
import { cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { RUNTIMES, type RuntimeName } from "../support/runtimes.ts";
import { ITEMS } from "./items.ts";
import { measureCeiling, measureIntake } from "./intake.ts";
import { measureLatency } from "./latency.ts";
import { rawFigures, table, type Measured } from "./report.ts";
import { measureSilence } from "./silence.ts";
import { measureStartup } from "./startup.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    silence: { type: "string" },
  },
});
const runtimes = RUNTIMES.filter((name) => values.runtime?.includes(name) ?? true);
const names = ["basics", ...Object.keys(ITEMS)].filter(
  (name) => values.only?.includes(name) ?? true,
);

if (names.length === 0)
  throw new Error(`--only: expected basics, ${Object.keys(ITEMS).join(", ")}`);
if (runtimes.length === 0) throw new Error("--runtime: expected bun, deno or node");
if (typeof Bun === "undefined") throw new Error("the bench's own servers run in Bun only");

if (values.silence !== undefined) await silence(Number(values.silence));
else await measure();
// Whatever a server of the bench still holds open.
process.exit(0);

async function silence(seconds: number): Promise<void> {
  if (!(seconds > 0)) throw new Error("--silence: expected a number of seconds");
  console.log(`${runtimes.join(", ")}: a gateway that is silent for ${seconds} s …`);
  for (const { runtime, place, arrived, afterMs, body } of await measureSilence(
    runtimes,
    seconds,
  )) {
    const after = `after ${(afterMs / 1000).toFixed(1)} s`;
    const outcome = arrived ? `ok, the answer arrived ${after}` : `below target ${after}: ${body}`;
    console.log(`${runtime.padEnd(4)}  silent before the ${place.padEnd(7)}  ${outcome}`);
  }
}

async function measure(): Promise<void> {
  const [cpu] = cpus();
  console.log(`${cpus().length} × ${cpu?.model ?? "unknown"}, ${process.platform}`);
  if (names.includes("basics")) await basics();
  for (const [name, item] of Object.entries(ITEMS)) {
    if (names.includes(name)) console.log(`\n${await item(runtimes)}`);
  }
}

async function basics(): Promise<void> {
  const measured: Measured[] = [];
  const step = async <T>(name: string, measure: () => Promise<T>): Promise<T> => {
    console.error(`${name} …`);
    return await measure();
  };
  const ceiling = await step("generator alone", measureCeiling);
  for (const runtime of runtimes) measured.push(await measureAll(runtime, step));
  console.log(`\n${table(measured)}\n\n${rawFigures(measured, ceiling)}`);
}

async function measureAll(
  runtime: RuntimeName,
  step: <T>(name: string, measure: () => Promise<T>) => Promise<T>,
): Promise<Measured> {
  return {
    runtime,
    startup: await step(`${runtime}: start`, () => measureStartup(runtime)),
    latency: await step(`${runtime}: latency`, () => measureLatency(runtime)),
    intake: await step(`${runtime}: intake`, () => measureIntake(runtime)),
  };
}
