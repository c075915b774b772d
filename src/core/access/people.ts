import type { Asker } from "./model.ts";

/** A list of people, as the configuration has them. */
export interface People {
  /** It holds "*". That opens a door where one is guarded; it names nobody, so it gives nobody a role. */
  readonly everyone: boolean;
  /** Whether one of somebody's ids is on it. Never so for people without an id. */
  names(asker: Asker): boolean;
}

export function peopleOf(ids: readonly string[]): People {
  const listed = byId(ids.map((id) => [id, true]));
  return {
    everyone: ids.includes("*"),
    names: (asker) => valueFor(asker, listed) === true,
  };
}

/** By the id of a person or a chat, exactly as it is written; "*" is nobody's. */
export function byId<T>(
  entries: Iterable<readonly [id: string, value: T]>,
): ReadonlyMap<string, T> {
  const map = new Map(entries);
  map.delete("*");
  return map;
}

/** What is listed under somebody's user id, or else under another id of theirs. */
export function valueFor<T>(asker: Asker, map: ReadonlyMap<string, T>): T | undefined {
  const { userId, ids } = asker;
  if (userId === "" || map.size === 0) return undefined;
  const value = map.get(userId);
  if (value !== undefined) return value;
  for (const id of ids) {
    const other = map.get(id);
    if (other !== undefined) return other;
  }
  return undefined;
}
