import type { Clock } from "../clock.ts";
import { reasonOf } from "../log.ts";
import type { Guard } from "./guard.ts";
import type { Failure } from "./locate.ts";
import type { FetchPinned } from "./port.ts";
import { watchSilence, type Watch } from "./silence.ts";

export interface ReceiveOptions {
  readonly guard: Guard;
  readonly fetchPinned: FetchPinned;
  readonly clock: Clock;
  readonly limits: ReceiveLimits;
}

export interface ReceiveLimits {
  /** A file that is larger is refused, whatever its Content-Length says. */
  readonly maxBytes: number;
  /** Silence after which the server is given up: before the answer, and between bytes. */
  readonly stallMs: number;
  /** Redirects followed. */
  readonly redirects: number;
}

export type Received =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `why`: what people are told besides that it is not there. */
  | (Failure & { readonly why?: "too-large" | "not-allowed" });

/**
 * All that is sent. No Content-Type, no Authorization, no token: the object storage puts them into the
 * signature it compares. No Referer: it would carry a signed URL to the next host.
 */
const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "dingbridge" };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** No refusal of the file: it may be there a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

const failure = (reason: string, retry: boolean, next = false): Failure => ({
  ok: false,
  reason,
  retry,
  next,
});

/** Fetches a file from an address nobody vouches for. The function never throws. */
export function createReceive({ guard, fetchPinned, clock, limits }: ReceiveOptions) {
  const { maxBytes, stallMs, redirects } = limits;

  /** One request: the file, a failure, or where it was moved to. */
  const request = async (url: string, signal: AbortSignal): Promise<Received | string> => {
    const watch = watchSilence(clock, stallMs, signal);
    let host = "its server";
    try {
      const checked = await guard.check(url, watch.signal);
      if (!checked.ok) {
        if (watch.stalled) return silent();
        return { ...checked, next: false, ...(checked.retry ? {} : { why: "not-allowed" }) };
      }
      host = new URL(checked.url).host;
      const init = { headers: HEADERS, signal: watch.signal };
      const response = await fetchPinned(checked.url, init, checked.addresses);
      watch.heard();
      const moved = movedTo(response, checked.url);
      const problem = moved ?? problemOf(response, host, maxBytes);
      if (problem !== undefined) {
        drop(response);
        return problem;
      }
      const bytes = await readAtMost(response, maxBytes, watch);
      return bytes === undefined ? tooLarge(maxBytes) : { ok: true, bytes };
    } catch (error) {
      if (watch.stalled) return silent();
      const said = reasonOf(error).replaceAll(/https?:\/\/\S+/gi, "the file's address");
      return failure(`no file from ${host} (${said})`, true);
    } finally {
      watch.clear();
    }
  };

  const silent = () => failure(`the file's server was silent for ${stallMs / 1000} s`, true);

  return async (url: string, signal: AbortSignal): Promise<Received> => {
    let at = url;
    for (let hop = 0; hop <= redirects; hop++) {
      const got = await request(at, signal);
      if (typeof got !== "string") return got;
      at = got;
    }
    return failure(`the file's address was redirected more than ${redirects} times`, false);
  };
}

function movedTo({ status, headers }: Response, from: string): string | undefined {
  const location = REDIRECTS.has(status) ? headers.get("location") : null;
  return location === null ? undefined : URL.parse(location, from)?.href;
}

function problemOf({ status, headers }: Response, host: string, maxBytes: number) {
  if (status < 200 || status >= 300) {
    const passing = status >= 500 || PASSING.has(status);
    // A refusal is about this one link; another code of the file leads to another.
    return failure(`${host} does not give the file out (HTTP ${status})`, passing, !passing);
  }
  const coding = headers.get("content-encoding") ?? "identity";
  if (!/^(identity)?$/i.test(coding)) {
    return failure(`${host} sent the file in a coding nobody asked for`, false);
  }
  return Number(headers.get("content-length") ?? 0) > maxBytes ? tooLarge(maxBytes) : undefined;
}

function tooLarge(maxBytes: number): Received {
  const mb = maxBytes / 2 ** 20;
  const size = mb >= 1 ? `${Math.floor(mb)} MB` : `${maxBytes} bytes`;
  return { ...failure(`the file is larger than ${size}`, false), why: "too-large" };
}

const drop = (response: Response) => void response.body?.cancel().catch(() => undefined);

/** The body, or undefined if it has more than `maxBytes`: the rest is not fetched. */
async function readAtMost(
  response: Response,
  maxBytes: number,
  { signal, heard }: Watch,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  const stop = () => void reader?.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      // A cancelled body ends like a whole one.
      signal.throwIfAborted();
      if (done) return joined(chunks, size);
      heard();
      size += value.byteLength;
      if (size > maxBytes) {
        stop();
        return undefined;
      }
      chunks.push(value);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
