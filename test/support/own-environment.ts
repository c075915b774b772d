import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ENVIRONMENT } from "../../src/core/config/schema.ts";

/**
 * A folder of its own, and from now on this process's environment without anything that configures
 * dingbridge, OpenClaw's file in that folder included. `close` puts everything back.
 */
export function ownEnvironment(): { readonly path: string; readonly close: () => void } {
  const path = mkdtempSync(join(tmpdir(), "dingbridge-test-"));
  const before = { ...process.env };
  for (const name of Object.keys(ENVIRONMENT)) delete process.env[name];
  process.env["OPENCLAW_CONFIG_PATH"] = join(path, "openclaw.json");
  return {
    path,
    close() {
      for (const name of Object.keys(process.env)) delete process.env[name];
      Object.assign(process.env, before);
      rmSync(path, { recursive: true });
    },
  };
}
