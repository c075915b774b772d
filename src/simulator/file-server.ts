import type { ServerResponse } from "node:http";

/** How a file's server goes wrong. */
export interface Misbehaviour {
  /** The code is no good any more. */
  readonly expired?: boolean;
  /** The file is elsewhere. */
  readonly redirectTo?: string;
  /** Instead of 200, with an empty body. */
  readonly status?: number;
  /** What the header says, true or not; "none": no such header. */
  readonly contentLength?: number | "none";
  /** Bytes that come before it falls silent. */
  readonly stallAfter?: number;
  /** A byte at a time, so long after each other. */
  readonly dripMs?: number;
}

interface Served extends Misbehaviour {
  readonly bytes: Uint8Array;
}

/** Sends a file, or not quite, over Node's own response: no `Response` can lie about its length. */
export function sendFile(out: ServerResponse, file: Served): void {
  // Whoever fetches it may leave at any time.
  out.on("error", () => undefined);
  if (file.redirectTo !== undefined) {
    out.writeHead(302, { location: file.redirectTo, "content-length": 0 }).end();
    return;
  }
  if (file.status !== undefined && file.status !== 200) {
    out.writeHead(file.status, { "content-length": 0 }).end();
    return;
  }
  const { bytes, contentLength = bytes.length } = file;
  out.writeHead(200, {
    "content-type": "application/octet-stream",
    ...(contentLength === "none" ? {} : { "content-length": contentLength }),
  });
  void sendBody(out, file);
}

async function sendBody(out: ServerResponse, file: Served): Promise<void> {
  const { bytes, contentLength, stallAfter, dripMs } = file;
  if (stallAfter !== undefined) {
    out.flushHeaders();
    out.write(bytes.subarray(0, stallAfter));
    return;
  }
  if (dripMs !== undefined) {
    for (let at = 0; at < bytes.length && !out.destroyed; at++) {
      out.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, dripMs));
    }
    out.end();
    return;
  }
  if (typeof contentLength !== "number" || contentLength <= bytes.length) {
    out.end(bytes);
    return;
  }
  // Who has promised more can only break off.
  out.write(bytes, () => setTimeout(() => out.destroy(), 50));
}
