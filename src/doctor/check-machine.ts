import { isOpenToOthers, octal } from "./check-configuration.ts";
import { finding, type Finding } from "./codes.ts";

export interface Versions {
  readonly dingbridge: string;
  readonly runtime: string;
  readonly has: string;
  /** Lowest, like "22.18". */
  readonly needs: string;
}

/** Undefined in place of it: nobody knows yet where it is. */
export interface DataFolder {
  readonly path: string;
  readonly isThere: boolean;
  /** Why nothing can be written there. */
  readonly refusal: string | undefined;
  /** Undefined: there is no such thing here. */
  readonly mode: number | undefined;
  /** Undefined: the system does not say. */
  readonly freeBytes: number | undefined;
  /** What the database may grow to. */
  readonly maxMb: number;
}

const MB = 1024 * 1024;
/** Below this even SQLite's own files find no room before long. */
const NONE_LEFT = 64 * MB;

export function machineFindings(
  versions: Versions,
  folder: DataFolder | undefined,
): readonly Finding[] {
  const { dingbridge: version, runtime, has, needs } = versions;
  const supported = isAtLeast(has, needs);
  return [
    finding("DB201", supported ? "supported" : "old", { version, runtime, has, needs }),
    folderFinding(folder),
    diskFinding(folder),
  ];
}

function folderFinding(folder: DataFolder | undefined): Finding {
  if (folder === undefined) return finding("DB202", "unconfigured");
  const { path, isThere, refusal, mode } = folder;
  if (refusal !== undefined) return finding("DB202", "unwritable", { path, said: refusal });
  if (!isThere) return finding("DB202", "missing", { path });
  return mode !== undefined && isOpenToOthers(mode)
    ? finding("DB202", "open", { path, mode: octal(mode) })
    : finding("DB202", "writable", { path });
}

function diskFinding(folder: DataFolder | undefined): Finding {
  if (folder === undefined) return finding("DB203", "unconfigured");
  const { freeBytes, maxMb } = folder;
  if (freeBytes === undefined) return finding("DB203", "unknown");
  const facts = { free: sizeOf(freeBytes), most: sizeOf(maxMb * MB) };
  if (freeBytes < NONE_LEFT) return finding("DB203", "full", facts);
  return finding("DB203", freeBytes < maxMb * MB ? "little" : "enough", facts);
}

const sizeOf = (bytes: number): string =>
  bytes >= 10 * 1024 * MB
    ? `${Math.round(bytes / MB / 1024)} GB`
    : bytes >= 1024 * MB
      ? `${(bytes / MB / 1024).toFixed(1)} GB`
      : `${Math.round(bytes / MB)} MB`;

function isAtLeast(has: string, needs: string): boolean {
  const [mine, lowest] = [has, needs].map((text) => text.split(".").map(Number));
  for (const [at, part] of (lowest ?? []).entries()) {
    const own = mine?.[at] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
