import type { AccountConfig } from "../config/schema.ts";

const MAX_NAMES = 20;

/** Ids without "*", each once. */
export const namesIn = (ids: readonly string[]): string[] =>
  [...new Set(ids)].filter((id) => id !== "*");

/** "a, b and c". */
export function listOf(ids: readonly string[]): string {
  const more = ids.length - MAX_NAMES;
  const shown = more > 0 ? [...ids.slice(0, MAX_NAMES), `${more} more`] : ids;
  const last = shown.at(-1) ?? "nobody";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} and ${last}`;
}

/** Who is let in where a name is asked for. */
export function namedIn({ owners: own, members: some, allowFrom, users }: AccountConfig): string[] {
  const said = Object.entries(users).flatMap(([id, { role }]) => (role === undefined ? [] : [id]));
  return namesIn([...own, ...some, ...(allowFrom ?? []), ...said]);
}
