import { isTree } from "./aliases-tree.ts";
import { layerOf, type Block } from "./block.ts";
import { has, valueAt, type Layer } from "./layers.ts";
import type { Tree } from "./model.ts";
import { ENVIRONMENT } from "./schema.ts";
import type { SecretSources } from "./secrets.ts";
import { find, type Settled } from "./settle.ts";
import { ACCOUNT, dotted, type Path } from "./shape.ts";

/** One robot as the block names it. */
export interface Robot {
  readonly id: string;
  /** Its own level of the block; the only robot of a block without `accounts` has the block itself. */
  readonly own: Layer;
  readonly at: Path;
  readonly off: boolean;
}

export interface Robots {
  readonly robots: readonly Robot[];
  /** Robots have levels of their own, more than one: none of them is the one the environment means. */
  readonly several: boolean;
  readonly problems: readonly string[];
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;

export const isOff = (tree: Tree) => tree["enabled"] === false || tree["enabled"] === "false";

/** The block's accounts, in the file's order; without any the block itself is one, "default". */
export function robotsOf(block: Block): Robots {
  const { accounts } = block.tree;
  const allOff = isOff(block.tree);
  if (accounts === undefined || (isTree(accounts) && Object.keys(accounts).length === 0)) {
    const own = layerOf(block, block.tree, []);
    return { robots: [{ id: "default", own, at: [], off: allOff }], several: false, problems: [] };
  }
  if (!isTree(accounts)) {
    const problem = `${block.originOf(["accounts"]).name}: expected an object of accounts, by id`;
    return { robots: [], several: false, problems: [problem] };
  }
  const problems: string[] = [];
  const robots: Robot[] = [];
  const ids = new Map<string, string>();
  const entries = Object.entries(accounts);
  for (const [id, account] of entries) {
    const at = ["accounts", id];
    const { name } = block.originOf(at);
    if (!isTree(account)) {
      problems.push(`${name}: expected an object`);
      continue;
    }
    const off = allOff || isOff(account);
    robots.push({ id, own: layerOf(block, account, at), at, off });
    if (off) continue;
    if (!ID.test(id)) {
      problems.push(`${name}: expected an id of 1 to 64 letters, digits, "-" and "_"`);
    }
    const twin = ids.get(id.toLowerCase());
    if (twin !== undefined) {
      problems.push(`${name}: differs from ${dotted(["accounts", twin])} in case only`);
    }
    ids.set(id.toLowerCase(), id);
  }
  return { robots, several: entries.length > 1, problems };
}

/** Environment variables as a layer. An empty one is not set. */
export function environmentLayer({ env }: SecretSources): Layer {
  const tree: Tree = {};
  const names = new Map<string, string>();
  for (const [name, key] of Object.entries(ENVIRONMENT)) {
    const value = env[name];
    if (value === undefined || value === "") continue;
    names.set(key, name);
    const path = key.split(".");
    let group = tree;
    for (const part of path.slice(0, -1)) group = (group[part] ??= {}) as Tree;
    group[path.at(-1) ?? ""] = value;
  }
  return {
    tree,
    originOf(path) {
      const name = names.get(dotted(path)) ?? "environment";
      return { name, source: name };
    },
  };
}

/** Values at the top, of the file or the environment, that do not reach those who have their own. */
export function outOfReach(
  block: Block,
  { robots, several }: Robots,
  environment: Layer,
): string[] {
  const named = robots.filter(({ at }) => at.length > 0);
  const owners = (path: Path) => named.filter(({ own }) => valueAt(own.tree, path) !== undefined);
  const warnings: string[] = [];
  for (const [name, key] of Object.entries(ENVIRONMENT)) {
    const path = key.split(".");
    if (!several || !has(ACCOUNT, path) || valueAt(environment.tree, path) === undefined) continue;
    const ids = owners(path)
      .filter(({ off }) => !off)
      .map(({ id }) => id);
    if (ids.length > 0) {
      warnings.push(
        `${name}: where there are several accounts it is only a default, and does not reach those with their own ${key}: ${ids.join(", ")}`,
      );
    }
  }
  const path = ["clientId"];
  const unused =
    named.length > 0 &&
    owners(path).length === named.length &&
    valueAt(block.tree, path) !== undefined &&
    valueAt(environment.tree, path) === undefined;
  if (unused && !isOff(block.tree)) {
    warnings.push(
      `${block.originOf(path).name}: no account uses it, since each has its own: to have this robot too, move its keys to channels.${block.channel}.accounts.default`,
    );
  }
  return warnings;
}

/** What makes two accounts the same robot to DingTalk. */
export interface Identified {
  readonly robot: Robot;
  readonly settings: readonly Settled[];
}

/** Each problem names both: one robot's messages would be shared out between them. */
export function twins(accounts: readonly Identified[]): string[] {
  const seen = new Map<string, string>();
  return accounts.flatMap(({ robot: { id }, settings }) => {
    const clientId = find(settings, "clientId");
    const url = find(settings, "apiUrl")?.output;
    if (clientId?.output === undefined || typeof url !== "string") return [];
    const key = JSON.stringify([clientId.output, URL.parse(url)?.href]);
    const other = seen.get(key);
    if (other === undefined) {
      seen.set(key, id);
      return [];
    }
    return [
      `${clientId.origin?.name ?? "clientId"}: accounts ${other} and ${id} are the same robot: give each a Client ID of its own, or set enabled: false in one of them`,
    ];
  });
}
