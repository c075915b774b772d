/** What a file is, as the part that received it found out. */
export interface FileKind {
  /** Without parameters, e.g. `application/pdf`; `""` where unknown. */
  readonly mime: string;
  /** E.g. `text`, `document`, `image`. Only `text` is looked at, where the other two say nothing. */
  readonly family: string;
  /** With or without the dot, e.g. `pdf`; `""`: the one of the file's name is taken. */
  readonly extension: string;
}

export interface ExtractLimits {
  /** Longest text handed out, in UTF-16 code units (`text.length`). */
  readonly chars: number;
  /** For one file, from the start of its process; the time in the queue does not count. */
  readonly timeoutMs: number;
  /** Largest file looked at. */
  readonly bytes: number;
  /** Resident memory of the process that reads the file (enforced on Linux, see child.ts). */
  readonly memoryBytes: number;
  /** PDF: pages read, from the first. */
  readonly pages: number;
  /** docx, xlsx, pptx: what all parts that are read may come to when unpacked. */
  readonly inflatedBytes: number;
  /** docx, xlsx, pptx: entries in the archive. */
  readonly entries: number;
}

export const DEFAULT_LIMITS: ExtractLimits = {
  chars: 20_000,
  timeoutMs: 20_000,
  bytes: 100_000_000,
  memoryBytes: 700_000_000,
  pages: 200,
  inflatedBytes: 50_000_000,
  entries: 2_000,
};

/**
 * Why there is no text:
 * - `no text`: nothing in it, or nothing readable (a scan, a picture, a binary file named .txt)
 * - `unsupported`: not a type text is taken from
 * - `encrypted`: it needs a password
 * - `damaged`: not what it claims to be, or broken
 * - `too large`, `too slow`, `out of memory`: over a limit, archives made to explode among them
 * - `aborted`: the signal, or the extractor was stopped
 * - `failed`: the process that reads it could not be started, or died (`detail` says how)
 */
export const EXTRACT_FAILURES = [
  "no text",
  "unsupported",
  "encrypted",
  "damaged",
  "too large",
  "too slow",
  "out of memory",
  "aborted",
  "failed",
] as const;
export type ExtractFailure = (typeof EXTRACT_FAILURES)[number];

export type Extracted =
  | {
      readonly ok: true;
      readonly text: string;
      /** The file has more text than this. */
      readonly truncated: boolean;
    }
  | {
      readonly ok: false;
      readonly reason: ExtractFailure;
      /** For the log; holds nothing from the file. */
      readonly detail?: string;
    };

/** A file that cannot be read, with the reason to tell. Thrown by the readers in formats/. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
  readonly reason: ExtractFailure;
  constructor(reason: ExtractFailure) {
    super(reason);
    this.reason = reason;
  }
}
