import type { Random } from "./random.ts";

/** When a process is killed or crashes: at once, or as soon as something is under way. */
export type Trigger = "now" | "send" | "ask" | "push" | "answer";

export type SendFault = "429" | "403" | "500" | "swallow" | "drop" | "hang" | "130101";

export type Fault =
  | { readonly kind: "kill"; readonly on: Trigger; readonly pauseMs: number }
  | { readonly kind: "term"; readonly pauseMs: number }
  | { readonly kind: "drop" }
  | { readonly kind: "disconnect" }
  | {
      readonly kind: "hole";
      readonly ms: number;
      readonly newOnesToo: boolean;
      readonly heal: "flush" | "reset";
    }
  | { readonly kind: "open"; readonly ms: number }
  | { readonly kind: "gateway-stop"; readonly ms: number }
  | { readonly kind: "gateway-crash"; readonly on: "now" | "ask" | "answer"; readonly ms: number }
  | { readonly kind: "gateway-drain"; readonly ms: number; readonly downMs: number }
  | {
      readonly kind: "sends";
      readonly fault: SendFault;
      readonly share: number;
      readonly ms: number;
    }
  | { readonly kind: "expire-webhooks" }
  | { readonly kind: "expire-tokens" };

/** Faults of one track come one after the other, those of different tracks at the same time. */
export const TRACKS = ["worker", "link", "gateway", "sends"] as const;
export type Track = (typeof TRACKS)[number];

export interface Planned {
  readonly at: number;
  readonly track: Track;
  readonly fault: Fault;
}

export interface Intensity {
  /** From one fault's end to the next one's beginning, in ms, on average; Infinity: none. */
  readonly gaps: Readonly<Record<Track, number>>;
  readonly sendFaults: readonly [SendFault, ...SendFault[]];
  /** The longest that a gateway is away, in ms. */
  readonly longestOutageMs: number;
}

export const durationOf = (fault: Fault) =>
  ("ms" in fault ? fault.ms : 0) +
  ("pauseMs" in fault ? fault.pauseMs : 0) +
  ("downMs" in fault ? fault.downMs : 0);

export function drawSchedule(random: Random, totalMs: number, intensity: Intensity): Planned[] {
  const planned = TRACKS.flatMap((track) => {
    const own = random.fork();
    const faults: Planned[] = [];
    let at = 1000 + own.gap(intensity.gaps[track]);
    while (at < totalMs) {
      const fault = DRAW[track](own, intensity);
      faults.push({ at, track, fault });
      at += durationOf(fault) + 200 + own.gap(intensity.gaps[track]);
    }
    return faults;
  });
  return planned.toSorted((a, b) => a.at - b.at);
}

const DRAW: Readonly<Record<Track, (random: Random, intensity: Intensity) => Fault>> = {
  worker(random) {
    const pauseMs = random.chance(0.7) ? 0 : random.int(0, 2500);
    if (random.chance(0.3)) return { kind: "term", pauseMs };
    return { kind: "kill", on: random.pick(["now", "send", "ask", "push", "answer"]), pauseMs };
  },
  link(random) {
    switch (random.int(0, 9)) {
      case 0:
      case 1:
        return { kind: "drop" };
      case 2:
      case 3:
      case 4:
        return { kind: "disconnect" };
      case 5:
        return { kind: "open", ms: random.int(300, 2500) };
      default:
        return {
          kind: "hole",
          ms: random.int(300, 6000),
          newOnesToo: random.chance(0.3),
          heal: random.pick(["flush", "reset"]),
        };
    }
  },
  gateway(random, { longestOutageMs }) {
    const ms = random.chance(0.12) ? random.int(0, longestOutageMs) : random.int(0, 2500);
    switch (random.int(0, 4)) {
      case 0:
        return { kind: "gateway-stop", ms };
      case 1:
      case 2:
        return { kind: "gateway-crash", on: random.pick(["now", "ask", "answer"]), ms };
      default:
        return {
          kind: "gateway-drain",
          ms: random.int(100, 1500),
          downMs: random.chance(0.5) ? 0 : ms,
        };
    }
  },
  sends(random, { sendFaults }) {
    if (random.chance(0.2)) return { kind: "expire-webhooks" };
    if (random.chance(0.1)) return { kind: "expire-tokens" };
    const fault = random.pick(sendFaults);
    // These cost a minute, or 10 s, each time.
    const isDear = fault === "130101" || fault === "hang";
    return {
      kind: "sends",
      fault,
      share: isDear ? 0.3 : random.pick([0.3, 0.6, 1]),
      ms: isDear ? random.int(100, 500) : random.int(200, 2500),
    };
  },
};
