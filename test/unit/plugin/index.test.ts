import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import plugin from "../../../src/openclaw-plugin/index.ts";
import manifest from "../../../src/openclaw-plugin/openclaw.plugin.json" with { type: "json" };
import { acquireLock } from "../../../src/store/lock.ts";

type Api = Parameters<typeof plugin.register>[0];
type Handler = Parameters<Api["on"]>[1];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A gateway whose plugin API says which hooks are set. */
function gateway(registrationMode: string, logging?: Api["runtime"]["logging"]) {
  const handlers: Handler[] = [];
  const lines: string[] = [];
  const log = { info: (text: string) => void lines.push(text), warn: () => undefined };
  const subsystems: string[] = [];
  const api: Api = {
    registrationMode,
    rootDir: "/nowhere/src/openclaw-plugin",
    logger: log,
    runtime: {
      logging: logging ?? {
        getChildLogger({ subsystem }) {
          subsystems.push(subsystem);
          return log;
        },
      },
      state: { resolveStateDir: () => "/nowhere" },
    },
    on: (_, handler) => void handlers.push(handler),
  };
  plugin.register(api);
  return { handlers, lines, subsystems };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("the manifest's channel and the plugin have the id OpenClaw knows it by", () => {
  expect(plugin.id).toBe(manifest.id);
  expect(manifest.channels).toEqual(Object.keys(manifest.channelConfigs));
  expect(manifest.activation.onStartup).toBe(true);
});

test.each(["discovery", "tool-discovery", "setup-only", "setup-runtime", "cli-metadata"])(
  "register() does nothing where a command only looks at plugins: %s",
  (mode) => expect(gateway(mode).handlers).toEqual([]),
);

test("what came of a start is said where the channel's log is looked for", async () => {
  const { handlers, lines, subsystems } = gateway("full");
  expect(lines).toEqual([]);
  handlers[0]?.({}, { config: {} });
  // The gateway's own start goes on first.
  expect(lines).toEqual([]);
  await settled();
  expect(subsystems).toEqual(["gateway/channels/dingtalk"]);
  expect(lines).toEqual([expect.stringContaining("dingbridge is not started")]);
});

test("a gateway without such a log, or whose API fails, is not harmed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-plugin-"));
  folders.push(folder);
  const dataDir = join(folder, "data");
  mkdirSync(dataDir);
  const lock = acquireLock(join(dataDir, "dingbridge.lock"));
  try {
    const { handlers, lines } = gateway("full", {
      getChildLogger() {
        throw new Error("not there");
      },
    });
    handlers[0]?.({}, { config: { channels: { dingtalk: { dataDir } } } });
    handlers[0]?.({});
    await settled();
    expect(lines[0]).toContain("dingbridge runs already");
  } finally {
    lock.release();
  }
});
