// npm run bench [-- --runtime bun|deno|node …]       intake, latency, start and memory
// npm run bench -- --silence SECONDS [--runtime …]   a turn whose gateway is silent for that long
import { cpus } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { RUNTIMES, type RuntimeName } from "../support/runtimes.ts";
import { measureCeiling, measureIntake } from "./intake.ts";
import { measureLatency } from "./latency.ts";
import { rawFigures, table, type Measured } from "./report.ts";
import { measureSilence } from "./silence.ts";
import { measureStartup } from "./startup.ts";

const { values } = parseArgs({
  options: { runtime: { type: "string", multiple: true }, silence: { type: "string" } },
});
const runtimes = RUNTIMES.filter((name) => values.runtime?.includes(name) ?? true);

if (runtimes.length === 0) throw new Error("--runtime: expected bun, deno or node");
if (typeof Bun === "undefined") throw new Error("the bench's own servers run in Bun only");

if (values.silence !== undefined) await silence(Number(values.silence));
else await all();
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

async function all(): Promise<void> {
  const measured: Measured[] = [];
  const step = async <T>(name: string, measure: () => Promise<T>): Promise<T> => {
    console.error(`${name} …`);
    return await measure();
  };
  const ceiling = await step("generator alone", measureCeiling);
  for (const runtime of runtimes) measured.push(await measureAll(runtime, step));
  const [cpu] = cpus();
  console.log(`\n${cpus().length} × ${cpu?.model ?? "unknown"}, ${process.platform}\n`);
  console.log(`${table(measured)}\n\n${rawFigures(measured, ceiling)}`);
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
