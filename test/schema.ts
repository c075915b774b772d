import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import { channelSchema } from "./support/plugin-schema.ts";
import { ROOT } from "./support/runtimes.ts";

/**
 * The OpenClaw plugin's manifest says what `channels.dingtalk` may hold, which the configuration's
 * schemas say too.
 *
 *   schema.ts         writes what they say into the manifest
 *   schema.ts check   exits with 1 if the manifest says something else
 */
const MANIFEST = join(ROOT, "src/openclaw-plugin/openclaw.plugin.json");
const PACKAGE = join(ROOT, "src/openclaw-plugin/package.json");

type Json = Record<string, unknown>;
const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Json;

const { version } = read(join(ROOT, "package.json"));
const manifest = read(MANIFEST);
const configs = manifest["channelConfigs"] as { dingtalk: Json };
const dingtalk = { ...configs.dingtalk, schema: JSON.parse(JSON.stringify(channelSchema())) };
const wanted: ReadonlyMap<string, Json> = new Map([
  [MANIFEST, { ...manifest, version, channelConfigs: { ...configs, dingtalk } }],
  [PACKAGE, { ...read(PACKAGE), version }],
]);

const stale = [...wanted].filter(([path, json]) => !isDeepStrictEqual(json, read(path)));
if (process.argv[2] === "check") {
  for (const [path] of stale) console.error(`${path} is out of date: run npm run schema`);
  process.exit(stale.length === 0 ? 0 : 1);
}
for (const [path, json] of stale) {
  writeFileSync(path, JSON.stringify(json, null, 2));
  spawnSync(join(ROOT, "node_modules/.bin/oxfmt"), [path], { stdio: "inherit" });
}
