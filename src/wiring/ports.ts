import type { ExtractText } from "../core/bridge/question.ts";
import type { Audit } from "../core/audit.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { OutgoingFiles } from "../core/media/outgoing.ts";
import type { FetchPinned, Resolve } from "../core/media/port.ts";
import type { MediaFiles } from "../core/media/shelf.ts";
import type { Dial } from "../core/socket.ts";
import type { Store } from "../core/store.ts";

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
  readonly files: MediaFiles;
  /** Files of this machine that may be sent, given the folders. */
  readonly outgoing: (roots: readonly string[]) => OutgoingFiles;
  readonly extractText: ExtractText;
  readonly audit: Audit;
  readonly log: Log;
  readonly random: () => number;
  /** Goes into /status and the user agent: "bun 1.4.5". */
  readonly runtime: string;
}
