import { canonical } from "../core/config/aliases.ts";
import { copyOf, isTree, set } from "../core/config/aliases-tree.ts";
import { valueAt } from "../core/config/layers.ts";
import type { Tree } from "../core/config/model.ts";
import { ENVIRONMENT, SECRET_PATHS } from "../core/config/schema.ts";
import { ACCOUNT, BLOCK, below, dotted, type Path, type Shape } from "../core/config/shape.ts";

export interface Migrated {
  /** A whole file, without secrets. */
  readonly file: { readonly channels: { readonly dingtalk: Tree } };
  /** Secrets that stood there, by where they are expected from now on. */
  readonly replaced: readonly { readonly path: string; readonly variable: string }[];
}

/** A channel's block in canonical keys: those that are set, and that mean something here. */
export function migrate(block: Tree, channel: string): Migrated {
  const { accounts, ...top } = canonical(block, channel).block;
  const robots = Object.entries(isTree(accounts) ? accounts : {}).flatMap(([id, account]) =>
    isTree(account) ? [[id, known(account, ACCOUNT)] as const] : [],
  );
  const hiding = createHiding();
  const common = hiding.hide(known(top, BLOCK), undefined, (path) =>
    // The usual variable wins over the file, so that it would replace what a robot has of its own.
    robots.some(([, robot]) => valueAt(robot, path) !== undefined) ? "ALL" : undefined,
  );
  const own = robots.map(([id, robot]) => [id, hiding.hide(robot, id, () => id)] as const);
  const dingtalk = own.length === 0 ? common : { ...common, accounts: Object.fromEntries(own) };
  return { file: { channels: { dingtalk } }, replaced: hiding.replaced };
}

/** Without what no key of the shape is: it says nothing, and nobody knows whether it is a secret. */
function known(tree: Tree, shape: Shape): Tree {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) => {
      const inner = below(shape, key);
      if (inner === undefined || key === "__proto__") return [];
      if (inner.kind === "leaf") return [[key, value]];
      return isTree(value) ? [[key, known(value, inner)]] : [];
    }),
  );
}

/** Puts references where secrets stand in plain text, each to a variable of its own. */
function createHiding() {
  const replaced: { path: string; variable: string }[] = [];
  const taken = new Set<string>();

  const variableFor = (key: string, suffix: string | undefined): string => {
    const usual = Object.entries(ENVIRONMENT).find(([, path]) => path === key)?.[0];
    const name = [usual ?? key, suffix ?? []].flat().join("_").replace(/\W/g, "_").toUpperCase();
    let variable = name;
    for (let twin = 2; taken.has(variable); twin++) variable = `${name}_${twin}`;
    taken.add(variable);
    return variable;
  };

  return {
    replaced,
    /** `suffixOf`: what tells a key's variable from the usual one, which alone would win over the file. */
    hide(level: Tree, account: string | undefined, suffixOf: (path: Path) => string | undefined) {
      const tree = copyOf(level);
      for (const key of SECRET_PATHS) {
        const path = key.split(".");
        const value = valueAt(tree, path);
        if (value === undefined || isReference(value)) continue;
        const variable = variableFor(key, suffixOf(path));
        set(tree, key, `\${${variable}}`);
        const at = account === undefined ? [] : ["accounts", account];
        replaced.push({ path: dotted([...at, ...path]), variable });
      }
      return tree;
    },
  };
}

/** It says where the secret is, or there is none. */
function isReference(value: unknown): boolean {
  if (typeof value === "string") return /^(?:\$\{[A-Za-z_]\w*\})?$/.test(value.trim());
  return isTree(value) && ["env", "file", "exec"].some((source) => source === value["source"]);
}
