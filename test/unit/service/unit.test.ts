import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UnwritableError } from "../../../src/service/escape.ts";
import { isOurs, unitText, type UnitOptions } from "../../../src/service/unit.ts";
import { temporaryFolder } from "../../support/worker-process.ts";
import { settings, words } from "./_systemd.ts";

const BASE: UnitOptions = {
  scope: "user",
  command: ["/usr/local/bin/bun", "/opt/dingbridge/src/main.ts", "start"],
  folder: "/opt/dingbridge",
  environmentFile: "/home/ming/.openclaw/dingbridge.env",
  environment: {},
  readsHome: false,
  writes: [],
  systemdVersion: 255,
};

const one = (options: Partial<UnitOptions>, name: string) => {
  const found = settings(unitText({ ...BASE, ...options })).get(name) ?? [];
  expect(found.length, name).toBeLessThan(2);
  return found[0];
};
const seconds = (text: string | undefined) => Number(text);

describe.each(["user", "system"] as const)("the unit of a %s service", (scope) => {
  test("is known by its first line", () => {
    expect(isOurs(unitText({ ...BASE, scope }))).toBe(true);
    expect(isOurs("[Unit]\nDescription=mine\n")).toBe(false);
  });

  test("runs the command word for word, in its folder", () => {
    const command = ["/opt/my %apps/$x/bun", "/opt/ding bridge/src/main.ts", "start", "--config"];
    const exec = one({ scope, command }, "ExecStart") ?? "";
    // Without the prefix "$x" would be taken for a variable.
    expect(exec.startsWith(":")).toBe(true);
    expect(words(exec.slice(1))).toEqual(command);
    expect(one({ scope, folder: "/opt/ding bridge" }, "WorkingDirectory")).toBe("/opt/ding bridge");
  });

  test("comes back after a crash for ever, but not after a configuration that cannot work", () => {
    expect(one({ scope }, "Restart")).toBe("on-failure");
    expect(one({ scope }, "RestartPreventExitStatus")).toBe("78");
    expect(one({ scope }, "StartLimitIntervalSec")).toBe("0");
  });

  test("waits longer and longer, where systemd can", () => {
    expect(seconds(one({ scope }, "RestartSec"))).toBeLessThan(
      seconds(one({ scope }, "RestartMaxDelaySec")),
    );
    expect(seconds(one({ scope }, "RestartSteps"))).toBeGreaterThan(0);
    expect(one({ scope, systemdVersion: 252 }, "RestartSteps")).toBeUndefined();
    expect(one({ scope, systemdVersion: 252 }, "RestartMaxDelaySec")).toBeUndefined();
    expect(seconds(one({ scope, systemdVersion: 252 }, "RestartSec"))).toBeGreaterThan(0);
  });

  test("is asked to stop by SIGTERM, the worker alone, and is given the time it may take", () => {
    expect(one({ scope }, "KillSignal")).toBe("SIGTERM");
    expect(one({ scope }, "KillMode")).toBe("mixed");
    // 15 s for what runs, and 15.5 s more where a request to the gateway has only just begun.
    expect(seconds(one({ scope }, "TimeoutStopSec"))).toBeGreaterThan(31);
  });

  test("loses the process that reads a file, not the worker, when memory runs out", () => {
    expect(one({ scope }, "MemoryMax")).toMatch(/^\d+M$/);
    expect(one({ scope }, "OOMPolicy")).toBe("continue");
  });

  test("takes secrets from a file that need not be there, and holds none", () => {
    expect(one({ scope }, "EnvironmentFile")).toBe("-/home/ming/.openclaw/dingbridge.env");
  });

  test("hands over settings, one by one", () => {
    const environment = { HOME: "/var/lib/ding bridge", A: 'b"$%' };
    const found = settings(unitText({ ...BASE, scope, environment })).get("Environment") ?? [];
    expect(found.flatMap(words)).toEqual(["HOME=/var/lib/ding bridge", 'A=b"$%']);
  });

  test("lets the runtimes compile, which they do while they run", () => {
    expect(one({ scope }, "MemoryDenyWriteExecute")).toBeUndefined();
    expect(one({ scope }, "NoNewPrivileges")).toBe("yes");
  });
});

test("a user's service shares /tmp, where the log and the robot's lock are", () => {
  expect(one({}, "PrivateTmp")).toBeUndefined();
  expect(one({}, "WantedBy")).toBe("default.target");
});

test("a user's service asks for nothing that needs user namespaces", () => {
  const needing = [...settings(unitText(BASE)).keys()].filter((name) =>
    /^(Protect|Private|ReadWrite|ReadOnly|Inaccessible|Bind|DynamicUser|User$|State|Logs|Cache)/.test(
      name,
    ),
  );
  expect(needing).toEqual([]);
});

test("a service of the system has a user, folders and no rights of its own", () => {
  expect(one({ scope: "system" }, "User")).toBe("dingbridge");
  // The data folder too: Deno's rights let nothing be made beside it.
  expect(one({ scope: "system" }, "StateDirectory")).toBe(
    "dingbridge dingbridge/.openclaw dingbridge/.openclaw/dingbridge",
  );
  expect(one({ scope: "system" }, "ProtectSystem")).toBe("strict");
  expect(one({ scope: "system" }, "CapabilityBoundingSet")).toBe("");
  expect(one({ scope: "system" }, "WantedBy")).toBe("multi-user.target");
});

test("a service of the system keeps its user, so that commands run by that user share its files", () => {
  expect(one({ scope: "system" }, "DynamicUser")).toBeUndefined();
});

test("it may write to more folders only where these are named", () => {
  expect(one({ scope: "system" }, "ReadWritePaths")).toBeUndefined();
  const written = one({ scope: "system", writes: ["/srv/my %data"] }, "ReadWritePaths") ?? "";
  expect(words(written)).toEqual(["-/srv/my %data"]);
});

test("home folders are hidden from it, unless something it needs lies there", () => {
  expect(one({ scope: "system" }, "ProtectHome")).toBe("yes");
  expect(one({ scope: "system", readsHome: true }, "ProtectHome")).toBe("read-only");
});

const hasAnalyze = Bun.which("systemd-analyze") !== null;

describe.skipIf(!hasAnalyze)("systemd-analyze verify", () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);

  const version = () => {
    const { stdout } = spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" });
    return Number(/^systemd (\d+)/.exec(stdout)?.[1]);
  };
  /** What it says about our unit; others of this machine may be wrong. */
  const complaints = (options: Partial<UnitOptions>) => {
    const file = join(folder.path, "dingbridge.service");
    writeFileSync(file, unitText({ ...BASE, systemdVersion: version(), ...options }));
    const scope = options.scope === "system" ? [] : ["--user"];
    const { stderr, stdout, error } = spawnSync(
      "systemd-analyze",
      ["verify", "--man=no", ...scope, file],
      { encoding: "utf8", env: { ...process.env, XDG_RUNTIME_DIR: folder.path } },
    );
    expect(error).toBeUndefined();
    return `${stdout}${stderr}`.split("\n").filter((line) => line.includes("dingbridge.service"));
  };
  const programIn = (name: string) => {
    const bin = join(folder.path, name);
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "bun"), "#!/bin/sh\n");
    chmodSync(join(bin, "bun"), 0o755);
    return join(bin, "bun");
  };

  test.each(["user", "system"] as const)("has nothing to say about a %s service", (scope) => {
    const command = [programIn("plain"), "start"];
    expect(complaints({ scope, command, folder: folder.path })).toEqual([]);
  });

  test.each(["with blanks", "100%", "%h", "$HOME", "钉钉", "a;b", "#", "@:+-"])(
    "finds the program in a folder named %s",
    (name) => {
      const command = [programIn(name), "start", "$HOME", "%h"];
      expect(complaints({ command, folder: folder.path })).toEqual([]);
    },
  );

  test.each(['"quotes"', "it's", "back\\slash"])(
    "runs no program in a folder named %s, so such a unit is not written",
    (name) => {
      expect(() => complaints({ command: [programIn(name)] })).toThrow(UnwritableError);
    },
  );

  test("would complain of a program that is not there", () => {
    const command = [join(folder.path, "nowhere/bun"), "start"];
    expect(complaints({ command }).join()).toContain("not executable");
  });
});
