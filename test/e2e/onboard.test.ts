import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RUNTIMES, commandFor } from "../support/runtimes.ts";
import { hasTerminal, openTerminal } from "../support/terminal.ts";
import { until } from "../support/until.ts";
import { startWorker } from "../support/worker-process.ts";
import { ENTRY, useHouse } from "./_onboarding.ts";

const house = useHouse();
const { inHome, own, progress, robotIn, addresses, environment, secret, withOpenClaw } = house;
const { run, onboard } = house;

describe.each([...RUNTIMES])("dingbridge onboard in %s", (runtime) => {
  const flags = () => ["--yes", "--client-id", house.dingtalk.clientId];

  test("from nothing to a worker that connects", async () => {
    withOpenClaw();
    const { code, document, checks } = await onboard(runtime, flags(), secret());
    expect(document).toMatchObject({ ok: true, file: own(), clientId: house.dingtalk.clientId });
    expect(checks).toEqual({ credentials: "ok", gateway: "ok", question: "ok", file: "ok" });
    expect(code).toBe(0);
    expect(statSync(own()).mode & 0o777).toBe(0o600);
    // The gateway's address and token stand in OpenClaw's file.
    expect(robotIn(own())).toEqual({
      clientId: house.dingtalk.clientId,
      clientSecret: house.dingtalk.clientSecret,
      apiUrl: house.dingtalk.url,
      oapiUrl: house.dingtalk.url,
      dmPolicy: "pairing",
    });
    expect(house.gateway.asked.map(({ text }) => text)).toEqual(["Say OK."]);
    expect(existsSync(progress())).toBe(false);

    const worker = await startWorker({
      runtime,
      dingtalk: undefined,
      gateway: house.gateway,
      home: house.path,
    });
    expect(await worker.stop()).toBe(0);
  });

  test("a wrong secret: not 0, and nothing is written", async () => {
    const { code, document, checks } = await onboard(runtime, flags(), {
      DINGTALK_CLIENT_SECRET: "not-the-secret",
    });
    expect(code).toBe(1);
    expect(document).toMatchObject({ ok: false, file: null });
    expect(checks).toEqual({ credentials: "failed" });
    expect(readdirSync(inHome(""))).toEqual([]);
  });

  test("a robot created by a QR code, and saved", async () => {
    const { code, document, stderr } = await onboard(runtime, ["--yes", "--qr"]);
    expect(code).toBe(0);
    expect(document.clientId).toBe(house.dingtalk.clientId);
    expect(robotIn(own())).toMatchObject({ clientSecret: house.dingtalk.clientSecret });
    expect(stderr).toContain(`?user_code=${house.dingtalk.registrations.codes[0]?.userCode}`);
    expect(stderr).toContain("█");
  });

  test("a run that was broken off goes on where it was, and keeps no secret meanwhile", async () => {
    withOpenClaw();
    house.gateway.respond = async function* () {
      await new Promise(() => undefined);
      yield "";
    };
    const broken = run(runtime, flags(), secret());
    await until("the question", () => house.gateway.asked.length > 0);
    broken.process.kill("SIGKILL");
    await broken.exited;
    expect(existsSync(own())).toBe(false);
    expect(statSync(progress()).mode & 0o777).toBe(0o600);
    expect(readFileSync(progress(), "utf8")).not.toContain(house.dingtalk.clientSecret);
    expect(readFileSync(progress(), "utf8")).not.toContain(house.gateway.token);

    house.gateway.respond = async function* () {
      yield "OK.";
    };
    const resumed = await onboard(runtime, ["--yes", "--resume"], secret());
    expect(resumed.code).toBe(0);
    expect(resumed.document.clientId).toBe(house.dingtalk.clientId);
    expect(existsSync(progress())).toBe(false);
  });

  test("Ctrl+C while the code waits to be scanned: 130, and nothing is written", async () => {
    house.dingtalk.registrations.script = [{ status: "WAITING" }];
    const waiting = run(runtime, ["--yes", "--qr", "--json"], {});
    await until("a poll", () => house.dingtalk.registrations.polls() > 0);
    waiting.process.kill("SIGINT");
    expect(await waiting.exited).toBe(130);
    expect(JSON.parse(waiting.stdout())).toMatchObject({ ok: false, file: null });
    expect(existsSync(own())).toBe(false);
  });
});

describe("without a terminal", () => {
  test("what is missing is named, and it does not hang", async () => {
    const { code, document } = await onboard("bun", []);
    expect(code).toBe(2);
    expect(document).toMatchObject({ ok: false, file: null, checks: [] });
    expect(document.missing?.join()).toContain("--client-id");
    expect(document.missing?.join()).toContain("--client-secret-file");
  });

  test("an AgentId in the Client ID's place is told at once", async () => {
    const { code, document } = await onboard("bun", ["--client-id", "3312345678"], secret());
    expect(code).toBe(2);
    expect(document.missing?.join()).toContain("AgentId");
    expect(house.dingtalk.opens).toHaveLength(0);
  });

  test("another robot is replaced with --yes only, and stays in the backup", async () => {
    const before = `{ // mine\n  channels: { dingtalk: { clientId: "dingold", clientSecret: "old" } },\n}\n`;
    writeFileSync(own(), before);
    const args = ["--client-id", house.dingtalk.clientId, "--access", "skip"];
    expect((await onboard("bun", args, secret())).code).toBe(2);
    expect(readFileSync(own(), "utf8")).toBe(before);
    expect((await onboard("bun", [...args, "--yes"], secret())).code).toBe(0);
    const after = readFileSync(own(), "utf8");
    expect(after).toContain("// mine");
    expect(after).toContain(house.dingtalk.clientId);
    const backup = readdirSync(inHome("")).find((name) => name.includes(".bak-"));
    expect(readFileSync(inHome(backup ?? "none"), "utf8")).toBe(before);
  });

  test("a file that cannot be understood is left alone, before anybody is asked anything", async () => {
    writeFileSync(own(), "{ channels: ");
    const flags = ["--yes", "--client-id", house.dingtalk.clientId];
    const { code, checks } = await onboard("bun", flags, secret());
    expect(code).toBe(78);
    expect(checks).toEqual({ configuration: "failed" });
    expect(readFileSync(own(), "utf8")).toBe("{ channels: ");
    expect(house.dingtalk.opens).toHaveLength(0);
  });

  test("a new app that waits for approval is saved, and said not to be verified", async () => {
    house.dingtalk.registrations.script = [
      { status: "APPROVING", client_id: "dingwaiting", client_secret: "waiting-secret" },
    ];
    house.dingtalk.faults.open = { status: 403, body: { code: "Forbidden" } };
    const { code, document, checks } = await onboard("bun", ["--yes", "--qr"]);
    expect(code).toBe(1);
    expect(document).toMatchObject({ ok: false, file: own(), clientId: "dingwaiting" });
    expect(checks).toMatchObject({ credentials: "failed", file: "ok" });
    expect(robotIn(own())).toMatchObject({ clientSecret: "waiting-secret" });
  });

  test("openclaw.json is refused without a plugin that declares the channel", async () => {
    withOpenClaw();
    const before = readFileSync(inHome("openclaw.json"), "utf8");
    const args = [
      "--yes",
      "--client-id",
      house.dingtalk.clientId,
      "--config",
      inHome("openclaw.json"),
    ];
    const { code, stderr } = await onboard("bun", args, secret());
    expect(code).toBe(1);
    expect(stderr).toContain("plugin");
    expect(readFileSync(inHome("openclaw.json"), "utf8")).toBe(before);
  });

  test("with the plugin it is changed by OpenClaw itself, and no secret is on a command line", async () => {
    const plugin = join(house.path, "plugin");
    mkdirSync(plugin);
    const manifest = { id: "dingbridge", channels: ["dingtalk"] };
    writeFileSync(join(plugin, "openclaw.plugin.json"), JSON.stringify(manifest));
    const plugins = { load: { paths: [plugin] }, entries: { dingbridge: { enabled: true } } };
    withOpenClaw({ plugins });
    // Notes down how it was called, and with what file, and does as it is told.
    const cli = join(house.path, "openclaw");
    const file = inHome("openclaw.json");
    const program = `#!/usr/bin/env node
      const { readFileSync, writeFileSync } = require("node:fs");
      const [, , ...args] = process.argv;
      const batch = readFileSync(args[3], "utf8");
      writeFileSync("${house.path}/called", args.join(" "));
      writeFileSync("${house.path}/batch", batch);
      const config = JSON.parse(readFileSync("${file}", "utf8"));
      for (const { path, value } of JSON.parse(batch)) {
        const keys = path.split(".");
        let at = config;
        for (const key of keys.slice(0, -1)) at = at[key] ??= {};
        at[keys.at(-1)] = value;
      }
      writeFileSync("${file}", JSON.stringify(config));
    `;
    writeFileSync(cli, program);
    chmodSync(cli, 0o755);
    const args = ["--yes", "--client-id", house.dingtalk.clientId, "--config", file];
    const path = `${house.path}:${process.env["PATH"]}`;
    const { code } = await onboard("bun", args, { ...secret(), PATH: path });
    expect(code).toBe(0);
    const called = readFileSync(join(house.path, "called"), "utf8");
    expect(called).toMatch(/^config set --batch-file \S+$/);
    const batch = JSON.parse(readFileSync(join(house.path, "batch"), "utf8")) as unknown;
    expect(batch).toContainEqual({
      path: "channels.dingtalk.clientSecret",
      value: house.dingtalk.clientSecret,
    });
    expect(existsSync(called.trim().split(" ").at(-1) ?? "")).toBe(false);
    expect(existsSync(own())).toBe(false);
  });
});

describe.skipIf(!hasTerminal).each(["bun", "node", "deno"] as const)(
  "on a terminal, in %s",
  (runtime) => {
    const open = (args: readonly string[] = []) =>
      openTerminal(commandFor(runtime, ENTRY, ["onboard", ...addresses(), ...args]), environment());

    test("answers are asked for, and the secret is never shown", async () => {
      withOpenClaw();
      const terminal = open();
      try {
        await terminal.shows("Which robot?");
        terminal.keys("Down", "Enter");
        await terminal.shows("Client ID (");
        terminal.keys("3312345678", "Enter");
        await terminal.shows("This is the AgentId");
        terminal.keys("C-u");
        terminal.keys(house.dingtalk.clientId, "Enter");
        await terminal.shows("Client Secret (not shown)");
        terminal.keys("not-the-secret", "Enter");
        await terminal.shows("DingTalk refuses this pair");
        await terminal.shows("What now?");
        terminal.keys("Enter");
        await until("the question again", () => terminal.screen().split("(not shown)").length > 2);
        terminal.keys(house.dingtalk.clientSecret, "Enter");
        await terminal.shows("Connected: ");
        await terminal.shows("The agent says: OK.");
        await terminal.shows("Who may talk to the robot?");
        terminal.keys("Down", "Enter");
        expect(await terminal.ended()).toBe(0);
        expect(terminal.screen()).toContain("What next:");
        const called = { bun: "bun", deno: "deno run -A", node: "node" }[runtime];
        expect(terminal.screen()).toContain(`Run it: ${called} src/main.ts start`);
        expect(terminal.screen()).not.toContain(house.dingtalk.clientSecret);
        expect(robotIn(own())).toMatchObject({
          clientId: house.dingtalk.clientId,
          clientSecret: house.dingtalk.clientSecret,
          dmPolicy: "open",
        });
      } finally {
        terminal.close();
      }
    });

    test("a QR code that has expired is renewed", async () => {
      const { script } = house.dingtalk.registrations;
      house.dingtalk.registrations.script = [{ status: "EXPIRED" }];
      const terminal = open(["--access", "skip"]);
      try {
        await terminal.shows("Which robot?");
        terminal.keys("Enter");
        await terminal.shows("The QR code has expired.");
        house.dingtalk.registrations.script = script;
        terminal.keys("Enter");
        await terminal.shows("The app is there");
        await terminal.shows("The address of OpenClaw's gateway");
        terminal.keys(house.gateway.url, "Enter");
        await terminal.shows("Enter the token");
        terminal.keys("Enter");
        await terminal.shows("(not shown; Enter if there is none)");
        terminal.keys(house.gateway.token, "Enter");
        await terminal.shows("The agent says: OK.");
        expect(await terminal.ended()).toBe(0);
        expect(house.dingtalk.registrations.codes).toHaveLength(2);
        const { url, token } = house.gateway;
        expect(robotIn(own())).toMatchObject({ gateway: { url, token } });
      } finally {
        terminal.close();
      }
    });

    test.each(["C-c", "Escape", "C-d"])("%s at a question: 130, nothing written", async (key) => {
      const terminal = open();
      try {
        await terminal.shows("Which robot?");
        terminal.keys("Down", "Enter");
        await terminal.shows("Client ID (");
        terminal.keys(key);
        expect(await terminal.ended()).toBe(130);
        expect(readdirSync(inHome(""))).toEqual([]);
      } finally {
        terminal.close();
      }
    });
  },
);
