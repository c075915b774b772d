import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfiguration } from "../../../src/host/configuration.ts";
import { UserError } from "../../../src/host/exit.ts";
import { service, type ServiceAction, type ServiceOptions } from "../../../src/commands/service.ts";
import type { Machine } from "../../../src/service/machine.ts";
import { isOurs } from "../../../src/service/unit.ts";
import { temporaryFolder } from "../../support/worker-process.ts";
import { fakeMachine, settings, words } from "./_systemd.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const home = () => join(folder.path, "home");
const unit = () => join(home(), ".config/systemd/user/dingbridge.service");
const systemUnit = () => join(folder.path, "system/dingbridge.service");
const secrets = () => join(home(), ".openclaw/dingbridge.env");

function write(path: string, text: string, mode = 0o600): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

interface Around extends Partial<Machine> {
  readonly codes?: readonly number[];
  readonly locale?: "zh" | "en";
}

async function run(action: ServiceAction, options: ServiceOptions = {}, around: Around = {}) {
  const { locale = "en", ...rest } = around;
  const fake = fakeMachine({ home: home(), systemUnits: dirname(systemUnit()), ...rest });
  const configuration: typeof readConfiguration = (explicit, credentials) => ({
    // No file of this machine's.
    ...readConfiguration(explicit ?? write(join(folder.path, "none.json"), "{}"), credentials),
    watched: explicit === undefined ? [] : [explicit],
  });
  const code = await service(action, options, {
    machine: fake.machine,
    locale,
    readConfiguration: configuration,
  });
  return { ...fake, code };
}

const failure = async (ran: Promise<unknown>) =>
  await ran.then(
    () => undefined,
    (error: unknown) => error,
  );

const exec = (path = unit()) =>
  words((settings(readFileSync(path, "utf8")).get("ExecStart")?.[0] ?? "").slice(1));

describe("service install", () => {
  test("writes the unit, starts it, and says each command before it runs", async () => {
    const { code, ran, printed } = await run("install");
    expect(code).toBe(0);
    expect(isOurs(readFileSync(unit(), "utf8"))).toBe(true);
    expect(ran).toEqual([
      "systemctl --user daemon-reload",
      "systemctl --user enable --now dingbridge.service",
    ]);
    for (const command of ran) expect(printed).toContain(`$ ${command}`);
  });

  test("runs this checkout in the runtime that runs now, by absolute paths", async () => {
    await run("install");
    const [program, ...args] = exec();
    expect(program).toBe("/usr/local/bin/bun");
    expect(args.slice(-2)).toEqual(["/opt/dingbridge/src/main.ts", "start"]);
  });

  test("once more changes nothing and starts nothing anew", async () => {
    await run("install");
    const before = readFileSync(unit(), "utf8");
    const { code, ran } = await run("install");
    expect(code).toBe(0);
    expect(readFileSync(unit(), "utf8")).toBe(before);
    expect(ran.join()).not.toContain("restart");
  });

  test("with something changed starts it again, or the old one would go on", async () => {
    await run("install");
    const { ran } = await run("install", {}, { program: "/usr/bin/bun" });
    expect(exec()[0]).toBe("/usr/bin/bun");
    expect(ran.at(-1)).toBe("systemctl --user restart dingbridge.service");
  });

  test("tells how it runs without anybody being logged in, if that is not so yet", async () => {
    expect((await run("install")).printed.join("\n")).toContain("loginctl enable-linger ming");
    const lingers = await run("install", {}, { lingers: true });
    expect(lingers.printed.join("\n")).not.toContain("linger");
  });

  test("leaves a unit alone that somebody else wrote", async () => {
    write(unit(), "[Service]\nExecStart=/usr/bin/mine\n");
    const failed = run("install");
    expect(await failure(failed)).toBeInstanceOf(UserError);
    expect(readFileSync(unit(), "utf8")).toContain("/usr/bin/mine");
  });

  test("ends with 1 at the first command that fails", async () => {
    const { code, ran, complaints } = await run("install", {}, { codes: [1], env: {} });
    expect(code).toBe(1);
    expect(ran).toHaveLength(1);
    expect(complaints.join("\n")).toContain("systemctl --user daemon-reload");
    // Not logged in: that is mostly why.
    expect(complaints.join("\n")).toContain("ssh");
  });

  test("--print shows it and touches nothing", async () => {
    const { code, ran, printed } = await run("install", { print: true });
    expect(code).toBe(0);
    expect(isOurs(printed.join("\n"))).toBe(true);
    expect(ran).toEqual([]);
    expect(existsSync(unit())).toBe(false);
  });

  test("without systemd says so, shows the unit and ends with 1", async () => {
    const { code, ran, printed, complaints } = await run("install", {}, { hasSystemd: false });
    expect(code).toBe(1);
    expect(isOurs(printed.join("\n"))).toBe(true);
    expect(complaints.join("\n")).toContain("systemd does not run here");
    expect(ran).toEqual([]);
    expect(existsSync(unit())).toBe(false);
  });

  test("names the configuration file that was named, absolutely", async () => {
    const config = write(join(folder.path, "my robot.json"), "{}");
    await run("install", { config });
    expect(exec().slice(-3)).toEqual(["start", "--config", config]);
  });

  test("hands on where OpenClaw's file and the data are, and no secret", async () => {
    const env = {
      XDG_RUNTIME_DIR: "/run/user/1000",
      OPENCLAW_CONFIG_PATH: "/srv/open claw.json",
      DINGTALK_CLIENT_SECRET: "very secret",
    };
    const { complaints } = await run("install", {}, { env });
    const text = readFileSync(unit(), "utf8");
    expect((settings(text).get("Environment") ?? []).flatMap(words)).toEqual([
      "OPENCLAW_CONFIG_PATH=/srv/open claw.json",
    ]);
    expect(text).not.toContain("very secret");
    // But the service would not have it.
    expect(complaints.join("\n")).toContain("DINGTALK_CLIENT_SECRET");
    expect(complaints.join("\n")).not.toContain("very secret");
    write(secrets(), "DINGTALK_CLIENT_SECRET=very secret\n");
    expect((await run("install", {}, { env })).complaints).toEqual([]);
  });

  test("refuses secrets that others may read, and says what to do", async () => {
    write(secrets(), "DINGTALK_CLIENT_SECRET=x\n", 0o640);
    const { code, complaints, ran } = await run("install");
    expect(code).toBe(1);
    expect(complaints.join("\n")).toContain(`chmod 600 ${secrets()}`);
    expect(ran).toEqual([]);
    expect(existsSync(unit())).toBe(false);
    chmodSync(secrets(), 0o600);
    expect((await run("install")).code).toBe(0);
  });

  test("in Deno gives the rights its configuration asks for, and not all", async () => {
    const config = write(
      join(folder.path, "robot/dingbridge.json"),
      JSON.stringify({
        channels: {
          dingtalk: {
            clientId: "dingx",
            clientSecret: "x",
            dataDir: "/srv/data",
            media: { roots: ["/srv/reports"] },
          },
        },
      }),
    );
    await run("install", { config }, { runtime: "deno", program: "/usr/local/bin/deno" });
    const flags = Object.fromEntries(
      exec()
        .filter((each) => /^--allow-\w+=/.test(each))
        .map((each) => [each.slice(8).split("=")[0], each.split("=")[1]?.split(",")]),
    );
    expect(flags["read"]).toContain("/srv/reports");
    expect(flags["read"]).toContain(dirname(config));
    expect(flags["write"]).toContain("/srv/data");
    expect(flags["write"]).not.toContain("/srv/reports");
    expect(flags["run"]).toEqual(["/usr/local/bin/deno"]);
    expect(exec()).not.toContain("--allow-all");
    expect(exec().some((each) => each === "-A" || each.startsWith("--allow-ffi"))).toBe(false);
  });

  test("of a compiled binary is that binary", async () => {
    await run("install", {}, { binary: "/usr/local/bin/dingbridge" });
    expect(exec()).toEqual(["/usr/local/bin/dingbridge", "start"]);
    const other = run("install", { runtime: "node" }, { binary: "/usr/local/bin/dingbridge" });
    expect(await failure(other)).toBeInstanceOf(UserError);
  });

  test("knows three runtimes", async () => {
    expect(await failure(run("install", { runtime: "java" }))).toMatchObject({ exitCode: 2 });
  });

  test("says in one line that the runtime is missing", async () => {
    const missing = run("install", { runtime: "deno" }, { env: { PATH: folder.path } });
    expect(String(await failure(missing))).toContain("deno");
  });

  test("speaks Chinese where the system does", async () => {
    const { printed } = await run("install", {}, { locale: "zh" });
    expect(printed.join("\n")).toContain("已写入");
  });
});

describe("service install --system", () => {
  /** A checkout that everybody may read, which a temporary folder is not. */
  const shared = { root: "/nowhere/dingbridge", program: "/bin/sh" };

  /** What it is like once its user is there. */
  const made = { ...shared, uidOf: () => process.getuid?.() };
  const environment = () =>
    (settings(readFileSync(systemUnit(), "utf8")).get("Environment") ?? []).flatMap(words);

  test("keeps configuration, secrets and data of its own", async () => {
    await run("install", { system: true }, shared);
    // There configuration and data are where they always are.
    expect(environment()).toContain("HOME=/var/lib/dingbridge");
    // Its /tmp is its own.
    expect(environment()).toContain("DINGBRIDGE_LOG_DIR=/var/log/dingbridge");
    const found = settings(readFileSync(systemUnit(), "utf8"));
    expect(found.get("EnvironmentFile")).toEqual(["-/etc/dingbridge/dingbridge.env"]);
    expect(existsSync(unit())).toBe(false);
  });

  test("makes its user first, once", async () => {
    const { ran, printed } = await run("install", { system: true }, shared);
    const [useradd = "", ...rest] = ran;
    expect(useradd).toMatch(/^useradd --system .*--home-dir \/var\/lib\/dingbridge .* dingbridge$/);
    expect(printed).toContain(`$ ${useradd}`);
    expect(rest).toEqual(["systemctl daemon-reload", "systemctl enable --now dingbridge.service"]);
    expect(printed.join("\n")).not.toContain("linger");
    const again = await run("install", { system: true }, made);
    expect(again.ran).toEqual(rest);
  });

  test("writes nothing if that user cannot be made, and says who can", async () => {
    const failed = await failure(run("install", { system: true }, { ...shared, codes: [1] }));
    expect(String(failed)).toContain("sudo");
    expect(existsSync(systemUnit())).toBe(false);
  });

  test("refuses what its user could not read", async () => {
    const config = write(join(folder.path, "closed.json"), "{}", 0o200);
    const { code, complaints } = await run("install", { system: true, config }, shared);
    expect(code).toBe(1);
    expect(complaints.join("\n")).toContain(config);
    expect(existsSync(systemUnit())).toBe(false);
  });

  test("takes a file with secrets that belongs to its user", async () => {
    const config = write(join(folder.path, "own.json"), "{}", 0o600);
    expect((await run("install", { system: true, config }, shared)).code).toBe(1);
    expect((await run("install", { system: true, config }, made)).code).toBe(0);
  });

  test("may write where its configuration has the data, and nowhere in the home of who installs it", async () => {
    const dingtalk = { dataDir: "/srv/data" };
    const config = write(join(folder.path, "c.json"), JSON.stringify({ channels: { dingtalk } }));
    await run("install", { system: true, config }, made);
    const writable = () => settings(readFileSync(systemUnit(), "utf8")).get("ReadWritePaths");
    expect(writable()?.flatMap(words)).toEqual(["-/srv/data"]);
    write(config, "{}");
    await run("install", { system: true, config }, made);
    expect(writable()).toBeUndefined();
  });

  test("hands nothing on from the shell of who installs it, and says so", async () => {
    const env = { DINGBRIDGE_DATA_DIR: "/root/data", HTTPS_PROXY: "http://user:pass@proxy:3128" };
    const { complaints } = await run("install", { system: true }, { ...made, env });
    expect(environment().join()).not.toMatch(/root|proxy/);
    expect(complaints.join("\n")).toMatch(
      /HTTPS_PROXY.*DINGBRIDGE_DATA_DIR|DINGBRIDGE_DATA_DIR.*HTTPS_PROXY/,
    );
    expect(complaints.join("\n")).not.toContain("pass");
  });
});

describe("service uninstall", () => {
  test("stops it, takes the unit away, and leaves the rest", async () => {
    write(secrets(), "A=b\n");
    await run("install");
    const { code, ran } = await run("uninstall");
    expect(code).toBe(0);
    expect(ran).toEqual([
      "systemctl --user disable --now dingbridge.service",
      "systemctl --user daemon-reload",
    ]);
    expect(existsSync(unit())).toBe(false);
    expect(existsSync(secrets())).toBe(true);
  });

  test("once more has nothing to do", async () => {
    const { code, ran } = await run("uninstall");
    expect(code).toBe(0);
    expect(ran).toEqual([]);
  });

  test("touches no unit that it did not write", async () => {
    const text = "[Service]\nExecStart=/usr/bin/mine\n";
    write(unit(), text);
    expect(await failure(run("uninstall"))).toBeInstanceOf(UserError);
    expect(readFileSync(unit(), "utf8")).toBe(text);
  });

  test("keeps the unit of a service that cannot be stopped", async () => {
    await run("install");
    expect((await run("uninstall", {}, { codes: [1] })).code).toBe(1);
    expect(existsSync(unit())).toBe(true);
  });
});

describe("service status", () => {
  test("is 0 only while it runs", async () => {
    expect((await run("status")).code).toBe(1);
    await run("install");
    expect((await run("status")).code).toBe(0);
    expect((await run("status", {}, { codes: [3] })).code).toBe(1);
    expect((await run("status", {}, { hasSystemd: false })).code).toBe(1);
  });
});
