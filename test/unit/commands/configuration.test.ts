import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration } from "../../../src/commands/_configuration.ts";

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
