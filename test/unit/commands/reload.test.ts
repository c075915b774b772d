import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { knownPaths } from "../../../src/core/config/keys.ts";
import { WORKER } from "../../../src/core/config/shape.ts";
import { ROBOT, createWatching, type Watching } from "./_reload.ts";

const TAKEN = "configuration taken over";
const REFUSED = "configuration not taken over: the old one holds";
const UNCHANGED = "configuration read again: nothing has changed";
const LATE = "some changes count from the next start on";

let world: Watching;
beforeEach(() => {
  world = createWatching();
});
afterEach(() => world.close());

const begin = (block: object = {}) => {
  world.configure(block);
  const started = world.start();
  started.watch();
  return started.config;
};
const messages = (entries: readonly { readonly message: string }[]) =>
  entries.map(({ message }) => message);

/** `{ "log.dir": 1 }` → `{ log: { dir: 1 } }` */
const blockOf = (key: string, value: unknown): object =>
  key.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object;

describe("a key of the worker that changes", () => {
  /** Not the default. */
  const CHANGED: Readonly<Record<string, unknown>> = {
    dataDir: "/srv/dingbridge",
    proxy: "http://proxy.example.com:3128",
    caFile: "/srv/ca.pem",
    autostart: false,
    defaultAccount: "default",
    "audit.content": true,
    "audit.keepDays": 5,
    "audit.maxMb": 5,
    "store.fsync": true,
    "store.maxMb": 99,
    "http.host": "127.0.0.2",
    "http.port": 81,
    "http.token": "token",
    "log.level": "debug",
    "log.format": "json",
    "log.dir": "/srv/log",
  };
  /** Nothing to wait for: the worker does not ask for it, or it is taken over. */
  const LIVE = ["autostart", "log.level"];

  test("is one of those that are tried here", () => {
    expect(Object.keys(CHANGED).toSorted()).toEqual(knownPaths(WORKER).toSorted());
  });

  test.each(Object.keys(CHANGED).filter((key) => !LIVE.includes(key)))(
    "is said to count from the next start on, once: %s",
    async (key) => {
      const config = begin();
      world.configure(blockOf(key, CHANGED[key]));
      expect((await world.look()).at(-1)).toEqual({
        level: "warn",
        message: LATE,
        fields: { settings: [key] },
      });
      // Nobody is told of a value that does not hold.
      expect(world.told).toEqual([config]);
      expect(messages(await world.hangUp())).toEqual([UNCHANGED]);
      // Another change is no reason to say it again.
      world.configure({ ...blockOf(key, CHANGED[key]), owners: ["boss"] });
      expect(messages(await world.look())).toEqual([TAKEN]);
      // Back to what holds.
      world.configure({ owners: ["boss"] });
      expect(messages(await world.look())).toEqual([TAKEN]);
      expect(messages(await world.hangUp())).toEqual([UNCHANGED]);
      world.configure(blockOf(key, CHANGED[key]));
      expect(messages(await world.look())).toEqual([TAKEN, LATE]);
    },
  );

  test.each(LIVE)("needs no start: %s", async (key) => {
    begin();
    world.configure(blockOf(key, CHANGED[key]));
    expect(messages(await world.look())).toEqual([TAKEN]);
    expect(world.levels).toEqual([key === "log.level" ? "debug" : "info"]);
  });
});

describe("a file that is not what it was", () => {
  test("has changed before anybody looked for changes", async () => {
    world.configure({});
    const started = world.start();
    world.configure({ owners: ["boss"] });
    started.watch();
    expect(messages(await world.look())).toEqual([TAKEN]);
    expect(world.told[0]?.accounts[0]?.owners).toEqual(["boss"]);
  });

  test("is not read again while it stays", async () => {
    begin();
    expect(await world.look()).toEqual([]);
  });

  test("is empty or gone, and the environment would do: no door opens that the file keeps closed", async () => {
    process.env["DINGTALK_CLIENT_ID"] = "a";
    process.env["DINGTALK_CLIENT_SECRET"] = "TOP-SECRET";
    begin({ dmPolicy: "allowlist", owners: ["boss"] });
    world.write(world.own, "{}");
    expect(await world.look()).toEqual([
      {
        level: "error",
        message: REFUSED,
        fields: { problems: [expect.stringContaining(`${world.own}: channels.dingtalk is gone`)] },
      },
    ]);
    rmSync(world.own);
    expect((await world.look()).at(-1)?.fields).toEqual({
      problems: [`${world.own}: there is no such file`],
    });
    expect(world.told).toEqual([]);
    world.configure({ dmPolicy: "allowlist", owners: ["boss"] });
    expect(messages(await world.look())).toEqual([UNCHANGED]);
  });

  test.each<[string, () => void]>([
    ["gone", () => rmSync(world.openclaw)],
    ["half written", () => world.write(world.openclaw, "{ gateway: { auth")],
    ["a folder", () => (rmSync(world.openclaw), mkdirSync(world.openclaw))],
  ])("is OpenClaw's, with the gateway's token in it, and %s", async (_what, spoil) => {
    const gateway = JSON.stringify({ gateway: { auth: { token: "GATEWAY-TOKEN" } } });
    world.write(world.openclaw, gateway);
    const config = begin();
    expect(config.accounts[0]?.gateway.token).toBe("GATEWAY-TOKEN");
    spoil();
    world.configure({ owners: ["boss"] });
    expect(messages(await world.look()).at(-1)).toBe(REFUSED);
    expect(world.told).toEqual([]);
    rmSync(world.openclaw, { recursive: true, force: true });
    world.write(world.openclaw, gateway);
    expect(messages(await world.look())).toEqual([TAKEN]);
    expect(world.told[0]?.accounts[0]).toMatchObject({
      owners: ["boss"],
      gateway: { token: "GATEWAY-TOKEN" },
    });
  });

  test("was OpenClaw's and broken from the start: that holds nothing up", async () => {
    world.write(world.openclaw, "{");
    begin();
    world.configure({ owners: ["boss"] });
    expect(messages(await world.look())).toEqual(["configuration", TAKEN]);
  });

  test("is a folder, and then a file again", async () => {
    begin();
    rmSync(world.own);
    mkdirSync(world.own);
    expect((await world.look()).at(-1)?.fields).toEqual({
      problems: [`${world.own}: is a folder: expected a JSON5 file`],
    });
    rmSync(world.own, { recursive: true });
    world.configure({ owners: ["boss"] });
    expect(messages(await world.look())).toEqual([TAKEN]);
  });

  test("has other rights: who may not read it before perhaps may now", async () => {
    begin();
    chmodSync(world.own, 0o640);
    expect(messages(await world.look())).toEqual([UNCHANGED]);
  });

  test("lies behind a link that is put elsewhere, as Kubernetes does it", async () => {
    const version = (name: string, owners: string[]) => {
      mkdirSync(join(world.home, name));
      const block = { ...ROBOT, owners };
      const text = JSON.stringify({ channels: { dingtalk: block } });
      writeFileSync(join(world.home, name, "config.json"), text);
    };
    version("..one", ["me"]);
    version("..two", ["we"]);
    const data = join(world.home, "..data");
    symlinkSync("..one", data);
    const file = join(world.home, "config.json");
    symlinkSync(join("..data", "config.json"), file);
    world.start(file).watch();
    symlinkSync("..two", `${data}_tmp`);
    renameSync(`${data}_tmp`, data);
    expect(messages(await world.look())).toEqual([TAKEN]);
    expect(world.told[0]?.accounts[0]?.owners).toEqual(["we"]);
  });

  test("has no accounts any more: its own keys are the robot's", async () => {
    const { accounts } = begin({ accounts: { work: {} } });
    expect(accounts.map(({ id }) => id)).toEqual(["work"]);
    world.configure({ accounts: {} });
    expect(messages(await world.look())).toEqual([TAKEN]);
    expect(world.told[0]?.accounts.map(({ id }) => id)).toEqual(["default"]);
  });
});

describe.skipIf(process.platform === "win32" || process.stdout.isTTY)("SIGHUP", () => {
  test("reads at once, and what it has read is no news a second later", async () => {
    begin();
    world.configure({ owners: ["boss"] });
    expect(messages(await world.hangUp())).toEqual([TAKEN]);
    expect(await world.look()).toEqual([]);
  });

  test("during a reload: one after the other, and the last one counts", async () => {
    begin();
    const release = world.block();
    world.configure({ owners: ["one"] });
    await world.hangUp();
    world.configure({ owners: ["two"] });
    await world.hangUp();
    world.configure({ owners: ["three"] });
    await world.hangUp(2);
    expect(world.told.map(({ accounts }) => accounts[0]?.owners)).toEqual([["one"]]);
    release();
    await world.clock.settle();
    expect(world.told.map(({ accounts }) => accounts[0]?.owners)).toEqual([["one"], ["three"]]);
    expect(await world.look()).toEqual([]);
  });

  test("that waits when the worker is asked to stop brings no robot back", async () => {
    begin();
    const release = world.block();
    world.configure({ owners: ["one"] });
    await world.hangUp();
    world.configure({ owners: ["two"] });
    await world.hangUp();
    world.stop();
    release();
    await world.clock.settle();
    expect(world.told).toHaveLength(1);
    expect(world.clock.pending).toBe(0);
  });
});
