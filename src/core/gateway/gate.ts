import * as v from "valibot";
import { backoffMs } from "../backoff.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Counters } from "../counters.ts";
import { parseJson } from "../json.ts";
import { reasonOf, type Log } from "../log.ts";
import type { Ledger } from "../store.ts";
import type { GatewayFailure } from "./errors.ts";

/**
 * `open` ask · `shut` the gateway cannot be reached or takes nothing · `ready` it says it is back: one
 * turn may try.
 */
export type GateState = "open" | "shut" | "ready";

/** One turn's leave to ask. `over` must be called, whatever happened. */
export interface Pass {
  /** The gateway has taken the question. */
  taken(): void;
  /** It answers. */
  works(): void;
  over(): void;
}

export interface GateStatus {
  readonly state: GateState;
  /** When the outage began, ms since the epoch; null while open. */
  readonly since: number | null;
  readonly reason: string | null;
}

/** Keeps turns from the gateway while it cannot take them, and lets them back one by one. */
export interface Gate {
  /** Leave to ask, or undefined: the turn is to be held. */
  enter(): Pass | undefined;
  /** The gateway took nothing: nobody asks until it is back. */
  shut(failure: GatewayFailure): void;
  readonly state: GateState;
  /** A turn is trying whether the gateway works again. */
  readonly probing: boolean;
  /** When the outage began. Survives a restart, as long as the outage goes on. */
  readonly since: number;
  /** All the time in which a worker ran and could not reach the gateway, in ms; survives restarts. */
  outageMs(): number;
  /** Turns that may be under way: few at first after an outage. */
  capacity(most: number): number;
  status(): GateStatus;
  /** Takes up an outage that an earlier process has seen. */
  start(): Promise<void>;
  /** No more timers; remembers how long the outage has been. */
  stop(): Promise<void>;
}

export interface GateOptions {
  /** Undefined if the gateway says it is ready, or why it is not. */
  readonly health: () => Promise<string | undefined>;
  readonly ledger: Pick<Ledger, "note" | "setNote">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  /** One of the turns held may try now. */
  readonly onReady: () => void;
  /** All may, as far as there is capacity. */
  readonly onOpen: () => void;
  /** There is more capacity. */
  readonly onRoom: () => void;
}

const NOTE = "gateway-outage";
/** The outage is written down this often, so that a crash of ours forgets little of it. */
const SAVE_EVERY_MS = 10_000;
/** A gateway that is back should not wait longer than this for its first turn. */
const PROBE_CAP_MS = 15_000;
/** How long its own wish for a pause (Retry-After) is heeded. */
const MAX_WISH_MS = 60_000;
/** A gateway that has taken the trying turn and not failed it for this long works: a first word may take minutes. */
const TAKEN_MS = 15_000;
/** A gateway that does not take the trying turn within this time is not back. */
const UNTAKEN_MS = 30_000;
/** Turns let through in the first second after an outage; doubled every second. */
const FIRST_TURNS = 4;
const RAMP_MS = 1000;

export function createGate(options: GateOptions): Gate {
  const { clock, log } = options;
  let state: GateState = "open";
  let reason = "";
  let kind: GatewayFailure["kind"] | undefined;
  let since = 0;
  /** The pass of the turn that tries. */
  let trying: Pass | undefined;
  let isTaken = false;
  let tryTimer: Timer | undefined;
  let stopped = false;
  let probes = 0;
  /** Outage time up to `countedTo`, on the monotonic clock. */
  let total = 0;
  let countedTo: number | undefined;
  let ramp: number | undefined;
  let probeTimer: Timer | undefined;
  let saveTimer: Timer | undefined;
  let rampTimer: Timer | undefined;

  const outageMs = () => total + (countedTo === undefined ? 0 : clock.monotonic() - countedTo);

  const count = (on: boolean) => {
    total = outageMs();
    countedTo = on ? clock.monotonic() : undefined;
  };

  const save = async () => {
    const value = JSON.stringify({ since: state === "open" ? null : since, ms: outageMs() });
    await options.ledger.setNote(NOTE, value).catch((error: unknown) => {
      log.debug("the outage could not be written down", { reason: reasonOf(error) });
    });
  };

  const saveEvery = () => {
    saveTimer = clock.after(SAVE_EVERY_MS, () => {
      void save();
      saveEvery();
    });
  };

  const close = (why: string, from: number, firstProbeMs: number | undefined) => {
    if (stopped) return;
    const began = state === "open";
    state = "shut";
    reason = why;
    count(true);
    if (began) {
      since = from;
      probes = 0;
      rampTimer?.cancel();
      ramp = undefined;
      void save();
      saveEvery();
    }
    trying = undefined;
    tryTimer?.cancel();
    probeTimer?.cancel();
    const wait = backoffMs(probes++, options.random, PROBE_CAP_MS);
    const wished = Math.min(firstProbeMs ?? 0, MAX_WISH_MS);
    probeTimer = clock.after(Math.max(wait, wished), () => void probe());
  };

  const probe = async () => {
    const problem = await options.health();
    if (state !== "shut" || stopped) return;
    if (problem !== undefined) return close(problem, since, undefined);
    count(false);
    state = "ready";
    log.debug("the gateway says it is ready: one turn tries it");
    options.onReady();
  };

  const open = () => {
    if (state === "open") return;
    count(false);
    state = "open";
    trying = undefined;
    tryTimer?.cancel();
    saveTimer?.cancel();
    probeTimer?.cancel();
    void save();
    log.info("the gateway answers again: what was held goes on", {
      outageMs: clock.now() - since,
    });
    ramp = FIRST_TURNS;
    widen();
    options.onOpen();
  };

  const widen = () => {
    rampTimer = clock.after(RAMP_MS, () => {
      if (ramp === undefined) return;
      ramp *= 2;
      // Far beyond what any gateway works on at once.
      if (ramp > 100_000) ramp = undefined;
      else widen();
      options.onRoom();
    });
  };

  const passFor = (tries: boolean): Pass => {
    // What a turn says that began before the gateway was found shut again is old news.
    const ifTrying = (act: () => void) => () => {
      if (trying === pass) act();
    };
    const works = ifTrying(open);
    const pass: Pass = {
      taken: ifTrying(() => {
        if (isTaken) return;
        isTaken = true;
        tryTimer?.cancel();
        tryTimer = clock.after(TAKEN_MS, works);
      }),
      works,
      over: ifTrying(() => {
        tryTimer?.cancel();
        trying = undefined;
      }),
    };
    if (!tries) return pass;
    trying = pass;
    isTaken = false;
    const untaken = () => close("it accepts connections, but takes no turn", since, undefined);
    tryTimer = clock.after(UNTAKEN_MS, ifTrying(untaken));
    return pass;
  };

  return {
    enter() {
      if (stopped || state === "shut" || (state === "ready" && trying !== undefined))
        return undefined;
      return passFor(state === "ready");
    },
    shut(failure) {
      if (state === "open") options.counters.count("gateway_outages");
      if (state === "open" || kind !== failure.kind) {
        kind = failure.kind;
        const said = { kind, reason: failure.reason };
        // A person has to do something about this one.
        if (kind === "needs-restart")
          log.error("the gateway must be restarted: messages are held", said);
        else log.warn("the gateway takes no turns: messages are held", said);
      }
      if (state !== "shut") close(failure.reason, clock.now(), failure.retryAfterMs);
    },
    get state() {
      return state;
    },
    get probing() {
      return trying !== undefined;
    },
    get since() {
      return since;
    },
    outageMs,
    capacity: (most) => Math.min(most, ramp ?? most),
    status: () =>
      state === "open" ? { state, since: null, reason: null } : { state, since, reason },
    async start() {
      const saved = parseNote(await options.ledger.note(NOTE));
      total = saved.ms;
      if (saved.since !== null) {
        close("the gateway could not be reached when dingbridge was stopped", saved.since, 0);
        probeTimer?.cancel();
        void probe();
      }
    },
    async stop() {
      stopped = true;
      for (const timer of [probeTimer, saveTimer, rampTimer, tryTimer]) timer?.cancel();
      if (state !== "open") await save();
    },
  };
}

const Note = v.object({ since: v.nullable(v.number()), ms: v.number() });

function parseNote(note: string | undefined): v.InferOutput<typeof Note> {
  const parsed = v.safeParse(Note, parseJson(note ?? ""));
  return parsed.success ? parsed.output : { since: null, ms: 0 };
}
