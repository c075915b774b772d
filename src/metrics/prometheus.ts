import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { Stage } from "../core/meter.ts";
import { VERSION } from "../version.ts";
import type { Metrics } from "../wiring/ports.ts";
import type { AccountSnapshot, Snapshot } from "../wiring/snapshot.ts";

const PREFIX = "dingbridge_";
const BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
];
const LAG_EVERY_MS = 500;

const HELP = {
  stage: "Time a message spends in each stage",
  turns: "Turns ended, by outcome",
  sends: "Tries to send a reply, by outcome",
  calls: "Calls of DingTalk's API, by path and HTTP status (0: no answer)",
  held: "Calls of DingTalk's API that our own limit has held back",
} as const;

/** Metrics of this process for Prometheus, on prom-client. */
export function createMetrics(runtime: string): Metrics & { stop(): void } {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register, prefix: PREFIX });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers });

  const stages = new Histogram({
    name: `${PREFIX}stage_seconds`,
    help: HELP.stage,
    labelNames: ["account", "stage"],
    buckets: [...BUCKETS],
    registers,
  });
  const turns = counter("turn_outcomes_total", HELP.turns, ["account", "outcome"]);
  const sends = counter("send_outcomes_total", HELP.sends, ["account", "outcome"]);
  const calls = counter("api_calls_total", HELP.calls, ["account", "api", "status"]);
  const held = counter("api_held_total", HELP.held, ["account", "api"]);

  gauge("info", "Version and runtime", ["version", "runtime"]).set(
    { version: VERSION, runtime },
    1,
  );
  const ready = gauge("ready", "1: every robot is connected and the store can be written");
  const linksUp = gauge("links_up", "Connections to DingTalk that are up", ["account"]);
  const links = gauge("links", "Connections to DingTalk asked for", ["account"]);
  const frameAge = gauge("last_frame_age_seconds", "Since DingTalk last sent anything", [
    "account",
  ]);
  const gateway = gauge("gateway_up", "1: turns are let through to the gateway", ["account"]);
  const queued = gauge("turns", "Turns of this moment", ["account", "state"]);
  const used = gauge("budget_used", "Used of the month's quota", ["account", "quota"]);
  const limit = gauge("budget_limit", "The month's quota", ["account", "quota"]);
  const depth = gauge("queue_depth", "Messages in the inbox, the outbox and quarantine", ["queue"]);
  const age = gauge("queue_age_seconds", "Of the oldest message", ["queue"]);
  const lag = gauge("loop_lag_seconds", "Most the event loop was late since the last look");
  const events = new Map<string, Counter>();

  let worst = 0;
  let due = performance.now() + LAG_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    worst = Math.max(worst, now - due);
    due = now + LAG_EVERY_MS;
  }, LAG_EVERY_MS);
  timer.unref();

  const take = (account: AccountSnapshot, now: number) => {
    const { id } = account;
    const of = { account: id };
    linksUp.set(of, account.connected);
    links.set(of, account.links);
    if (account.lastFrameAt !== null) frameAge.set(of, (now - account.lastFrameAt) / 1000);
    gateway.set(of, account.gatewayOpen ? 1 : 0);
    for (const [state, count] of Object.entries(account.turns)) queued.set({ ...of, state }, count);
    for (const [quota, each] of Object.entries(account.budget ?? {})) {
      used.set({ ...of, quota }, each.used);
      limit.set({ ...of, quota }, each.limit);
    }
  };

  const takeAll = ({ accounts, store, counters, now, ...snapshot }: Snapshot) => {
    // Robots come and go with the configuration.
    for (const each of [linksUp, links, frameAge, gateway, queued, used, limit]) each.reset();
    for (const account of accounts) take(account, now);
    ready.set(snapshot.ready ? 1 : 0);
    if (store !== undefined) {
      const { inbox, outbox, quarantine, inboxSince, outboxSince } = store;
      for (const [queue, count] of Object.entries({ inbox, outbox, quarantine })) {
        depth.set({ queue }, count);
      }
      age.set({ queue: "inbox" }, inboxSince === null ? 0 : (now - inboxSince) / 1000);
      age.set({ queue: "outbox" }, outboxSince === null ? 0 : (now - outboxSince) / 1000);
    }
    for (const [name, value] of Object.entries(counters)) {
      const event =
        events.get(name) ??
        counter(`${name}_total`, `${name.replaceAll("_", " ")} since the start`, []);
      events.set(name, event);
      event.reset();
      event.inc(value);
    }
    lag.set(worst / 1000);
    worst = 0;
  };

  return {
    of: (account) => ({
      stage: (stage: Stage, ms) => stages.observe({ account, stage }, Math.max(0, ms) / 1000),
      turn: (outcome) => turns.inc({ account, outcome }),
      send: (outcome) => sends.inc({ account, outcome }),
      call: (api, status) => calls.inc({ account, api, status }),
      held: (api) => held.inc({ account, api }),
    }),
    async render(now) {
      takeAll(now);
      return await register.metrics();
    },
    stop: () => clearInterval(timer),
  };
}
