import { isTree, get } from "../core/config/aliases-tree.ts";

/** What OpenClaw's own file says that matters here. */
export interface OpenClaw {
  readonly path: string;
  readonly exists: boolean;
  readonly hasComments: boolean;
  /** A plugin that declares the channel is installed: OpenClaw accepts `channels.dingtalk`. */
  readonly accepts: boolean;
  /** The block is there: without such a plugin the gateway does not start. */
  readonly hasBlock: boolean;
}

/** Ids under which a plugin that declares `channels.dingtalk` is entered. */
const PLUGINS = ["dingbridge", "dingtalk"] as const;

/**
 * Whether OpenClaw accepts `channels.dingtalk`: one of the plugins is entered and not switched off, and
 * its manifest says that it declares this channel. An entry alone silences the error too, but OpenClaw's
 * own repair then deletes both.
 * @param manifest the parsed `openclaw.plugin.json` of a plugin's folder; undefined if there is none.
 */
export function acceptsDingTalk(json: unknown, manifest: (folder: string) => unknown): boolean {
  if (!isTree(json)) return false;
  const paths = get(json, "plugins.load.paths");
  const folders = Array.isArray(paths) ? paths : [];
  return PLUGINS.some((id) => {
    const entry = get(json, `plugins.entries.${id}`);
    if (!isTree(entry) || entry["enabled"] === false) return false;
    const installed = ["installPath", "sourcePath"].map((key) =>
      get(json, `plugins.installs.${id}.${key}`),
    );
    return [...installed, ...folders].some((folder) => {
      const found = typeof folder === "string" ? manifest(folder) : undefined;
      return (
        isTree(found) &&
        found["id"] === id &&
        Array.isArray(found["channels"]) &&
        found["channels"].includes("dingtalk")
      );
    });
  });
}

export const hasBlock = (json: unknown): boolean =>
  isTree(json) && get(json, "channels.dingtalk") !== undefined;

/** What opens the gateway's HTTP chat endpoint, as people type it. */
export const ENABLE_ENDPOINT = [
  "config",
  "set",
  "gateway.http.endpoints.chatCompletions.enabled",
  "true",
] as const;
