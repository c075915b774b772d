import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { openWorld } from "./_world.ts";

/** prom-client writes "Nan", and Go reads that. */
const SAMPLE =
  /^(?<name>dingbridge_[a-z][a-z0-9_]*)(?<labels>\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (?:\+Inf|Nan|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const SENT = 'dingbridge_send_outcomes_total{account="default",outcome="sent"}';

describe.each([...RUNTIMES])("%s: /metrics of a worker at work", (runtime) => {
  test("can be read by Prometheus, and has what the dashboard shows", async () => {
    const world = await openWorld({ runtime });
    try {
      const person = world.person();
      await person.say("你好");
      await person.replies(1);
      const scrape = async () => await fetch(`${world.worker.http}/metrics`);
      // DingTalk has the answer a moment before the worker knows that.
      await until("the delivery", async () => (await (await scrape()).text()).includes(SENT));
      const response = await scrape();
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
      const lines = (await response.text()).trimEnd().split("\n");
      const samples = lines.filter((line) => line !== "" && !line.startsWith("#"));
      expect(samples.filter((line) => !SAMPLE.test(line))).toEqual([]);
      // A series that stands there twice makes Prometheus refuse all of them.
      const series = samples.map((line) => line.slice(0, line.lastIndexOf(" ")));
      expect(series).toHaveLength(new Set(series).size);
      const expected = [
        "dingbridge_ready 1",
        'dingbridge_links_up{account="default"} 1',
        'dingbridge_gateway_up{account="default"} 1',
        'dingbridge_turn_outcomes_total{account="default",outcome="answered"} 1',
        `${SENT} 1`,
        'dingbridge_stage_seconds_count{account="default",stage="answer"} 1',
        'dingbridge_budget_used{account="default",quota="stream"} 2',
        'dingbridge_budget_limit{account="default",quota="api"} 1000000',
        'dingbridge_queue_depth{queue="inbox"} 0',
        "dingbridge_messages_stored_total 1",
      ];
      expect(expected.filter((line) => !samples.includes(line))).toEqual([]);
      const dashboard = readFileSync(join(ROOT, "docs/grafana-dashboard.json"), "utf8");
      const families = new Set(
        lines.flatMap((line) => (line.startsWith("# TYPE ") ? [line.split(" ")[2] ?? ""] : [])),
      );
      // Counters appear with the first event.
      const missing = [...new Set(dashboard.match(/dingbridge_[a-z_]+/g))]
        .map((name) => name.replace(/_(?:bucket|sum|count)$/, ""))
        .filter((name) => !families.has(name) && !name.endsWith("_total"));
      expect(missing).toEqual([]);
    } finally {
      await world.close();
    }
  }, 40_000);
});
