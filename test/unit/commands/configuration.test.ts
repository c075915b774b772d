import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration, readHttpConfiguration } from "../../../src/commands/_configuration.ts";

test("~ stands for the home folder in every key that names a folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
  const file = join(folder, "dingbridge.json");
  const block = {
    clientId: "ding",
    clientSecret: "secret",
    dataDir: "~/data",
    media: { roots: ["~/reports", "/srv/reports"] },
  };
  writeFileSync(file, JSON.stringify({ channels: { dingtalk: block } }));
  try {
    const { config } = readConfiguration(file);
    expect(config?.dataDir).toBe(join(homedir(), "data"));
    expect(config?.media.roots).toEqual([join(homedir(), "reports"), "/srv/reports"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file that says nothing about http means the defaults", () => {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
  const file = join(folder, "dingbridge.json");
  try {
    for (const content of [{}, { channels: { dingtalk: { clientId: "ding" } } }]) {
      writeFileSync(file, JSON.stringify(content));
      expect(readHttpConfiguration(file)).toMatchObject({
        ok: true,
        http: { host: "127.0.0.1", port: 18_780 },
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
