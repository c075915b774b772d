import type { Clock, Timer } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Log } from "../log.ts";
import type { Dial } from "../socket.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import { createLink, type Link, type LinkEnd } from "./link.ts";
import type { OpenResult } from "./open.ts";
import { createReceiver, type ReceiveHandlers } from "./receive.ts";
import { createReconnectLog } from "./reconnect-log.ts";
import { LIVED_MS, createRetryPolicy, type Failure } from "./retry-policy.ts";

const DIAL_TIMEOUT_MS = 10_000;
/** DingTalk closes about 10 s after `disconnect`; a little longer, then we do. */
const DRAIN_MS = 15_000;

export interface SupervisorOptions {
  /** Never rejects. The signal ends an attempt that another has taken the place of. */
  readonly open: (signal: AbortSignal) => Promise<OpenResult>;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly heartbeat: HeartbeatOptions;
  readonly onRobotMessage: ReceiveHandlers["onRobotMessage"];
  readonly onCardCallback: ReceiveHandlers["onCardCallback"];
  /** Each time a link is up. */
  readonly onConnected?: () => void;
}

/** How one link of a robot is doing, for health checks and people. */
export interface StreamStatus {
  readonly state: "stopped" | "connecting" | "connected" | "waiting";
  /** When this state began, ms since the epoch. */
  readonly since: number;
  /** Links tried since the start. */
  readonly generation: number;
  /** Failures in a row since a link last lived or the machine last woke. */
  readonly failures: number;
  readonly problem: { readonly kind: Failure; readonly reason: string } | null;
  readonly nextTryAt: number | null;
  readonly lastFrameAt: number | null;
}

/** Keeps one link up, for ever: see `createSupervisor`. */
export interface Supervisor {
  start(): void;
  /** Closes every link; resolves at once, nothing waits for the peer. */
  stop(): void;
  /** Drops every link without a word and connects at once: they cannot be trusted any longer. */
  renew(): void;
  status(): StreamStatus;
}

/**
 * Opens, dials and replaces links. At most one attempt is under way: each has a generation number,
 * looked at after every wait, so that a late event of an old attempt cannot touch a new one.
 * On `disconnect` the replacement is opened at once while the old link drains.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, log, counters } = options;
  const policy = createRetryPolicy(options.random);
  const tell = createReconnectLog(log, clock);
  let state: StreamStatus["state"] = "stopped";
  let since = clock.now();
  let generation = 0;
  let problem: StreamStatus["problem"] = null;
  let nextTryAt: number | null = null;
  let lastFrameAt: number | null = null;
  let retry: Timer | undefined;
  let opening: AbortController | undefined;
  /** The link new frames are expected on. */
  let current: Link | undefined;
  const links = new Set<Link>();

  const enter = (next: StreamStatus["state"]) => {
    state = next;
    since = clock.now();
    nextTryAt = null;
  };

  const receive = createReceiver(log, counters, {
    onRobotMessage: options.onRobotMessage,
    onCardCallback: options.onCardCallback,
    onDisconnect(data, link) {
      link.drain(DRAIN_MS);
      if (link !== current) return;
      lost(link.livedMs());
      const retryInMs = policy.sentAway();
      connectAfter(retryInMs);
      tell.sentAway({ data, retryInMs });
    },
  });

  /** Lets go of the current link; true if it was a good one. */
  const release = (livedMs: number) => {
    current = undefined;
    const lived = livedMs >= LIVED_MS;
    if (lived) {
      policy.lived();
      tell.over();
    }
    return lived;
  };

  const lost = (livedMs: number) => {
    if (!release(livedMs) && policy.diedYoung()) tell.dyingYoung();
  };

  const connect = () => {
    retry?.cancel();
    opening?.abort();
    opening = new AbortController();
    enter("connecting");
    const mine = ++generation;
    void options.open(opening.signal).then((opened) => {
      if (mine !== generation || state === "stopped") return;
      if (opened.ok) dialUp(mine, opened.url);
      else {
        counters.count("opens_failed");
        failed(opened.failure, opened.reason);
      }
    });
  };

  const connectAfter = (ms: number) => {
    if (ms === 0) return connect();
    enter("waiting");
    nextTryAt = clock.now() + ms;
    retry = clock.after(ms, connect);
  };

  const dialUp = (mine: number, url: string) => {
    const { dial, heartbeat } = options;
    const link = createLink(
      { dial, url, clock, dialTimeoutMs: DIAL_TIMEOUT_MS, heartbeat },
      {
        onOpen(link) {
          if (mine !== generation || state === "stopped") return link.close();
          current = link;
          counters.count("links_opened");
          enter("connected");
          problem = null;
          tell.connected(mine);
          options.onConnected?.();
        },
        onText(text, link) {
          lastFrameAt = clock.now();
          receive(text, link);
        },
        onEnd(end, link) {
          links.delete(link);
          ended(mine, link, end);
        },
      },
    );
    links.add(link);
  };

  const ended = (mine: number, link: Link, end: LinkEnd) => {
    if (end.oversize) counters.count("frames_oversize");
    const wasCurrent = link === current;
    const wasAttempt = mine === generation && state === "connecting";
    if (state === "stopped" || !(wasCurrent || wasAttempt)) {
      log.debug("an old link ended", { generation: mine, reason: end.reason });
      return;
    }
    counters.count("links_lost");
    if (wasCurrent) lost(end.livedMs);
    failed("link", end.reason);
  };

  const failed = (kind: Failure, reason: string) => {
    const retryInMs = policy.failed(kind);
    problem = { kind, reason };
    connectAfter(retryInMs);
    tell.notConnected({ kind, reason, failures: policy.failures, retryInMs });
  };

  return {
    start() {
      if (state === "stopped") connect();
    },
    stop() {
      enter("stopped");
      retry?.cancel();
      opening?.abort();
      current = undefined;
      for (const link of links) link.close();
    },
    renew() {
      if (state === "stopped") return;
      if (current !== undefined) release(current.livedMs());
      policy.refresh();
      tell.over();
      connect();
      for (const link of links) link.drop("dropped: not trusted any longer");
    },
    status: () => ({
      state,
      since,
      generation,
      failures: policy.failures,
      problem,
      nextTryAt,
      lastFrameAt,
    }),
  };
}
