import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Whether a user without rights of its own gets at a file: every folder on the way lets it pass, and on
 * the way to where a link leads. Throws if there is no such file.
 */
export function strangersMayRead(path: string): boolean {
  const real = realpathSync(path);
  if (real !== path && !strangersMayRead(real)) return false;
  if ((statSync(path).mode & 0o004) === 0) return false;
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** What `ProtectHome=yes` hides. */
export const inHome = (path: string) => /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
