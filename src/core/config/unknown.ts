import { isTree } from "./aliases-tree.ts";
import type { Block } from "./block.ts";
import { candidates, nearest } from "./keys.ts";
import type { Note, Tree } from "./model.ts";
import {
  ACCOUNT,
  BLOCK,
  WORKER,
  below,
  dotted,
  entriesOf,
  type Path,
  type Shape,
} from "./shape.ts";

export interface Findings {
  readonly warnings: readonly string[];
  readonly notes: readonly Note[];
}

/** Keys nobody knows, and keys of the worker where those of one robot belong. */
export function unknownKeys(block: Block): Findings {
  const warnings: string[] = [];
  const notes: Note[] = [];
  const say = (path: Path, kind: Note["kind"], text: string, note = text) => {
    const origin = block.originOf(path);
    warnings.push(`${origin.name}: ${text}`);
    notes.push({ path: origin.path, kind, text: note });
  };

  const { accounts, ...top } = block.tree;
  const levels: Level[] = [
    { tree: top, shape: BLOCK, at: [], known: [...candidates(BLOCK), "accounts"] },
  ];
  for (const [id, account] of isTree(accounts) ? Object.entries(accounts) : []) {
    if (!isTree(account)) continue;
    const tree: Tree = {};
    for (const [key, value] of Object.entries(account)) {
      if (entriesOf(WORKER).has(key)) {
        say(
          ["accounts", id, key],
          "ignored",
          `belongs to channels.${block.channel} itself, ignored`,
        );
      } else Object.defineProperty(tree, key, { value, enumerable: true });
    }
    levels.push({ tree, shape: ACCOUNT, at: ["accounts", id], known: candidates(ACCOUNT) });
  }
  for (const level of levels) {
    for (const { path, meant } of strangers(level)) {
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      say(path, "unknown", `unknown key, ignored${hint}`, `unknown key${hint}`);
    }
  }
  return { warnings, notes };
}

/** Keys among which someone's mistake is looked for: the block's top, an account, an entry of a record. */
interface Level {
  readonly tree: Tree;
  readonly shape: Shape;
  /** From the block to this level. */
  readonly at: Path;
  readonly known: readonly string[];
}

interface Stranger {
  readonly path: Path;
  readonly meant: string | undefined;
}

function strangers(level: Level): Stranger[] {
  const { at, known } = level;
  const walk = (tree: Tree, shape: Shape, path: Path): Stranger[] =>
    Object.entries(tree).flatMap(([key, value]) => {
      const inner = below(shape, key);
      const here = [...path, key];
      if (inner === undefined) {
        return leavesOf(value, here).map((leaf) => {
          const close = nearest(dotted(leaf), known);
          const meant = close === undefined || at.length === 0 ? close : `${dotted(at)}.${close}`;
          return { path: [...at, ...leaf], meant };
        });
      }
      // A value where a group of keys belongs is a bad value, and the schema says so.
      if (!isTree(value) || inner.kind === "leaf") return [];
      if (inner.kind === "group") return walk(value, inner, here);
      const { of } = inner;
      return Object.entries(value).flatMap(([id, entry]) =>
        isTree(entry)
          ? strangers({ tree: entry, shape: of, at: [...at, ...here, id], known: candidates(of) })
          : [],
      );
    });
  return walk(level.tree, level.shape, []);
}

function leavesOf(value: unknown, path: Path): Path[] {
  if (!isTree(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}
