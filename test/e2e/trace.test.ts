import { describe, expect, test } from "bun:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "../support/runtimes.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { openWorld } from "./_world.ts";

describe.each([...RUNTIMES])("%s: OpenClaw's log and a message's trace", (runtime) => {
  test("shows where a message was, without what it says and without secrets", async () => {
    const logs = temporaryFolder();
    const dir = join(logs.path, "openclaw");
    const world = await openWorld({ runtime, env: { DINGBRIDGE_LOG_DIR: dir } });
    try {
      const person = world.person();
      await person.say("ein Geheimnis");
      await person.replies(1);
      await world.worker.stop();
      const [name = ""] = readdirSync(dir);
      expect(name).toMatch(/^openclaw-\d{4}-\d\d-\d\d\.log$/);
      expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
      const text = readFileSync(join(dir, name), "utf8");
      const lines = text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(String(lines[0]?.["subsystem"])).toStartWith("gateway/channels/dingtalk");
      expect(text).not.toContain(world.dingtalk.clientSecret);
      expect(text).not.toContain(world.gateway.token);
      expect(text).not.toContain("sendBySession?session=");
      const over = lines.find(({ message }) => String(message).startsWith("turn over"));
      const id = String(over?.["trace"]);
      const traced = await world.command("trace", id);
      expect(traced).toMatchObject({ code: 0, stderr: "" });
      for (const stage of ["the gateway has answered", "turn over", "delivered"]) {
        expect(traced.stdout).toContain(stage);
      }
      expect(traced.stdout).not.toContain("Geheimnis");
      expect(await world.command("trace", "0123456789")).toMatchObject({ code: 1 });
      expect(await world.command("trace")).toMatchObject({ code: 2 });
    } finally {
      await world.close();
      logs.remove();
    }
  });
});
