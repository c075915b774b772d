import type { Log } from "./log.ts";

/**
 * By what a message is known in the log, from its frame to its delivery: ten hexadecimal digits made of what
 * outlives a restart. No secret, and no use for anything else.
 */
export function traceOf(account: string, msgId: string): string {
  // Two halves of FNV-1a, which differ in where they begin.
  const text = `${account} ${msgId}`;
  return (fnv(text, 0x81_1c_9d_c5) + fnv(text, 0x01_00_01_93)).slice(0, 10);
}

/** A log whose lines say which message they are about. */
export function logAbout(
  log: Log,
  { account, msgId }: { readonly account: string; readonly msgId: string },
): Log {
  return log.with({ trace: traceOf(account, msgId) });
}

function fnv(text: string, seed: number): string {
  let hash = seed;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
