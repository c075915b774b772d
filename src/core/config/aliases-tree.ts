import type { Tree } from "./model.ts";

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a dotted path. Only what the file itself says: a group may be named "constructor". */
export function get(tree: Tree, path: string): unknown {
  let at: unknown = tree;
  for (const key of path.split("."))
    at = isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** Writes at a dotted path. False if something that is no object stands in the way. */
export function set(tree: Tree, path: string, value: unknown): boolean {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    tree[head] = value;
    return true;
  }
  if (!Object.hasOwn(tree, head)) tree[head] = {};
  const next = tree[head];
  return isTree(next) && set(next, rest.join("."), value);
}

/** Removes what stands at a dotted path, and objects that this leaves empty. */
export function remove(tree: Tree, path: string): void {
  const [head = "", ...rest] = path.split(".");
  const next = Object.hasOwn(tree, head) ? tree[head] : undefined;
  if (rest.length > 0) {
    if (!isTree(next)) return;
    remove(next, rest.join("."));
    if (Object.keys(next).length > 0) return;
  }
  delete tree[head];
}

/** A copy that shares nothing, not even with itself. */
export function copyOf(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, copied(value)]));
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  return isTree(value) ? copyOf(value) : value;
}
