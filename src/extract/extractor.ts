import { runChild } from "./child.ts";
import { formatOf } from "./format.ts";
import { readPlain } from "./formats/plain.ts";
import { confined, type Command, type RuntimeName } from "./sandbox.ts";
import { DEFAULT_LIMITS, type Extracted, type ExtractLimits, type FileKind } from "./types.ts";

/** The program that reads one file; tests put others in its place. */
const READER = new URL("./child-main.ts", import.meta.url);

export interface Extractor {
  /**
   * The text in a file somebody sent: tidied, and cut to `limits.chars`. Text files are read at once;
   * others wait for their turn and are read one at a time, each in a process of its own. Never rejects.
   */
  extractText(
    bytes: Uint8Array,
    kind: FileKind,
    name: string,
    limits?: Partial<ExtractLimits>,
    signal?: AbortSignal,
  ): Promise<Extracted>;
  /** Ends what runs and what waits, at once, as `aborted`; so is whatever comes later. */
  stop(): void;
}

export interface ExtractorOptions {
  readonly runtime: RuntimeName;
  /** @default how `child-main.ts` is run in this runtime */
  readonly command?: Command;
}

export function createExtractor({ runtime, command }: ExtractorOptions): Extractor {
  const stopped = new AbortController();
  /** Settles when everything asked for so far has been read. */
  let queue: Promise<unknown> = Promise.resolve();

  return {
    async extractText(bytes, kind, name, limits, signal) {
      const all = { ...DEFAULT_LIMITS, ...limits };
      const either =
        signal === undefined ? stopped.signal : AbortSignal.any([stopped.signal, signal]);
      if (either.aborted) return { ok: false, reason: "aborted" };
      const format = formatOf(kind, name);
      if (format === undefined) return { ok: false, reason: "unsupported" };
      if (bytes.length === 0) return { ok: false, reason: "no text" };
      if (format === "text") return readPlain(bytes, all.chars);
      if (bytes.length > all.bytes) return { ok: false, reason: "too large" };

      const request = { format, bytes: bytes.length, limits: all };
      const mine = queue
        .then(() =>
          either.aborted
            ? ({ ok: false, reason: "aborted" } as const)
            : runChild(command ?? confined(runtime, READER), request, bytes, either),
        )
        .catch(
          // A fault of ours, but it must not hold up the files behind this one.
          (error): Extracted => ({ ok: false, reason: "failed", detail: String(error) }),
        );
      queue = mine;
      return untilAborted(mine, either);
    },
    stop: () => stopped.abort(),
  };
}

/** A file that waits for its turn is let go at once. */
function untilAborted(reading: Promise<Extracted>, signal: AbortSignal): Promise<Extracted> {
  return new Promise((resolve) => {
    const abort = () => resolve({ ok: false, reason: "aborted" });
    signal.addEventListener("abort", abort, { once: true });
    void reading.then((extracted) => {
      signal.removeEventListener("abort", abort);
      resolve(extracted);
    });
  });
}
