import type { Store } from "../core/store.ts";

/** The store with notes of an account's own: what its parts call theirs must not be another robot's. */
export function notesOf(store: Store, account: string): Store {
  // The name under which a single robot has always kept its notes.
  if (account === "default") return store;
  const named = (key: string) => `${account}/${key}`;
  return {
    ...store,
    note: (key) => store.note(named(key)),
    setNote: (key, value) => store.setNote(named(key), value),
  };
}
