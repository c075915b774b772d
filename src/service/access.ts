import { statSync } from "node:fs";
import { dirname } from "node:path";

/** Whether a user without rights of its own gets at a file: every folder on the way lets it pass. */
export function strangersMayRead(path: string): boolean {
  if ((statSync(path).mode & 0o004) === 0) return false;
  for (let at = dirname(path); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** What `ProtectHome=yes` hides. */
export const inHome = (path: string) => /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
