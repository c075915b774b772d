import type { ExtractText } from "../core/bridge/question.ts";
import type { Audit } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Meter } from "../core/meter.ts";
import type { OutgoingFiles } from "../core/media/outgoing.ts";
import type { FetchPinned, Resolve } from "../core/media/port.ts";
import type { MediaFiles } from "../core/media/shelf.ts";
import type { Dial } from "../core/socket.ts";
import type { Store } from "../core/store.ts";
import type { Snapshot } from "./snapshot.ts";

/** What is measured, of each robot and of the process. */
export interface Metrics {
  of(account: string): Meter;
  /** In Prometheus's text format, with what the worker says of itself right now. */
  render(now: Snapshot): Promise<string>;
}

/** All a worker needs from outside. Passed in, never imported: two workers can live in one process. */
export interface WorkerPorts {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** For the gateway: a new connection each time, kept open in silence for as long as a turn may take. */
  readonly fetchFresh: typeof fetch;
  readonly dial: Dial;
  readonly store: Store;
  /** Every address of a host. */
  readonly resolve: Resolve;
  readonly fetchPinned: FetchPinned;
  /** Whether `fetchPinned` gets to the URL without an address. */
  readonly byName: (url: string) => boolean;
  readonly files: MediaFiles;
  /** Files of this machine that may be sent, given the folders. */
  readonly outgoing: (roots: readonly string[]) => OutgoingFiles;
  readonly extractText: ExtractText;
  readonly audit: Audit;
  /** A secret that has just come to be: no line of a log may hold it. */
  readonly hide: (secret: string) => void;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly random: () => number;
  /** Goes into /status and the user agent: "bun 1.4.5". */
  readonly runtime: string;
}
