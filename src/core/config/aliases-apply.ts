import type { Reading } from "./aliases-read.ts";
import type { Ignored, Renamed, Table } from "./aliases-table.ts";
import { get, isTree, remove, set } from "./aliases-tree.ts";
import type { Note, Tree } from "./model.ts";

/** One level of a block (its top, an account, a group) while it is being translated. */
export interface Work {
  /** Changed in place. */
  readonly tree: Tree;
  /** Before its keys in notes: "accounts.work.". */
  readonly prefix: string;
  readonly notes: Note[];
  /** Canonical path → path in the file, where they differ. */
  readonly from: Map<string, string>;
}

export function note(
  { notes, prefix }: Work,
  name: string,
  kind: Note["kind"],
  text: string,
): void {
  notes.push({ path: `${prefix}${name}`, kind, text });
}

/** Notes where a canonical key's value comes from. */
export function trace({ from, prefix }: Work, to: string, name: string): void {
  from.set(`${prefix}${to}`, `${prefix}${name}`);
}

/** The key in the file that a canonical one of this level has its value from; undefined: itself. */
export function originOf({ from, prefix }: Work, to: string): string | undefined {
  return from.get(`${prefix}${to}`)?.slice(prefix.length);
}

/** Renames, translates and takes out what a table lists. */
export function apply(work: Work, { renamed, ignored }: Table): void {
  const inner = parentsOf(renamed, ignored);
  for (const row of renamed) {
    if (isIn(work.tree, row[0], inner)) rename(work, row);
  }
  for (const [why, ...names] of ignored) {
    for (const name of names.filter((each) => isIn(work.tree, each, inner))) {
      remove(work.tree, name);
      note(work, name, "ignored", why);
    }
  }
}

/** Names that may also stand for a group of keys, like `streaming` for `streaming.throttleMs`. */
function parentsOf(renamed: readonly Renamed[], ignored: readonly Ignored[]): ReadonlySet<string> {
  const names = [...renamed.map(([name]) => name), ...ignored.flatMap(([, ...each]) => each)];
  const nested = names.filter((name) => name.includes("."));
  return new Set(nested.map((name) => name.slice(0, name.lastIndexOf("."))));
}

function isIn(tree: Tree, name: string, inner: ReadonlySet<string>): boolean {
  const value = get(tree, name);
  return value !== undefined && !(isTree(value) && inner.has(name));
}

function rename(work: Work, [name, to, read]: Renamed): void {
  const { tree } = work;
  const raw = get(tree, name);
  // What nobody understands goes where the schema complains about it, under its name in the file.
  const reading: Reading = read === undefined ? { value: raw } : (read(raw) ?? { value: raw });
  if (reading === "later") return;
  remove(tree, name);
  if ("why" in reading) {
    note(work, name, "ignored", reading.why);
    return;
  }
  if (isGiven(tree, to) || !set(tree, to, reading.value)) {
    const origin = originOf(work, to);
    const winner = origin === undefined ? "is given and wins" : `is taken from ${origin}`;
    note(work, name, "ignored", `${to} ${winner}`);
    return;
  }
  if (name !== to) trace(work, to, name);
  const { said, understood } = reading;
  const text = `taken as ${to}${said === undefined ? "" : `: ${said}`}`;
  note(work, name, understood ? "understood" : "alias", text);
}

/** Credentials kept elsewhere leave their own key as an empty text. */
function isGiven(tree: Tree, to: string): boolean {
  const value = get(tree, to);
  return value !== undefined && !(value === "" && to.startsWith("client"));
}
