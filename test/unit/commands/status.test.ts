import { afterEach, beforeEach, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { status } from "../../../src/commands/status.ts";
import { ownEnvironment } from "../../support/own-environment.ts";

let environment: ReturnType<typeof ownEnvironment>;
beforeEach(() => {
  environment = ownEnvironment();
});
afterEach(() => environment.close());

/** What `dingbridge status` complains of where this answers instead of a worker. */
async function complaintOf(answer: () => Response, block: object): Promise<unknown> {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  const config = join(environment.path, "dingbridge.json");
  const robot = { clientId: "a", clientSecret: "s", http: { port: server.port }, ...block };
  writeFileSync(config, JSON.stringify({ channels: { dingtalk: robot } }));
  try {
    return await status({ config }).catch((error: unknown) => error);
  } finally {
    await server.stop(true);
  }
}

test.each<[string, () => Response, string, string]>([
  ["another program", () => Response.json({ ok: true }), "no dingbridge", "检查 http.port"],
  ["one without JSON", () => new Response("<html>"), "no dingbridge", "检查 http.port"],
  ["a redirect", () => Response.redirect("/login"), "no dingbridge", "检查 http.port"],
  [
    "a worker with a token",
    () => new Response("", { status: 401 }),
    "DINGBRIDGE_API_TOKEN",
    "请在这里设成和 worker 一样的值",
  ],
])("%s is told apart from a worker, in both languages", async (_what, answer, english, chinese) => {
  expect(await complaintOf(answer, { locale: "en" })).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(english),
  });
  process.env["LC_ALL"] = "zh_CN.UTF-8";
  expect(await complaintOf(answer, {})).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(chinese),
  });
});
