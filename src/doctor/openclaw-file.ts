import { CHANNELS } from "../core/config/aliases.ts";
import { get, isTree } from "../core/config/aliases-tree.ts";
import { finding, type Finding } from "./codes.ts";

/** OpenClaw's own file on this machine. */
export interface OpenClawFile {
  readonly path: string;
  readonly exists: boolean;
  /** Parsed; undefined: there is none, or it cannot be read. */
  readonly json: unknown;
  /** It has `channels.dingtalk`. */
  readonly hasBlock: boolean;
  /** A plugin declares that channel. */
  readonly accepts: boolean;
}

export function openclawFinding({ path, exists, hasBlock, accepts }: OpenClawFile): Finding {
  if (!exists) return finding("DB508", "none");
  return hasBlock && !accepts ? finding("DB508", "refused", { path }) : finding("DB508", "clear");
}

/** Ids of dingbridge's own plugin, which carries no messages. */
const OURS = new Set(["dingtalk", "dingbridge"]);

/** DingTalk channels and plugins of others that are switched on, by name: each connects by itself. */
export function otherBridges(json: unknown): readonly string[] {
  if (!isTree(json)) return [];
  const on = (path: string, isOther: (id: string) => boolean) =>
    Object.entries(get(json, path) ?? {}).flatMap(([id, entry]) =>
      isOther(id) && isTree(entry) && entry["enabled"] !== false ? [`${path}.${id}`] : [],
    );
  const isBridge = (id: string) => /dingtalk/i.test(id) && !OURS.has(id);
  return [
    ...on("channels", (id) => CHANNELS.includes(id) && id !== "dingtalk"),
    ...on("plugins.entries", isBridge),
  ];
}
