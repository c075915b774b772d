import type { ChaosOptions } from "./run.ts";

type Profile = Omit<ChaosOptions, "runtime" | "seed">;

/** For every test run: nothing in it costs a minute. */
export const BRIEF: Profile = {
  ms: 13_000,
  settleMs: 40_000,
  messagesPerSecond: 12,
  perMinute: 100_000,
  intensity: {
    gaps: { worker: 1800, link: 3000, gateway: 2000, sends: 1200 },
    sendFaults: ["429", "403", "500", "swallow", "drop"],
    longestOutageMs: 2500,
  },
};

/** For `npm run chaos`. */
export function longProfile(minutes: number, perMinute: number): Profile {
  const isTight = perMinute < 1000;
  return {
    ms: minutes * 60_000,
    settleMs: 300_000,
    messagesPerSecond: isTight ? 2 : 10,
    perMinute,
    intensity: {
      gaps: { worker: 5000, link: 5000, gateway: 4000, sends: 4000 },
      sendFaults: ["429", "403", "500", "swallow", "swallow", "drop", "drop", "hang", "130101"],
      longestOutageMs: 40_000,
    },
  };
}
