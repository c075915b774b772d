import { afterEach, beforeEach, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDingTalk, type DingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway, type EchoGateway } from "../../src/simulator/gateway.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { ended, runMain, temporaryFolder } from "../support/worker-process.ts";

/** What every run is told about the command. */
export const ENTRY = "src/main.ts";

type Environment = Readonly<Record<string, string>>;

/** What `--json` says. */
interface Document {
  readonly ok: boolean;
  readonly file: string | null;
  readonly clientId: string | null;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly text: string;
  }[];
  readonly missing?: readonly string[];
  readonly error?: string;
}

/** For each test a home of its own, with a DingTalk and a gateway around it. */
export function useHouse() {
  let dingtalk: DingTalk;
  let gateway: EchoGateway;
  let home: ReturnType<typeof temporaryFolder>;

  beforeEach(async () => {
    home = temporaryFolder();
    mkdirSync(join(home.path, ".openclaw"));
    dingtalk = await startDingTalk();
    gateway = await startGateway({
      async *respond() {
        yield "OK.";
      },
    });
  });
  afterEach(async () => {
    await dingtalk.close();
    await gateway.stop();
    home.remove();
  });

  const inHome = (name: string) => join(home.path, ".openclaw", name);
  const addresses = () => ["--api-url", dingtalk.url, "--oapi-url", dingtalk.url];
  const environment = (env: Environment = {}) => ({
    HOME: home.path,
    TMPDIR: home.path,
    PATH: process.env["PATH"] ?? "",
    LANG: "en_US.UTF-8",
    ...env,
  });

  /** @param where options that say where DingTalk is. */
  const run = (
    runtime: RuntimeName,
    args: readonly string[],
    env: Environment,
    where: readonly string[] = addresses(),
  ) => runMain(runtime, ["onboard", ...where, ...args], environment(env));

  return {
    get dingtalk() {
      return dingtalk;
    },
    get gateway() {
      return gateway;
    },
    get path() {
      return home.path;
    },
    inHome,
    own: () => inHome("dingbridge.json"),
    progress: () => inHome("dingbridge/onboard.json"),
    robotIn: (path: string) =>
      (
        JSON.parse(readFileSync(path, "utf8")) as {
          channels: { dingtalk: Record<string, unknown> };
        }
      ).channels.dingtalk,
    addresses,
    environment,
    secret: () => ({ DINGTALK_CLIENT_SECRET: dingtalk.clientSecret }),

    /** As OpenClaw's own installer leaves it. */
    withOpenClaw(more: object = {}): void {
      const { port } = new URL(gateway.url);
      const auth = { mode: "token", token: gateway.token };
      const file = { gateway: { mode: "local", port: Number(port), auth }, ...more };
      writeFileSync(inHome("openclaw.json"), JSON.stringify(file));
    },

    run,

    /** Runs it with --json to its end; no secret is in anything it says. */
    async onboard(
      runtime: RuntimeName,
      args: readonly string[],
      env: Environment = {},
      where?: readonly string[],
    ) {
      const { code, stdout, stderr } = await ended(run(runtime, ["--json", ...args], env, where));
      for (const hidden of [dingtalk.clientSecret, gateway.token]) {
        expect(stdout + stderr).not.toContain(hidden);
      }
      const document = JSON.parse(stdout) as Document;
      const checks = Object.fromEntries(document.checks.map(({ name, status }) => [name, status]));
      return { code, document, checks, stderr };
    },
  };
}
