import { CHANNELS, canonical } from "./aliases.ts";
import { isTree } from "./aliases-tree.ts";
import type { Layer, Origin } from "./layers.ts";
import type { ConfigFile, Note, Tree } from "./model.ts";
import { dotted, type Path } from "./shape.ts";

/** The block of the file that is ours, in canonical keys. */
export interface Block {
  /** Its id under `channels`. */
  readonly channel: string;
  readonly tree: Tree;
  readonly notes: readonly Note[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Where a canonical path stands in the file, whichever bridge's key is there. */
  readonly originOf: (path: Path) => Origin & { readonly path: string };
}

/** The first of the ids DingTalk's bridges use that stands in the file. */
export function channelOf(json: unknown): string | undefined {
  const channels = isTree(json) ? json["channels"] : undefined;
  if (!isTree(channels)) return undefined;
  return CHANNELS.find((id) => Object.hasOwn(channels, id) && channels[id] !== undefined);
}

export function readBlock(file: ConfigFile | undefined): Block {
  const channel = channelOf(file?.json) ?? "dingtalk";
  const { block, problems } = findBlock(file, channel);
  const { block: tree, notes, from } = canonical(block, channel);

  const originOf = (path: Path) => {
    const written = from.get(path.join(".")) ?? dotted(path);
    const name = `channels.${channel}.${written}`;
    return { name, source: `${file?.path ?? ""}: ${name}`, path: written };
  };
  return { channel, tree, notes, problems, warnings: others(file, channel), originOf };
}

/** One level of a block as a layer: its top, or an account. */
export function layerOf(block: Block, tree: Tree, at: Path): Layer {
  return { tree, originOf: (path) => block.originOf([...at, ...path]) };
}

function findBlock(file: ConfigFile | undefined, channel: string) {
  const problems: string[] = [];
  let block: Tree = {};
  if (file !== undefined && !isTree(file.json)) {
    problems.push(`${file.path}: expected an object with channels.dingtalk in it`);
  } else if (file !== undefined && isTree(file.json)) {
    const { channels } = file.json;
    const found = isTree(channels) ? channels[channel] : channels;
    if (isTree(found)) block = found;
    else if (found !== undefined) {
      problems.push(`${file.path}: channels.${channel}: expected an object`);
    }
  }
  return { block, problems };
}

/** Blocks for DingTalk that are not read, unless they are switched off. */
function others(file: ConfigFile | undefined, channel: string): string[] {
  const channels = isTree(file?.json) ? file.json["channels"] : undefined;
  if (!isTree(channels)) return [];
  return CHANNELS.filter((id) => {
    const block = id === channel ? undefined : channels[id];
    return isTree(block) && block["enabled"] !== false;
  }).map((id) => `channels.${id}: is not read, since there is channels.${channel}`);
}
