import { describe, expect, test } from "bun:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { traceOf } from "../../src/core/trace.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { temporaryFolder } from "../support/worker-process.ts";
import { openWorld } from "./_world.ts";

/** From frame to delivery. */
const STAGES = [
  "message stored and acked",
  "asking the gateway",
  "the gateway has answered",
  "turn over",
  "delivered",
];

describe.each([...RUNTIMES])("%s: OpenClaw's log and a message's trace", (runtime) => {
  test("shows where a message was, without what it says and without secrets", async () => {
    const logs = temporaryFolder();
    const dir = join(logs.path, "openclaw");
    const world = await openWorld({ runtime, env: { DINGBRIDGE_LOG_DIR: dir } });
    try {
      const person = world.person();
      const go = Promise.withResolvers<string>();
      person.answers(async function* answer() {
        yield await go.promise;
      });
      const first = await person.say("ein Geheimnis");
      await until("the first question", () => person.asked().length === 1);
      // These two are one question.
      await person.say("zwei");
      const last = await person.say("drei");
      go.resolve("好的");
      await person.replies(2);
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
      for (const { msgId } of [first, last]) {
        const traced = await world.command("trace", traceOf("default", msgId));
        expect(traced).toMatchObject({ code: 0, stderr: "" });
        const stages = traced.stdout.trimEnd().split("\n");
        expect(stages).toHaveLength(STAGES.length);
        for (const [at, stage] of STAGES.entries()) expect(stages[at]).toContain(`  ${stage}  `);
        expect(traced.stdout).not.toContain("Geheimnis");
      }
      expect(await world.command("trace", "0123456789")).toMatchObject({ code: 1 });
      expect(await world.command("trace")).toMatchObject({ code: 2 });
    } finally {
      await world.close();
      logs.remove();
    }
  });
});
