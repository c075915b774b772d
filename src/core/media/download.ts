import { deadline } from "../clock.ts";
import type { Guard } from "./guard.ts";
import { createLocate, type LocateOptions } from "./locate.ts";
import { createPermits } from "./permits.ts";
import type { FetchPinned } from "./port.ts";
import { createReceive, type ReceiveLimits, type Received } from "./receive.ts";

export interface DownloadLimits extends ReceiveLimits {
  /** For one file from the first call to the last byte, whichever code it comes by; waiting for a turn not included. */
  readonly timeoutMs: number;
  /** Files at the same time: each may take `maxBytes` of memory twice over. */
  readonly parallel: number;
}

export interface DownloaderOptions extends LocateOptions {
  readonly guard: Guard;
  readonly fetchPinned: FetchPinned;
  readonly limits: DownloadLimits;
}

export type Download =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `reason` is short, for the agent and the log; it holds no URL and no secret. */
  | { readonly ok: false; readonly reason: string; readonly retry: boolean };

/** Fetches what a user sent. */
export interface Downloader {
  /**
   * @param codes the file's codes, the better one first: `downloadCode`, `pictureDownloadCode`. The
   * next is tried when DingTalk or the file's server refuses the one before.
   * Never throws. An empty file is a success.
   */
  fetch(codes: readonly string[], signal: AbortSignal): Promise<Download>;
}

export const DOWNLOAD_LIMITS = {
  timeoutMs: 60_000,
  stallMs: 15_000,
  redirects: 3,
  parallel: 4,
} as const satisfies Omit<DownloadLimits, "maxBytes">;

const STOPPED: Download = { ok: false, reason: "stopped while fetching the file", retry: true };
const NO_CODE = { ok: false, reason: "the message names no file", retry: false } as const;

export function createDownloader(options: DownloaderOptions): Downloader {
  const { clock, limits } = options;
  const locate = createLocate(options);
  const receive = createReceive(options);
  const permits = createPermits(limits.parallel);

  const byCode = async (code: string, signal: AbortSignal): Promise<Received> => {
    const located = await locate(code, signal);
    return located.ok ? await receive(located.url, signal) : located;
  };

  const byAny = async (codes: readonly string[], signal: AbortSignal): Promise<Download> => {
    let failed: Download = NO_CODE;
    for (const code of codes) {
      const received = await byCode(code, signal);
      if (received.ok) return received;
      const { reason, retry, next } = received;
      failed = { ok: false, reason, retry };
      if (!next || signal.aborted) break;
    }
    return failed;
  };

  const timed = async (codes: readonly string[], signal: AbortSignal): Promise<Download> => {
    const limit = deadline(clock, limits.timeoutMs, signal);
    try {
      const result = await byAny(codes, limit.signal);
      if (result.ok || !limit.signal.aborted) return result;
    } catch (error) {
      if (!limit.signal.aborted) throw error;
    } finally {
      limit.clear();
    }
    const reason = `the file took longer than ${limits.timeoutMs / 1000} s`;
    return signal.aborted ? STOPPED : { ok: false, reason, retry: true };
  };

  return {
    async fetch(codes, signal) {
      const known = [...new Set(codes)].filter((code) => code !== "");
      if (known.length === 0) return NO_CODE;
      const done = await permits.take(signal).catch(() => undefined);
      if (done === undefined) return STOPPED;
      try {
        return await timed(known, signal);
      } finally {
        done();
      }
    },
  };
}
