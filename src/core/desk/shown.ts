import { nameIn } from "../inbound/fields.ts";
import { escaped } from "../reply/markdown/escape.ts";

const MAX_NAME_CHARS = 60;
const MAX_CODE_CHARS = 300;

/**
 * A name that somebody has given themselves, a chat or a robot, as markdown that reads the same: it
 * makes no markup, no link and no mention. Undefined if nothing of it can be seen.
 */
export function nameShown(name: string | undefined): string | undefined {
  const line = nameIn(name, MAX_NAME_CHARS);
  if (line === undefined) return undefined;
  // DingTalk makes links of bare addresses, and mentions of what follows an "@".
  return escaped(
    line
      .replaceAll("@", "＠")
      .replaceAll("://", "：//")
      .replace(/\.(?=\S)/g, "．"),
  );
}

/** An id, a key, a code, a command: exactly as it is, to be copied. In markdown. */
export function exactly(text: string): string {
  const line = nameIn(text, MAX_CODE_CHARS) ?? "";
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  if (longest === 0) return `\`${line}\``;
  const marks = "`".repeat(longest + 1);
  return `${marks} ${line} ${marks}`;
}
