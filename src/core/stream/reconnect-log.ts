import type { Clock } from "../clock.ts";
import type { Fields, Log } from "../log.ts";
import { needsPerson, type Failure } from "./retry-policy.ts";

/** Lines of a series of failures that are logged whatever they say. */
const FIRST_LINES = 3;
/** After those, one line in this many ms: an outage of a night must not fill the log. */
const QUIET_MS = 5 * 60_000;

export interface ReconnectLog {
  connected(generation: number): void;
  notConnected(fields: Fields & { readonly kind: Failure }): void;
  sentAway(fields: Fields): void;
  dyingYoung(): void;
  /** The series of failures is over: the next one is told from its start. */
  over(): void;
}

/**
 * Says how reconnecting goes, at a bearable rate: the first lines of a series and every change of its
 * kind, then a line now and then with the number of lines left out (`notLogged`), which go to debug.
 */
export function createReconnectLog(log: Log, clock: Clock): ReconnectLog {
  let lines = 0;
  let notLogged = 0;
  let lastKind: Failure | "sent away" | undefined;
  let loggedAt = 0;
  /** The log's last word was not "connected". */
  let down = true;

  const withCount = (fields: Fields): Fields => {
    const left = notLogged;
    notLogged = 0;
    return left === 0 ? fields : { ...fields, notLogged: left };
  };

  const line = (
    level: "info" | "warn" | "error",
    kind: Failure | "sent away",
    message: string,
    fields: Fields,
  ) => {
    const now = clock.monotonic();
    const due = lines < FIRST_LINES || kind !== lastKind || now - loggedAt >= QUIET_MS;
    lines++;
    lastKind = kind;
    if (!due) {
      notLogged++;
      return log.debug(message, fields);
    }
    loggedAt = now;
    down = true;
    log[level](message, withCount(fields));
  };

  return {
    connected(generation) {
      // Told only where the log says otherwise: a link that comes and goes is not worth half a line.
      if (down) log.info("connected to DingTalk", withCount({ generation }));
      else log.debug("connected to DingTalk", { generation });
      down = false;
    },
    notConnected(fields) {
      const level = needsPerson(fields.kind) ? "error" : "warn";
      line(level, fields.kind, "not connected to DingTalk", fields);
    },
    sentAway(fields) {
      line("info", "sent away", "DingTalk asks to reconnect: opening the replacement link", fields);
    },
    dyingYoung() {
      log.warn(
        "connections to DingTalk keep ending soon after they open: a proxy or another program may be cutting " +
          "them, another worker may be using the same Client ID, or the network is unstable",
      );
    },
    over() {
      lines = 0;
    },
  };
}
