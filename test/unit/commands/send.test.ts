import { afterEach, describe, expect, test } from "bun:test";
import { saidIn } from "../../../src/core/message.ts";
import { RUNTIMES } from "../../support/runtimes.ts";
import { TOKEN } from "../http/_app.ts";
import { ID } from "../send/_sending.ts";
import { runSend, startHttp } from "./_worker.ts";

type Http = ReturnType<typeof startHttp>;
const started: Http[] = [];
afterEach(() => {
  for (const http of started.splice(0)) void http.stop();
});

function start(fetch?: (request: Request) => Response | Promise<Response>): Http {
  const http = startHttp(fetch);
  started.push(http);
  return http;
}

const blockFor = (http: Http) => ({ http: { port: http.port, token: TOKEN } });
const oneLine = (text: string) => text.trim().split("\n").length === 1;

describe("dingbridge send", () => {
  test.each([...RUNTIMES])(
    "hands a message to the worker and prints its id, in %s",
    async (runtime) => {
      const http = start();
      const run = await runSend(["--to", "group:cid1==", "--to", "user:a", "--text", "- hello"], {
        runtime,
        block: blockFor(http),
      });
      expect(run.stderr).toBe("");
      expect(run).toMatchObject({ code: 0, stdout: `${ID}\n` });
      const replies = http.taken[0]?.replies ?? [];
      expect(replies.flatMap(({ targets }) => targets)).toEqual(["user:a", "group:cid1=="]);
      expect(replies.map(({ message }) => saidIn(message))).toEqual(["- hello", "- hello"]);
    },
  );

  test.each([...RUNTIMES])("reads markdown from standard input, in %s", async (runtime) => {
    const http = start();
    const run = await runSend(["--to", "user:a", "--json"], {
      runtime,
      block: blockFor(http),
      input: "# 你好",
    });
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({ id: ID });
    expect(http.taken[0]?.replies[0]?.message).toMatchObject({ format: "markdown" });
    expect(http.taken[0]?.replies.map(({ message }) => saidIn(message))).toEqual(["# 你好"]);
  });

  test("makes a file's path absolute", async () => {
    const http = start();
    const args = ["--to", "user:a", "--file", "reports/a.pdf", "--name", "-.pdf"];
    const run = await runSend(args, { block: blockFor(http) });
    expect(run.code).toBe(0);
    expect(http.taken[0]?.replies[0]?.message).toMatchObject({
      format: "file",
      source: { path: `${run.cwd}/reports/a.pdf` },
      name: "-.pdf",
    });
  });

  test("needs nothing but http.*: the rest may be known to the service only, or be wrong", async () => {
    const http = start();
    const block = { clientId: 5, clientSecret: "${NOT_HERE}", locale: "tlh", ...blockFor(http) };
    expect((await runSend(["--to", "user:a", "--text", "x"], { block })).code).toBe(0);
    const env = { DINGBRIDGE_PORT: String(http.port), DINGBRIDGE_API_TOKEN: TOKEN };
    const elsewhere = { http: { port: 1, token: "other" }, clientId: "x" };
    expect((await runSend(["--to", "user:a", "--text", "x"], { env })).code).toBe(0);
    const both = { env, block: elsewhere };
    expect((await runSend(["--to", "user:a", "--text", "x"], both)).code).toBe(0);
    expect(http.taken).toHaveLength(3);
  });

  test("knows a token that is a reference", async () => {
    const http = start();
    const block = { http: { port: http.port, token: "${MY_TOKEN}" } };
    const env = { MY_TOKEN: TOKEN };
    expect((await runSend(["--to", "user:a", "--text", "x"], { block, env })).code).toBe(0);
    const run = await runSend(["--to", "user:a", "--text", "x"], { block });
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("MY_TOKEN is not set");
  });

  test("sends once for one key", async () => {
    const http = start();
    const args = ["--to", "user:a", "--text", "x", "--key", "k1"];
    const block = blockFor(http);
    const runs = [await runSend(args, { block }), await runSend(args, { block })];
    expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, `${ID}\n`],
      [0, `${ID}\n`],
    ]);
    expect(http.taken).toHaveLength(1);
  });
});

describe("dingbridge send --wait", () => {
  /** The worker's answers about the message, one after the other, the last for ever. */
  function fating(...states: { state: string; reason?: string }[]) {
    let asked = 0;
    return start((request) => {
      if (request.method === "POST") return Response.json({ id: ID }, { status: 202 });
      const { state, reason } = states[Math.min(asked++, states.length - 1)] ?? { state: "sent" };
      const deliveries = [{ to: "user:a", state, reason }];
      return Response.json({ id: ID, state, deliveries });
    });
  }
  const waiting = (http: Http, ...args: string[]) =>
    runSend(["--to", "user:a", "--text", "x", ...args], { block: blockFor(http) });

  test("ends well once it is sent", async () => {
    const http = fating({ state: "queued" }, { state: "sent" });
    expect(await waiting(http, "--wait")).toMatchObject({ code: 0, stdout: `${ID}\n` });
    const run = await waiting(http, "--wait", "5", "--json");
    expect(JSON.parse(run.stdout)).toMatchObject({ id: ID, state: "sent" });
  });

  test("says what failed", async () => {
    const run = await waiting(fating({ state: "failed", reason: "not a member" }), "--wait");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("user:a failed (not a member)");
    expect(oneLine(run.stderr)).toBe(true);
  });

  test("says when the time is up", async () => {
    const run = await waiting(fating({ state: "queued" }), "--wait", "0");
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("still waiting");
    expect(run.stdout).toContain(ID);
  });
});

describe("dingbridge send says what to do", () => {
  const args = ["--to", "user:a", "--text", "x"];

  test("where no worker answers", async () => {
    const http = startHttp();
    await http.stop();
    for (const runtime of RUNTIMES) {
      const run = await runSend(args, { runtime, block: blockFor(http) });
      expect(run.code).toBe(1);
      expect(run.stderr).toContain(`no dingbridge answers at http://127.0.0.1:${http.port}`);
      expect(run.stderr).toContain("DINGBRIDGE_PORT");
      expect(oneLine(run.stderr)).toBe(true);
    }
  });

  test("where no token is set", async () => {
    const run = await runSend(args, { block: { http: { port: 1 } } });
    expect(run.code).toBe(78);
    expect(run.stderr).toContain("DINGBRIDGE_API_TOKEN");
    expect(oneLine(run.stderr)).toBe(true);
  });

  test("where the token is another", async () => {
    const block = { http: { port: start().port, token: "another" } };
    const run = await runSend(args, { block });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("http.token");
    expect(run.stderr).not.toContain("another");
  });

  test("where the worker refuses it", async () => {
    const http = start();
    const bad = await runSend(["--to", "cid1", "--text", "x"], { block: blockFor(http) });
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("to[0]: expected");
    http.fill();
    const full = await runSend(args, { block: blockFor(http) });
    expect(full.code).toBe(1);
    expect(full.stderr).toContain("too many messages wait");
    expect(oneLine(full.stderr)).toBe(true);
  });

  test("where something else answers", async () => {
    const page = start(() => new Response("<html>", { status: 200 }));
    const run = await runSend(args, { block: blockFor(page) });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("is no dingbridge");
    const elsewhere = start(() => Response.redirect("http://127.0.0.1:1/", 307));
    expect((await runSend(args, { block: blockFor(elsewhere) })).code).toBe(1);
  });

  test.each([
    ["a bad port", { block: { http: { port: 99_999, token: TOKEN } } }, "http.port"],
    ["a file that cannot be read", { file: "{" }, "not valid JSON5"],
  ])("where the configuration has %s", async (_what, given, reason) => {
    const run = await runSend(args, given);
    expect(run.code).toBe(78);
    expect(run.stderr).toContain(reason);
  });

  test.each([
    ["nothing to send", ["--to", "user:a"], "nothing to send"],
    ["two things to send", ["--to", "user:a", "--text", "x", "--image", "y"], "only one of"],
    ["nobody to send to", ["--text", "x"], "--to is missing"],
    ["a name for words", ["--to", "user:a", "--text", "x", "--name", "y"], "--name goes with"],
    ["JSON that is none", ["--to", "user:a", "--message", "["], "--message"],
    ["an endless wait", [...args, "--wait=for"], "--wait"],
    ["an unknown option", [...args, "--loud"], "--loud"],
    ["another command's option", [...args, "--port", "1"], "--port belongs to the demo"],
  ])("where there is %s", async (_what, given, reason) => {
    const run = await runSend(given, { block: { http: { port: 1, token: TOKEN } } });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(reason);
  });
});
