import type { Clock } from "../clock.ts";
import type { Gateway } from "../gateway/client.ts";
import type { GatewayFailure } from "../gateway/errors.ts";
import type { Gate } from "../gateway/gate.ts";
import type { Found } from "../gateway/history.ts";
import type { Asked } from "../store.ts";

/** What to do about a question that was asked before and has no answer yet. */
export type Finding =
  | Extract<Found, { kind: "answered" }>
  /** The gateway is at it. */
  | { readonly kind: "running"; readonly lookAgainMs: number }
  /** Nothing can be known while the gateway cannot be reached. */
  | { readonly kind: "held" }
  | { readonly kind: "failed"; readonly failure: GatewayFailure }
  /** `begun`: the gateway knows the question already and was cut off over it. */
  | { readonly kind: "ask"; readonly begun: boolean; readonly reason: string };

export interface Recovery {
  find(session: string, asked: Asked, signal: AbortSignal): Promise<Finding>;
}

export interface RecoveryOptions {
  readonly gateway: Pick<Gateway, "look" | "health">;
  readonly gate: Pick<Gate, "state" | "shut">;
  readonly clock: Clock;
  /** A turn's deadline, from when it was asked. */
  readonly timeoutMs: number;
  /** How long to wait for records that cannot be read. */
  readonly holdMs: number;
}

const FIRST_LOOK_MS = 2000;
const LAST_LOOK_MS = 30_000;
/** A gateway that has been idle takes seconds until a question it took shows in its records. */
const RECORDED_MS = 5000;

/**
 * Looks before asking again. The gateway ends a run when its client goes away, resumes one by itself
 * after its own crash, and may have answered in full: only its records tell which it was.
 */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { gateway, gate, clock } = options;
  const startedAt = clock.now();

  return {
    async find(session, asked, signal) {
      if (gate.state === "shut") return { kind: "held" };
      const found = await gateway.look({ session, ...asked }, signal);
      // While no worker ran nobody could have waited: that time does not count.
      const waitedMs = clock.now() - Math.max(asked.at, startedAt);
      const lookAgainMs = Math.min(
        LAST_LOOK_MS,
        Math.max(FIRST_LOOK_MS, Math.round(waitedMs / 10)),
      );
      switch (found.kind) {
        case "answered":
          return found;
        case "running":
          if (waitedMs < options.timeoutMs) return { kind: "running", lookAgainMs };
          return {
            kind: "failed",
            failure: {
              kind: "timeout",
              reason: `the turn the gateway went on with was not over after ${options.timeoutMs} ms (gateway.timeoutMs)`,
            },
          };
        case "cut-off":
          return { kind: "ask", begun: true, reason: "it was cut off without an answer" };
        case "failed":
          return {
            kind: "failed",
            failure: {
              kind: "model-failed",
              reason: "the turn the gateway went on with failed there",
            },
          };
        case "absent":
          if (clock.now() - asked.at < RECORDED_MS) return { kind: "running", lookAgainMs };
          return { kind: "ask", begun: false, reason: "the gateway has no record of it" };
        case "unreachable":
          gate.shut({ kind: "unreachable", reason: found.reason });
          return { kind: "held" };
        case "unreadable": {
          const away = await gateway.health();
          if (away !== undefined) {
            gate.shut({ kind: "unreachable", reason: away });
            return { kind: "held" };
          }
          const reason = `the gateway's session history cannot be read: ${found.reason}`;
          // Our own death ended the run at the gateway; under a break of the gateway's it may go on.
          if (!asked.broken) return { kind: "ask", begun: true, reason };
          if (waitedMs < options.holdMs) return { kind: "running", lookAgainMs };
          return { kind: "failed", failure: { kind: "broken", reason } };
        }
      }
    },
  };
}
