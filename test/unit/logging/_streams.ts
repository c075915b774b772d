import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What was written to a stream that is a terminal, or is none. */
export function createStream(isTTY = false) {
  const chunks: string[] = [];
  const out = {
    isTTY,
    hasColors: () => false,
    write: (chunk: string) => chunks.push(chunk) > 0,
    on: () => out,
  };
  return {
    out: out as unknown as NodeJS.WriteStream,
    text: () => chunks.join(""),
    lines: () => chunks.join("").split("\n").slice(0, -1),
  };
}

const folders: string[] = [];
/** For each file's `afterEach`: a hook set up here would be the first file's only. */
export function removeFolders() {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A folder of this test's own. */
export function createFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dingbridge-log-")));
  folders.push(folder);
  return folder;
}

/** Of the machine's date at that time. */
export function dailyName(time: number): string {
  const date = new Date(time);
  const two = (count: number) => String(count).padStart(2, "0");
  return `openclaw-${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}.log`;
}

/** The lines of a daily file, each parsed: throws where one is no JSON. */
export const linesIn = (path: string): Record<string, unknown>[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
