import { runtime } from "#runtime";
import type { Audit } from "../core/audit.ts";
import { createSystemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { MediaFiles } from "../core/media/shelf.ts";
import type { Store } from "../core/store.ts";
import { createExtractor } from "../extract/extractor.ts";
import { createOutgoingFiles } from "../store/outgoing-files.ts";
import type { WorkerPorts } from "../wiring/ports.ts";

export interface RealPorts extends WorkerPorts {
  /** Ends the reading of files at once. */
  readonly stopExtracting: () => void;
}

/** The real world, as this runtime offers it. */
export function realPorts(store: Store, files: MediaFiles, audit: Audit, log: Log): RealPorts {
  const extractor = createExtractor({ runtime: runtime.name });
  return {
    resolve: runtime.resolve,
    fetchPinned: runtime.fetchPinned,
    files,
    outgoing: createOutgoingFiles,
    audit,
    extractText: (bytes, kind, name) => extractor.extractText(bytes, kind, name),
    stopExtracting: extractor.stop,
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
