import { runtime } from "#runtime";
import type { Network } from "../adapters/port.ts";
import type { Audit } from "../core/audit.ts";
import { createSystemClock } from "../core/clock.ts";
import type { MediaFiles } from "../core/media/shelf.ts";
import type { Store } from "../core/store.ts";
import { createExtractor } from "../extract/extractor.ts";
import type { Logging } from "../logging.ts";
import { createMetrics } from "../metrics/prometheus.ts";
import { createOutgoingFiles } from "../store/outgoing-files.ts";
import type { WorkerPorts } from "../wiring/ports.ts";

export interface RealPorts extends WorkerPorts {
  /** Ends the reading of files at once. */
  readonly stopExtracting: () => void;
}

export interface PortsOptions {
  readonly store: Store;
  readonly files: MediaFiles;
  readonly audit: Audit;
  readonly log: Logging;
  readonly network: Network;
}

/** The real world, as this runtime offers it. */
export function realPorts({ store, files, audit, log, network }: PortsOptions): RealPorts {
  const extractor = createExtractor({ runtime: runtime.name });
  return {
    ...network,
    files,
    outgoing: createOutgoingFiles,
    audit,
    metrics: createMetrics(`${runtime.name} ${runtime.version}`),
    extractText: (bytes, kind, name) => extractor.extractText(bytes, kind, name),
    stopExtracting: extractor.stop,
    clock: createSystemClock(setImmediate),
    store,
    log,
    hide: (secret) => log.hide(secret, "passing"),
    random: Math.random,
    runtime: `${runtime.name} ${runtime.version}`,
  };
}
