import { expect, test } from "bun:test";
import { BRIEF } from "../chaos/profiles.ts";
import { reportText } from "../chaos/report.ts";
import { runChaos } from "../chaos/run.ts";
import { RUNTIMES } from "../support/runtimes.ts";

const SEED = 20261122;

test("in all runtimes, whatever goes wrong: every message acked has one end, in order", async () => {
  const reports = await Promise.all(
    RUNTIMES.map((runtime) => runChaos({ ...BRIEF, runtime, seed: SEED })),
  );
  for (const report of reports) console.log(reportText(report));
  expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
}, 90_000);
