import { closeSync, fstatSync, openSync, readSync, writeFileSync } from "node:fs";
import { isTree } from "../core/config/aliases-tree.ts";
import { parseJson } from "../core/json.ts";
import { reasonOf } from "../core/log.ts";
import { HIDDEN, isSecretName } from "../core/redact-shapes.ts";
import { SUBSYSTEM } from "../logging/openclaw-line.ts";

/** Takes what is secret out of a text. */
type Hide = (text: string) => string;

const DEPTH = 12;

/** A copy of JSON without secrets, known ones and what looks like one. */
export function redacted(value: unknown, hide: Hide, depth = DEPTH): unknown {
  if (typeof value === "string") return hide(value);
  if (typeof value === "number") return hide(String(value)) === String(value) ? value : HIDDEN;
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.map((each) => redacted(each, hide, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [
      hide(name),
      typeof held === "string" && isSecretName(name) ? HIDDEN : redacted(held, hide, depth - 1),
    ]),
  );
}

export interface LogFile {
  readonly path: string;
  /** Others write there too: only lines of dingbridge's are taken. */
  readonly isShared: boolean;
}

const LAST_LINES = 200;
const LAST_BYTES = 512 * 1024;

/**
 * The end of a log, without debug lines: they may hold what people write. OpenClaw's own lines are left
 * out for the same reason.
 */
export function lastLinesOf({ path, isShared }: LogFile): readonly string[] {
  const lines = tailOf(path)
    .split("\n")
    .filter((line) => line.trim() !== "" && isFit(line, isShared));
  return lines.slice(-LAST_LINES);
}

function isFit(line: string, isShared: boolean): boolean {
  const json = parseJson(line);
  if (!isTree(json)) return !isShared;
  const { level, subsystem } = json;
  if (level === "debug") return false;
  const isOurs = typeof subsystem === "string" && `${subsystem}/`.startsWith(`${SUBSYSTEM}/`);
  return isOurs || !isShared;
}

/** Empty where there is none. */
function tailOf(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { size } = fstatSync(file);
    const from = Math.max(0, size - LAST_BYTES);
    const bytes = new Uint8Array(size - from);
    const text = new TextDecoder().decode(
      bytes.subarray(0, readSync(file, bytes, { position: from })),
    );
    // The first line may be half of one.
    return from === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } catch {
    return "";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export type Written = { readonly ok: true } | { readonly ok: false; readonly said: string };

/** For its owner's eyes only, and never in another file's place. */
export function writeBundle(path: string, bundle: unknown): Written {
  try {
    const text = `${JSON.stringify(bundle, null, 2)}\n`;
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return { ok: true };
  } catch (error) {
    const isThere = (error as { code?: unknown }).code === "EEXIST";
    return {
      ok: false,
      said: isThere ? "there is one already, and it is not overwritten" : reasonOf(error),
    };
  }
}
