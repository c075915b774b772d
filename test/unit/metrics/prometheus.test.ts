import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "../../../src/metrics/prometheus.ts";
import type { Snapshot } from "../../../src/wiring/snapshot.ts";

const NOW = 1_700_000_060_000;

const snapshot = (fields: Partial<Snapshot> = {}): Snapshot => ({
  accounts: [
    {
      id: "work",
      connected: 1,
      links: 2,
      lastFrameAt: NOW - 5000,
      gatewayOpen: false,
      turns: { running: 3, waiting: 1, held: 2 },
      budget: { api: { used: 40, limit: 5000 }, stream: { used: 7, limit: 3000 } },
    },
  ],
  store: { inbox: 4, outbox: 1, quarantine: 0, inboxSince: NOW - 60_000, outboxSince: null },
  ready: true,
  counters: { frames: 12, messages_stored: 9 },
  now: NOW,
  ...fields,
});

describe("createMetrics()", () => {
  const metrics = createMetrics("test 1.0");
  afterAll(metrics.stop);
  const lines = async (now = snapshot()) => (await metrics.render(now)).split("\n");

  test("tells how robots, queues and quotas are, each under a name of ours", async () => {
    const said = await lines();
    for (const line of [
      "dingbridge_ready 1",
      'dingbridge_links_up{account="work"} 1',
      'dingbridge_links{account="work"} 2',
      'dingbridge_last_frame_age_seconds{account="work"} 5',
      'dingbridge_gateway_up{account="work"} 0',
      'dingbridge_turns{account="work",state="held"} 2',
      'dingbridge_budget_used{account="work",quota="api"} 40',
      'dingbridge_budget_limit{account="work",quota="stream"} 3000',
      'dingbridge_queue_depth{queue="inbox"} 4',
      'dingbridge_queue_age_seconds{queue="inbox"} 60',
      'dingbridge_queue_age_seconds{queue="outbox"} 0',
      "dingbridge_frames_total 12",
      "# TYPE dingbridge_frames_total counter",
    ]) {
      expect(said).toContain(line);
    }
    const samples = said.filter((line) => line !== "" && !line.startsWith("#"));
    expect(samples.filter((line) => !line.startsWith("dingbridge_"))).toEqual([]);
    expect(samples.some((line) => line.startsWith("dingbridge_loop_lag_seconds "))).toBe(true);
    expect(
      samples.some((line) => /^dingbridge_process_resident_memory_bytes \d{6}/.test(line)),
    ).toBe(true);
  });

  test("counts what is measured, by robot and in few labels", async () => {
    const meter = metrics.of("work");
    meter.stage("wait", 30);
    meter.stage("wait", 3000);
    meter.turn("answered");
    meter.turn("model-auth");
    meter.send("sent");
    meter.call("/v1.0/card/streaming", 200);
    meter.call("/v1.0/card/streaming", 403);
    meter.held("card");
    const said = await lines();
    for (const line of [
      'dingbridge_stage_seconds_bucket{le="0.05",account="work",stage="wait"} 1',
      'dingbridge_stage_seconds_count{account="work",stage="wait"} 2',
      'dingbridge_turn_outcomes_total{account="work",outcome="model-auth"} 1',
      'dingbridge_send_outcomes_total{account="work",outcome="sent"} 1',
      'dingbridge_api_calls_total{account="work",api="/v1.0/card/streaming",status="403"} 1',
      'dingbridge_api_held_total{account="work",api="card"} 1',
    ]) {
      expect(said).toContain(line);
    }
  });

  test("forgets robots that are gone, and says nothing of a store that does not answer", async () => {
    await lines();
    const said = (await lines(snapshot({ accounts: [], store: undefined, ready: false }))).join(
      "\n",
    );
    expect(said).toContain("dingbridge_ready 0");
    expect(said).not.toContain("dingbridge_links_up{");
  });

  test("counters never go down because they were looked at twice", async () => {
    await lines(snapshot({ counters: { frames: 5 } }));
    expect(await lines(snapshot({ counters: { frames: 6 } }))).toContain(
      "dingbridge_frames_total 6",
    );
  });
});

describe("the Grafana dashboard", () => {
  test("asks for nothing that is not measured", async () => {
    const metrics = createMetrics("test 1.0");
    const names = new Set(
      (await metrics.render(snapshot())).match(/^# TYPE (\S+)/gm)?.map((line) => line.slice(7)),
    );
    metrics.stop();
    const dashboard = readFileSync(
      join(import.meta.dir, "../../../docs/grafana-dashboard.json"),
      "utf8",
    );
    const asked = new Set(dashboard.match(/dingbridge_[a-z_]+/g));
    const counters = readFileSync(join(import.meta.dir, "../../../src/core/counters.ts"), "utf8");
    const isKnown = (name: string) =>
      names.has(name.replace(/_bucket$/, "")) ||
      counters.includes(`"${name.replace(/^dingbridge_/, "").replace(/_total$/, "")}"`);
    expect([...asked].filter((name) => !isKnown(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(15);
  });
});
