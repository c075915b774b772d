import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Whether a user without rights of its own gets at a file: every folder on the way lets it pass, and on
 * the way to where a link leads. Groups are not looked at. Throws if there is no such file.
 * @param uid undefined: there is no such user yet, so nothing is its own.
 */
export function mayRead(path: string, uid: number | undefined): boolean {
  const lets = (at: string, right: number) => {
    const { mode, uid: owner } = statSync(at);
    return (mode & (owner === uid ? right << 6 : right)) !== 0;
  };
  const real = realpathSync(path);
  if (real !== path && !mayRead(real, uid)) return false;
  if (!lets(path, 0o4)) return false;
  for (let at = dirname(path); ; at = dirname(at)) {
    if (!lets(at, 0o1)) return false;
    if (at === dirname(at)) return true;
  }
}

/** What `ProtectHome=yes` hides. */
export const inHome = (path: string) => /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
