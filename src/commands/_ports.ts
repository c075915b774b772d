import { runtime } from "#runtime";
import { createSystemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../core/store.ts";
import type { WorkerPorts } from "../worker.ts";

/** The real world, as this runtime offers it. */
export function realPorts(store: Store, log: Log): WorkerPorts {
  return {
    clock: createSystemClock(setImmediate),
    fetch: runtime.fetch,
    fetchFresh: runtime.fetchFresh,
    dial: runtime.dial,
    store,
    log,
    random: Math.random,
    runtime: `${runtime.name} ${runtime.version}`,
  };
}
