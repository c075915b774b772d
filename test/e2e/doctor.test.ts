import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { startDingTalk, type DingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway, type EchoGateway } from "../../src/simulator/gateway.ts";
import { RUNTIMES, type RuntimeName } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { ended, runMain, startWorker, temporaryFolder } from "../support/worker-process.ts";

interface Check {
  readonly code: string;
  readonly status: "pass" | "warn" | "fail" | "skipped";
  readonly cause: string;
  readonly cure: string;
  readonly account?: string;
  readonly ms?: number;
}

let dingtalk: DingTalk;
let gateway: EchoGateway;
let home: ReturnType<typeof temporaryFolder>;

beforeEach(async () => {
  home = temporaryFolder();
  mkdirSync(join(home.path, ".openclaw"), { mode: 0o700 });
  dingtalk = await startDingTalk({ clientSecret: "a-secret-nobody-may-see" });
  gateway = await startGateway({ token: "the-gateway-token-itself", agents: ["main", "guest"] });
});
afterEach(async () => {
  await dingtalk.close();
  await gateway.stop();
  home.remove();
});

const inHome = (name: string) => join(home.path, ".openclaw", name);

/** As `onboard` leaves it, with an owner. */
function configure(more: object = {}, url = gateway.url): void {
  const { clientId, clientSecret, url: apiUrl } = dingtalk;
  const robot = { clientId, clientSecret, apiUrl, oapiUrl: apiUrl, owners: ["boss"] };
  const block = { ...robot, http: { port: 0 }, gateway: { url, token: gateway.token }, ...more };
  const file = { channels: { dingtalk: { log: { dir: "off" }, ...block } } };
  writeFileSync(inHome("dingbridge.json"), JSON.stringify(file), { mode: 0o600 });
}

async function run(
  runtime: RuntimeName,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const surroundings = { HOME: home.path, LANG: "en_US.UTF-8", ...env };
  const { code, stdout, stderr } = await ended(runMain(runtime, ["doctor", ...args], surroundings));
  for (const hidden of [dingtalk.clientSecret, gateway.token, "token-"]) {
    expect(stdout + stderr).not.toContain(hidden);
  }
  return { code, stdout, stderr };
}

/** Runs it with --json: what it found, by code. */
async function examine(
  runtime: RuntimeName,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const { code, stdout, stderr } = await run(runtime, ["--json", ...args], env);
  expect(stderr).toBe("");
  const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
  for (const check of checks) {
    expect(check.code).toMatch(/^DB[1-7]\d\d$/);
    expect(["pass", "warn", "fail", "skipped"]).toContain(check.status);
    expect(check.cause).not.toBe("");
    if (check.status === "fail" || check.status === "warn") expect(check.cure).not.toBe("");
    expect(check.cause + check.cure).not.toMatch(/[\r\n]/);
  }
  expect(code).toBe(checks.some(({ status }) => status === "fail") ? 1 : 0);
  const of = (wanted: string) => {
    const found = checks.find((check) => check.code === wanted);
    if (found === undefined) throw new Error(`no ${wanted}`);
    return found;
  };
  return { code, checks, of, status: (wanted: string) => of(wanted).status };
}

const codesOf = (checks: readonly Check[], status: Check["status"]) =>
  checks.filter((check) => check.status === status).map(({ code }) => code);

/** A gateway whose chat endpoint is switched off, as OpenClaw's is by default. */
async function withoutEndpoint(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/readyz" || path === "/tools/invoke") {
      void forward(path, request.method ?? "GET", request.headers.authorization).then(
        async (answer) => {
          response.writeHead(answer.status, { "content-type": "application/json" });
          response.end(await answer.text());
        },
      );
      request.resume();
    } else response.writeHead(404, { "content-type": "text/plain" }).end("Not Found");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const forward = async (path: string, method: string, authorization = "") =>
  await fetch(gateway.url + path, {
    method,
    headers: { authorization },
    ...(method === "POST" ? { body: '{"tool":"sessions_list","args":{},"agentId":"main"}' } : {}),
  });

describe.each([...RUNTIMES])("dingbridge doctor in %s", (runtime) => {
  test("all is well: 0, and nothing was asked, acked or left behind", async () => {
    configure();
    const { code, checks, status, of } = await examine(runtime);
    expect(codesOf(checks, "fail")).toEqual([]);
    expect(code).toBe(0);
    for (const each of "DB101 DB102 DB104 DB201 DB203 DB204 DB301 DB302 DB303 DB304".split(" ")) {
      expect(`${each} ${status(each)}`).toBe(`${each} pass`);
    }
    for (const each of "DB401 DB402 DB403 DB404 DB501 DB502 DB503 DB504 DB505 DB507".split(" ")) {
      expect(`${each} ${status(each)}`).toBe(`${each} pass`);
    }
    expect(of("DB403").ms).toBeGreaterThanOrEqual(0);
    expect(status("DB601")).toBe("skipped");
    expect(gateway.asked).toHaveLength(0);
    expect(dingtalk.opens).toHaveLength(1);
    expect(dingtalk.stream.links).toBe(0);
    expect(existsSync(inHome("dingbridge"))).toBe(false);
  });

  test("a wrong secret is found by the token and by the Stream", async () => {
    configure({ clientSecret: "another-secret-than-that" });
    const { code, status, of } = await examine(runtime);
    expect(code).toBe(1);
    expect([status("DB401"), status("DB402"), status("DB403")]).toEqual([
      "fail",
      "fail",
      "skipped",
    ]);
    expect(of("DB401").cause).toContain("invalidClientIdOrSec");
    expect(of("DB401").cause).not.toContain("…");
    expect(of("DB401").cure).toContain("https://open-dev.dingtalk.com/");
  });

  test("Stream is off: the credentials pass, and the causes are named", async () => {
    configure();
    dingtalk.faults.open = {
      status: 400,
      body: { code: "systemError", message: "系统错误", requestid: "EB2AE1A2" },
    };
    const { code, status, of } = await examine(runtime);
    expect(code).toBe(1);
    expect([status("DB401"), status("DB402")]).toEqual(["pass", "fail"]);
    expect(of("DB402").cause).toContain("not published");
    expect(of("DB402").cure).toContain("Stream 模式");
  });

  test("no gateway", async () => {
    configure();
    await gateway.stop();
    const { code, checks, status } = await examine(runtime);
    expect(code).toBe(1);
    expect(codesOf(checks, "fail")).toEqual(["DB501"]);
    expect([status("DB504"), status("DB505")]).toEqual(["skipped", "skipped"]);
  });

  test("a wrong gateway token, which is not told", async () => {
    configure({ gateway: { url: gateway.url, token: "an-old-token-of-the-gateway" } });
    const { code, checks } = await examine(runtime);
    expect(code).toBe(1);
    expect(codesOf(checks, "fail")).toEqual(["DB503"]);
    expect(JSON.stringify(checks)).not.toContain("an-old-token");
  });

  test("the chat endpoint is off: the command that switches it on", async () => {
    const { url, server } = await withoutEndpoint();
    try {
      configure({}, url);
      const { checks, of, status } = await examine(runtime);
      expect(codesOf(checks, "fail")).toEqual(["DB504"]);
      expect(status("DB503")).toBe("pass");
      expect(of("DB504").cure).toBe(
        "openclaw config set gateway.http.endpoints.chatCompletions.enabled true",
      );
    } finally {
      server.close();
    }
  });

  test("while a worker runs no second link is opened: its own word counts", async () => {
    configure();
    const worker = await startWorker({ runtime, dingtalk: undefined, gateway, home: home.path });
    try {
      const opens = dingtalk.opens.length;
      const port = new URL(worker.http).port;
      const { status, of } = await examine(runtime, [], { DINGBRIDGE_PORT: port });
      expect([status("DB402"), status("DB403"), status("DB601")]).toEqual(["pass", "pass", "pass"]);
      expect(of("DB403").cause).toContain("no second connection");
      // Without a way to its status too.
      const blind = await examine(runtime);
      expect([blind.status("DB403"), blind.status("DB601")]).toEqual(["skipped", "warn"]);
      expect(dingtalk.opens).toHaveLength(opens);

      dingtalk.faults.open = { status: 401, body: { code: "authFailed", message: "鉴权失败" } };
      dingtalk.stream.drop();
      await until("the worker to be refused", async () => {
        const { failing } = (await (await fetch(`${worker.http}/readyz`)).json()) as {
          failing: readonly { readonly reason: string }[];
        };
        return failing.some(({ reason }) => reason.includes("authFailed"));
      });
      const refused = dingtalk.opens.length;
      const down = await examine(runtime, [], { DINGBRIDGE_PORT: port });
      expect(codesOf(down.checks, "fail")).toEqual(["DB402", "DB403", "DB601"]);
      expect(down.of("DB402").cause).toContain("authFailed");
      expect(dingtalk.opens).toHaveLength(refused);
    } finally {
      await worker.stop();
    }
  });

  test("--offline asks nobody", async () => {
    configure();
    const { code, status } = await examine(runtime, ["--offline"]);
    expect(code).toBe(0);
    expect(status("DB401")).toBe("skipped");
    expect(status("DB504")).toBe("skipped");
    expect(dingtalk.opens).toHaveLength(0);
    expect(dingtalk.calls).toHaveLength(0);
  });

  test("a broken configuration is a failing check, never 78", async () => {
    writeFileSync(inHome("dingbridge.json"), "{ channels: ", { mode: 0o600 });
    const { code, checks } = await examine(runtime);
    expect(code).toBe(1);
    expect(codesOf(checks, "fail")).toEqual(["DB101"]);
  });

  test("--ask asks one real question", async () => {
    configure();
    const { status, of } = await examine(runtime, ["--ask"]);
    expect(status("DB509")).toBe("pass");
    expect(of("DB509").cause).toContain("Say OK.");
    expect(gateway.asked).toHaveLength(1);
  });

  test("a bundle for whoever helps: complete, redacted, for its owner alone", async () => {
    configure({ http: { port: 0, token: "the-token-of-the-send-api" } });
    const file = join(home.path, "bundle.json");
    const { code, stderr } = await run(runtime, ["--bundle", file]);
    expect(code).toBe(0);
    expect(stderr).toContain(file);
    const text = readFileSync(file, "utf8");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const hidden of [dingtalk.clientSecret, gateway.token, "the-token-of-the-send-api"]) {
      expect(text).not.toContain(hidden);
    }
    const bundle = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(bundle)).toEqual(
      expect.arrayContaining(["checks", "configuration", "status", "logs", "runtime"]),
    );
    expect((await run(runtime, ["--bundle", file])).code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("what people see", () => {
  test("in Chinese by default, with the cure under each finding", async () => {
    configure({ clientSecret: "another-secret-than-that" });
    const { code, stdout } = await run("bun", [], { LANG: "" });
    expect(code).toBe(1);
    expect(stdout).toContain("✗ DB401 凭证");
    expect(stdout).toContain("→ 请把两个都完整地重新复制");
    expect(stdout).toMatch(/^失败: 2，/m);
  });

  test("secrets others may read, the block in OpenClaw's file, an open robot", async () => {
    configure({ owners: [], colour: "red" });
    chmodSync(inHome("dingbridge.json"), 0o644);
    writeFileSync(
      inHome("openclaw.json"),
      JSON.stringify({ channels: { dingtalk: { enabled: false } } }),
    );
    const { of, status } = await examine("bun");
    expect(of("DB103").cause).toContain("colour");
    expect(of("DB104")).toMatchObject({
      status: "warn",
      cure: `chmod 600 ${inHome("dingbridge.json")}`,
    });
    expect(of("DB508").cause).toContain("will not start");
    expect(of("DB701").cause).toContain("NOBODY owns this robot");
    expect(status("DB703")).toBe("warn");
    expect(readdirSync(inHome(""))).toEqual(["dingbridge.json", "openclaw.json"]);
  });
});
