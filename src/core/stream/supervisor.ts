import { backoffMs } from "../backoff.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Counters } from "../counters.ts";
import type { Log } from "../log.ts";
import type { Dial } from "../socket.ts";
import type { HeartbeatOptions } from "./heartbeat.ts";
import { createLink, type Link, type LinkEnd } from "./link.ts";
import type { OpenFailure, OpenResult } from "./open.ts";
import { createReceiver, type ReceiveHandlers } from "./receive.ts";

const DIAL_TIMEOUT_MS = 10_000;
/** DingTalk closes about 10 s after `disconnect`; a little longer, then we do. */
const DRAIN_MS = 15_000;
/** A link that lived this long was a good one: the next failure starts again at the shortest wait. */
const LIVED_MS = 30_000;
/** Errors only a person can mend are tried again this often, in case someone did. */
const SLOW_RETRY_MS = 60_000;

export interface SupervisorOptions {
  readonly open: () => Promise<OpenResult>;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly counters: Counters;
  readonly heartbeat: HeartbeatOptions;
  readonly onRobotMessage: ReceiveHandlers["onRobotMessage"];
}

/** How one robot's Stream connection is doing, for health checks and people. */
export interface StreamStatus {
  readonly state: "stopped" | "connecting" | "connected" | "waiting";
  /** When this state began, ms since the epoch. */
  readonly since: number;
  /** Links tried since the start. */
  readonly generation: number;
  /** Failures in a row since a link last lived. */
  readonly failures: number;
  readonly problem: { readonly kind: OpenFailure | "link"; readonly reason: string } | null;
  readonly nextTryAt: number | null;
  readonly lastFrameAt: number | null;
}

/** Keeps one robot connected, for ever: see `createSupervisor`. */
export interface Supervisor {
  start(): void;
  /** Closes every link; resolves at once, nothing waits for the peer. */
  stop(): void;
  status(): StreamStatus;
}

/**
 * Opens, dials and replaces links. At most one attempt is under way: each has a generation number,
 * looked at after every wait, so that a late event of an old attempt cannot touch a new one.
 * On `disconnect` the replacement is opened at once while the old link drains.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, log, counters } = options;
  let state: StreamStatus["state"] = "stopped";
  let since = clock.now();
  let generation = 0;
  let failures = 0;
  /** Young links in a row that DingTalk asked to leave. */
  let sentAway = 0;
  let problem: StreamStatus["problem"] = null;
  let nextTryAt: number | null = null;
  let lastFrameAt: number | null = null;
  let retry: Timer | undefined;
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
    onDisconnect(data, link) {
      link.drain(DRAIN_MS);
      if (link !== current) return;
      log.info("DingTalk asks to reconnect: opening the replacement link", { data });
      current = undefined;
      const lived = clock.now() - since >= LIVED_MS;
      // At once, but a server that sends every new link away at once is not raced.
      if (lived) failures = sentAway = 0;
      const wait = sentAway === 0 ? 0 : backoffMs(sentAway - 1, options.random);
      sentAway++;
      connectAfter(wait);
    },
  });

  const connect = () => {
    retry?.cancel();
    enter("connecting");
    const mine = ++generation;
    void options.open().then((opened) => {
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
          log.info("connected to DingTalk", { generation: mine });
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
    current = undefined;
    counters.count("links_lost");
    if (end.livedMs >= LIVED_MS) failures = sentAway = 0;
    failed("link", end.reason);
  };

  const failed = (kind: OpenFailure | "link", reason: string) => {
    const needsPerson = kind !== "link" && kind !== "unavailable";
    const wait = needsPerson ? SLOW_RETRY_MS : backoffMs(failures, options.random);
    failures++;
    problem = { kind, reason };
    connectAfter(wait);
    const fields = { kind, reason, failures, retryInMs: wait };
    if (needsPerson) log.error("not connected to DingTalk", fields);
    else log.warn("not connected to DingTalk", fields);
  };

  return {
    start() {
      if (state === "stopped") connect();
    },
    stop() {
      enter("stopped");
      retry?.cancel();
      current = undefined;
      for (const link of links) link.close();
    },
    status: () => ({ state, since, generation, failures, problem, nextTryAt, lastFrameAt }),
  };
}
