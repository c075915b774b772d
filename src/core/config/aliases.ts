import {
  applyDms,
  applyLists,
  applyStrictDefaults,
  noteEmptyLists,
  stanceOf,
} from "./aliases-access.ts";
import { apply, note, type Work } from "./aliases-apply.ts";
import { applyGroups, splitLists } from "./aliases-groups.ts";
import { ACCOUNT, TOP, type Table } from "./aliases-table.ts";
import { copyOf, isTree } from "./aliases-tree.ts";
import type { Note, Tree } from "./model.ts";

/** Ids under `channels` that bridges for DingTalk use, the preferred one first. */
export const CHANNELS: readonly string[] = [
  "dingtalk",
  "dingtalk-connector",
  "ddingtalk",
  "clawdbot-dingtalk",
];

export interface Canonical {
  /** Canonical keys, and those nobody knows. `accounts` is a record. */
  readonly block: Tree;
  readonly notes: readonly Note[];
  /** Canonical path → path in the file, where they differ. */
  readonly from: ReadonlyMap<string, string>;
}

/**
 * A channel's block in the keys of this bridge, whichever bridge it was written for. Where bridges
 * disagree about a key, it means what lets fewer people in.
 * @param block stays as it is.
 * @param channel one of `CHANNELS`: in one bridge's `allowFrom` means more than in the others'.
 */
export function canonical(block: Tree, channel?: string): Canonical {
  const tree = copyOf(block);
  const notes: Note[] = [];
  const from = new Map<string, string>();
  const top: Work = { tree, prefix: "", notes, from };

  if (Array.isArray(tree["accounts"])) tree["accounts"] = accountsOf(tree["accounts"], top);
  const original = copyOf(tree);
  translate(top, TOP, {}, channel, () => applyStrictDefaults(top, original));
  const { accounts } = tree;
  for (const [id, account] of isTree(accounts) ? Object.entries(accounts) : []) {
    if (!isTree(account)) continue;
    translate({ ...top, tree: account, prefix: `accounts.${id}.` }, ACCOUNT, tree, channel);
  }
  return { block: tree, notes, from };
}

function translate(
  work: Work,
  table: Table,
  inherited: Tree,
  channel: string | undefined,
  defaults?: () => void,
): void {
  const stance = stanceOf(work);
  applyDms(work);
  apply(work, table);
  defaults?.();
  applyLists(work, stance, inherited, channel);
  applyGroups(work);
  noteEmptyLists(work);
  splitLists(work, inherited);
}

/** Some files have a list of accounts, each with its id. */
function accountsOf(list: readonly unknown[], work: Work): Tree {
  const accounts = new Map<string, unknown>();
  for (const [at, entry] of list.entries()) {
    const place = String(at + 1);
    if (!isTree(entry)) {
      accounts.set(place, entry);
      continue;
    }
    const { id, ...account } = entry;
    const named = (typeof id === "string" && id.trim() !== "") || typeof id === "number";
    const key = named ? String(id).trim() : place;
    if (accounts.has(key)) {
      note(
        work,
        `accounts.${key}`,
        "ignored",
        `the list has this id more than once, and the first counts: give number ${place} one of its own`,
      );
      continue;
    }
    accounts.set(key, account);
    if (named) continue;
    note(
      work,
      `accounts.${key}`,
      "understood",
      `it has no id and is known by its place in the list; write id: "…" to name it`,
    );
  }
  return Object.fromEntries(accounts);
}
