import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { acquireLock } from "../../../src/store/lock.ts";
import { createRig } from "./_rig.ts";

const ROBOT = { clientId: "dingclient", clientSecret: "the-secret" };

const rigs: ReturnType<typeof createRig>[] = [];
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.remove();
});
function rigOf(options?: Parameters<typeof createRig>[0]) {
  const rig = createRig(options);
  rigs.push(rig);
  return rig;
}

describe("a gateway that starts", () => {
  test("starts a worker that lives on without it, and says so in one line", async () => {
    const rig = rigOf();
    await rig.gatewayStart(ROBOT, { env: { PATH: "/bin", NOTIFY_SOCKET: "/run/notify" } });
    const [worker, ...others] = rig.asked;
    expect(others).toEqual([]);
    const config = join(rig.home, "openclaw.json");
    expect(worker?.command).toEqual(["/usr/bin/node", rig.launcher, "start", "--config", config]);
    // The gateway's defaults are looked for in the same file; systemd waits for the gateway only.
    expect(worker?.options.env).toEqual({ PATH: "/bin", OPENCLAW_CONFIG_PATH: config });
    expect(worker?.options.detached).toBe(true);
    expect(worker?.isReleased()).toBe(true);
    const output = join(rig.dataDir, "autostart.log");
    expect(rig.lines).toEqual([`info dingbridge started (pid 101); its output goes to ${output}`]);
  });

  test("keeps what the worker writes for the owner's eyes only", async () => {
    const rig = rigOf();
    const output = join(rig.dataDir, "autostart.log");
    mkdirSync(rig.dataDir, { recursive: true });
    writeFileSync(output, "of the one before\n", { mode: 0o644 });
    await rig.gatewayStart(ROBOT);
    rig.asked[0]?.write("of this one\n");
    expect(readFileSync(output, "utf8")).toBe("of the one before\nof this one\n");
    expect(statSync(output).mode & 0o777).toBe(0o600);
  });

  test("makes the data folder for the owner only, where the block puts it", async () => {
    const rig = rigOf();
    await rig.gatewayStart({ ...ROBOT, dataDir: "~/robots/one" });
    const folder = join(rig.home, "robots/one");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(rig.lines[0]).toContain(join(folder, "autostart.log"));
  });

  test("begins a new output file once the old one has grown, and keeps that", async () => {
    const rig = rigOf();
    const output = join(rig.dataDir, "autostart.log");
    mkdirSync(rig.dataDir, { recursive: true });
    writeFileSync(output, "x".repeat(10 * 1024 * 1024 + 1));
    await rig.gatewayStart(ROBOT);
    expect(statSync(output).size).toBe(0);
    expect(statSync(`${output}.1`).size).toBe(10 * 1024 * 1024 + 1);
  });

  test("starts none where one runs, whoever has started it", async () => {
    const rig = rigOf();
    mkdirSync(rig.dataDir, { recursive: true });
    const lock = acquireLock(join(rig.dataDir, "dingbridge.lock"));
    try {
      await rig.gatewayStart(ROBOT);
    } finally {
      lock.release();
    }
    expect(rig.asked).toEqual([]);
    expect(rig.lines).toEqual([`info dingbridge runs already (pid ${process.pid})`]);
  });

  test("starts one where only the lock of an ended one lies", async () => {
    const rig = rigOf();
    mkdirSync(rig.dataDir, { recursive: true });
    const path = join(rig.dataDir, "dingbridge.lock");
    acquireLock(path).release();
    await rig.gatewayStart(ROBOT);
    expect(rig.asked.length).toBe(1);
    // Asking has not taken it from the worker.
    acquireLock(path).release();
  });

  test("leaves it to the worker to speak of a damaged lock", async () => {
    const rig = rigOf();
    mkdirSync(rig.dataDir, { recursive: true });
    writeFileSync(join(rig.dataDir, "dingbridge.lock"), "no database ".repeat(100));
    await rig.gatewayStart(ROBOT);
    expect(rig.asked.length).toBe(1);
  });

  test.each([
    ["autostart is false", { ...ROBOT, autostart: false }],
    ["autostart is false", { ...ROBOT, autostart: "false" }],
    ["enabled is false", { ...ROBOT, enabled: false }],
    ["has no clientId and clientSecret yet", { clientId: "dingclient" }],
    ["has no clientId and clientSecret yet", undefined],
  ])("starts none where channels.dingtalk %s", async (why, block) => {
    const rig = rigOf();
    await rig.gatewayStart(block);
    expect(rig.asked).toEqual([]);
    expect(rig.lines).toEqual([expect.stringMatching(/^info dingbridge is not started: /)]);
    expect(rig.lines[0]).toContain(why);
  });

  test("says how to install the plugin where dingbridge is not beside it", async () => {
    const rig = rigOf();
    rmSync(rig.launcher);
    await rig.gatewayStart(ROBOT);
    expect(rig.asked).toEqual([]);
    expect(rig.lines).toEqual([expect.stringMatching(/^warn .*--link/)]);
  });

  test("goes on where the process or its folder cannot be made", async () => {
    const refused = rigOf({ refused: () => true });
    await refused.gatewayStart(ROBOT);
    expect(refused.lines).toEqual([
      "warn dingbridge cannot be started: spawn /usr/bin/node ENOENT",
    ]);

    const blocked = rigOf();
    writeFileSync(join(blocked.home, ".openclaw"), "a file");
    await blocked.gatewayStart(ROBOT);
    expect(blocked.lines).toEqual([expect.stringMatching(/^warn dingbridge cannot be started: /)]);
  });

  test("of a systemd service puts the worker beside that, or inside where that fails", async () => {
    const scope = ["systemd-run", "--user", "--scope"];
    const rig = rigOf();
    await rig.gatewayStart(ROBOT, { scope });
    expect(rig.asked[0]?.command.slice(0, 4)).toEqual([...scope, "/usr/bin/node"]);

    const without = rigOf({ refused: (command) => command === "systemd-run" });
    await without.gatewayStart(ROBOT, { scope });
    expect(without.asked.map(({ command }) => command[0])).toEqual([
      "systemd-run",
      "/usr/bin/node",
    ]);
    expect(without.lines).toEqual([expect.stringMatching(/^info dingbridge started \(pid 102\)/)]);
  });
});

describe("a gateway that reads its configuration again", () => {
  test("does not start a second worker while the first is on its way", async () => {
    const rig = rigOf();
    await Promise.all([rig.gatewayStart(ROBOT), rig.gatewayStart(ROBOT)]);
    await rig.gatewayStart({ ...ROBOT, name: "changed" });
    expect(rig.asked.length).toBe(1);
    expect(rig.lines.slice(1)).toEqual([
      "info dingbridge is being started (pid 101)",
      "info dingbridge is being started (pid 101)",
    ]);
  });

  test("starts one once there are credentials", async () => {
    const rig = rigOf();
    await rig.gatewayStart({ clientId: "dingclient" });
    await rig.gatewayStart(ROBOT);
    expect(rig.asked.length).toBe(1);
  });

  test("tries again after one that ended, and not before", async () => {
    const rig = rigOf();
    await rig.gatewayStart(ROBOT);
    rig.asked[0]?.write('{"level":"INFO","message":"noise"}\nerror: channels.dingtalk: wrong\n');
    rig.asked[0]?.exit(78);
    await Promise.resolve();
    expect(rig.asked.length).toBe(1);
    await rig.gatewayStart({ ...ROBOT, name: "changed" });
    expect(rig.asked.length).toBe(2);
  });
});

describe("a worker that ends while the gateway lives", () => {
  async function farewell(act: (rig: ReturnType<typeof createRig>) => void) {
    const rig = rigOf();
    mkdirSync(rig.dataDir, { recursive: true });
    writeFileSync(join(rig.dataDir, "autostart.log"), "error: of the one before\n");
    await rig.gatewayStart(ROBOT);
    act(rig);
    await new Promise(setImmediate);
    return rig.lines.slice(1);
  }

  test("is told of with its last words for people", async () => {
    const lines = await farewell(({ asked: [worker] }) => {
      worker?.write('{"level":"INFO"}\nerror: channels.dingtalk.http.port: taken\n{"a":1}\n');
      worker?.exit(78);
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn dingbridge \(pid 101\) ended with exit code 78: error: channels\.dingtalk\.http\.port: taken; see .*autostart\.log$/,
      ),
    ]);
  });

  test("is not blamed for what another one has written", async () => {
    const lines = await farewell(({ asked: [worker] }) => worker?.exit(null, "SIGKILL"));
    expect(lines).toEqual([
      expect.stringMatching(/^warn dingbridge \(pid 101\) ended by SIGKILL; see /),
    ]);
  });

  test("has stopped where it was asked to", async () => {
    const lines = await farewell(({ asked: [worker] }) => worker?.exit(0));
    expect(lines).toEqual(["info dingbridge (pid 101) has stopped"]);
  });
});
