import { realpathSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Paths } from "../core/config/settle.ts";

/** Node takes an empty HOME at its word. */
export const home = () => homedir() || userInfo().homedir;

/** `~` stands for the home folder wherever a path is written. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(home(), path.slice(1)) : path;
}

/** Paths as configurations write them, on this machine. */
export const PATHS: Paths = {
  expand: expandHome,
  holdsHome: (folder) =>
    [resolve(folder), realPathOf(folder)].some((each) => isAbove(each, home())),
};

/** One is the other, or somewhere around it. */
function isAbove(folder: string, inner: string): boolean {
  const way = relative(folder, inner);
  return way.split(sep, 1)[0] !== ".." && !isAbsolute(way);
}

/** What is not there has no links on the way either, as far as anybody knows. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
