import type * as v from "valibot";
import { isTree } from "./aliases-tree.ts";
import type { Tree } from "./model.ts";
import { below, entriesOf, type Path, type Shape } from "./shape.ts";

/** Where a value comes from. */
export interface Origin {
  /** As problems name it: "channels.dingtalk.http.port", "DINGBRIDGE_PORT". */
  readonly name: string;
  /** As `Effective.source` has it. */
  readonly source: string;
  /** As notes name it, where it stands in the channel's block. */
  readonly path?: string;
}

/** One place that says something about the keys of a schema. */
export interface Layer {
  readonly tree: Tree;
  readonly originOf: (path: Path) => Origin;
}

/** One key of a schema, with what the last layer that has it says. */
export interface Setting {
  readonly path: Path;
  readonly schema: v.GenericSchema;
  /** Not checked. Undefined: no layer has it. */
  readonly value: unknown;
  /** Undefined: no layer has it. */
  readonly origin: Origin | undefined;
}

export interface Merged {
  readonly settings: readonly Setting[];
  /** Groups of keys and entries of records that stand somewhere, be they empty. */
  readonly groups: readonly Path[];
  /** Values where groups of keys belong. */
  readonly problems: readonly string[];
}

interface Part {
  readonly value: unknown;
  readonly layer: Layer;
}

/** Lays layers over each other, the later ones on top. Only what the shape knows is looked at. */
export function merge(shape: Shape, layers: readonly Layer[]): Merged {
  const settings: Setting[] = [];
  const groups: Path[] = [];
  const problems: string[] = [];

  const lay = (part: Shape, all: readonly Part[], path: Path): void => {
    const given = all.filter(({ value }) => value !== undefined);
    if (part.kind === "leaf") {
      const last = given.at(-1);
      const origin = last?.layer.originOf(path);
      settings.push({ path, schema: part.schema, value: last?.value, origin });
      return;
    }
    const trees = given.flatMap(({ value, layer }) => {
      if (isTree(value)) return [{ value, layer }];
      problems.push(`${layer.originOf(path).name}: ${part.expected}`);
      return [];
    });
    if (trees.length > 0) groups.push(path);
    const names =
      part.kind === "group"
        ? part.entries.keys()
        : new Set(trees.flatMap(({ value }) => Object.keys(value).filter(isName)));
    for (const name of names) {
      const inner = below(part, name);
      if (inner === undefined) continue;
      const parts = trees.map(({ value, layer }) => ({ value: own(value, name), layer }));
      lay(inner, parts, [...path, name]);
    }
  };

  lay(
    shape,
    layers.map((layer) => ({ value: layer.tree, layer })),
    [],
  );
  return { settings, groups, problems };
}

/** The values as one object again. */
export function treeOf(
  groups: readonly Path[],
  values: Iterable<{ readonly path: Path; readonly value: unknown }>,
): Tree {
  const tree: Tree = {};
  const at = (path: Path): Tree => {
    let group = tree;
    for (const key of path) {
      const inner = own(group, key);
      group = isTree(inner) ? inner : (group[key] = {});
    }
    return group;
  };
  for (const path of groups) at(path);
  for (const { path, value } of values) {
    if (value !== undefined) at(path.slice(0, -1))[path.at(-1) ?? ""] = value;
  }
  return tree;
}

/** What stands at a path, ids with dots included. */
export function valueAt(tree: Tree, path: Path): unknown {
  let at: unknown = tree;
  for (const key of path) at = isTree(at) ? own(at, key) : undefined;
  return at;
}

/** Whether the shape has this key, without its going through a record. */
export function has(shape: Shape, path: Path): boolean {
  const [head = "", ...rest] = path;
  const inner = entriesOf(shape).get(head);
  return inner !== undefined && (rest.length === 0 || has(inner, rest));
}

const own = (tree: Tree, key: string): unknown =>
  Object.hasOwn(tree, key) ? tree[key] : undefined;

/** No object can hold this one as a key like others, and no id is written so. */
const isName = (key: string) => key !== "__proto__";
