import { watchSleep } from "./sleep.ts";
import {
  createSupervisor,
  type StreamStatus,
  type Supervisor,
  type SupervisorOptions,
} from "./supervisor.ts";

export interface StreamOptions extends Omit<SupervisorOptions, "onConnected"> {
  /** Links held at the same time, 1 or more. DingTalk sends each push to one of them, at random. */
  readonly links: number;
}

/** The status of the robot's best link, with the latest frame of any; `links` has each one's. */
export interface RobotStreamStatus extends StreamStatus {
  readonly links: readonly StreamStatus[];
}

/** One robot's Stream connection, for ever: as many links as asked for. */
export interface Stream {
  start(): void;
  /** Closes every link; resolves at once, nothing waits for the peer. */
  stop(): void;
  status(): RobotStreamStatus;
}

const RANK = { connected: 0, connecting: 1, waiting: 2, stopped: 3 };

/**
 * Runs a supervisor for each link, and renews their links after a sleep of the machine. A supervisor
 * is started when the one before it is connected: what is wrong for all is found out and told once.
 */
export function createStream({ links, ...options }: StreamOptions): Stream {
  const { clock, log } = options;
  let watch: { stop(): void } | undefined;
  const slots: Supervisor[] = Array.from({ length: links }, (_, index) =>
    createSupervisor({
      ...options,
      log: links === 1 ? log : log.child(`link${index + 1}`),
      onConnected: () => slots[index + 1]?.start(),
    }),
  );

  return {
    start() {
      watch ??= watchSleep(clock, (sleptMs) => {
        log.info("the machine seems to have slept: connecting anew", { sleptMs });
        for (const slot of slots) slot.renew();
      });
      slots[0]?.start();
    },
    stop() {
      watch?.stop();
      watch = undefined;
      for (const slot of slots) slot.stop();
    },
    status() {
      const each = slots.map((slot) => slot.status());
      const best = each.reduce((best, one) => (RANK[one.state] < RANK[best.state] ? one : best));
      const frames = each.flatMap(({ lastFrameAt }) => lastFrameAt ?? []);
      const lastFrameAt = frames.length === 0 ? null : Math.max(...frames);
      return { ...best, lastFrameAt, links: each };
    },
  };
}
