import { join, resolve } from "node:path";
import process from "node:process";
import JSON5 from "json5";
import { expandHome, home } from "../host/paths.ts";
import { hasComments } from "./edit.ts";
import type { Places } from "./file-step.ts";
import { acceptsDingTalk, hasBlock } from "./openclaw.ts";
import { readText } from "./write.ts";

/** Where configuration is on this machine. @param named the path of a file somebody has named for it. */
export function placesOf(named: string | undefined): Places {
  const folder = join(home(), ".openclaw");
  const path = resolve(
    expandHome(process.env["OPENCLAW_CONFIG_PATH"] || join(folder, "openclaw.json")),
  );
  const read = readText(path);
  const text = read.ok ? read.text : undefined;
  const json = text === undefined ? undefined : jsonIn(text);
  return {
    named,
    own: join(folder, "dingbridge.json"),
    openclaw: {
      path,
      exists: !read.ok || text !== undefined,
      // What cannot be read may hold some.
      hasComments: !read.ok || (text !== undefined && hasComments(text) !== false),
      accepts: acceptsDingTalk(json, (at) => {
        const manifest = readText(join(expandHome(at), "openclaw.plugin.json"));
        return manifest.ok && manifest.text !== undefined ? jsonIn(manifest.text) : undefined;
      }),
      hasBlock: hasBlock(json),
    },
  };
}

/** Parsed JSON5; undefined if it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON5.parse(text);
  } catch {
    return undefined;
  }
}
