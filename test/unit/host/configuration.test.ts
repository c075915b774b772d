import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { safeParse, type GenericSchema } from "valibot";
import { readConfiguration, readHttpConfiguration } from "../../../src/host/configuration.ts";
import { ENVIRONMENT, PATH_KEYS } from "../../../src/core/config/schema.ts";
import { BLOCK, entriesOf, type Shape } from "../../../src/core/config/shape.ts";

const environment = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(ENVIRONMENT)) delete process.env[name];
});
afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
});

/** Runs with the configuration in a file of its own. */
function withFile(content: object, run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
  const file = join(folder, "dingbridge.json");
  try {
    writeFileSync(file, JSON.stringify(content));
    run(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ROBOT = { clientId: "ding", clientSecret: "secret" };

test("~ stands for the home folder in every key that names a path", () => {
  const block = {
    dataDir: "~/data",
    caFile: "~/ca.pem",
    log: { dir: "~/logs" },
    media: { roots: ["~/reports", "/srv/reports"] },
    accounts: { a: ROBOT, b: { ...ROBOT, clientId: "b", media: { roots: ["~/b"] } } },
  };
  withFile({ channels: { dingtalk: block } }, (file) => {
    const { config, effective } = readConfiguration(file);
    const roots = [[join(homedir(), "reports"), "/srv/reports"], [join(homedir(), "b")]];
    expect(config?.dataDir).toBe(join(homedir(), "data"));
    expect(config?.caFile).toBe(join(homedir(), "ca.pem"));
    expect(config?.log.dir).toBe(join(homedir(), "logs"));
    expect(config?.accounts.map(({ media }) => media.roots)).toEqual(roots);
    const shown = new Map(effective.map(({ path, value }) => [path, value]));
    expect(shown.get("dataDir")).toBe(join(homedir(), "data"));
    expect(shown.get("caFile")).toBe(join(homedir(), "ca.pem"));
    expect(shown.get("log.dir")).toBe(join(homedir(), "logs"));
    expect(["a", "b"].map((id) => shown.get(`accounts.${id}.media.roots`))).toEqual(roots);
  });
});

/** Those whose text speaks of a path, wherever they stand: a new one has to be told what `~` is. */
test("every key that is described as a path is one for which ~ is the home folder", () => {
  const isPath = (schema: GenericSchema) => {
    const { issues = [] } = safeParse(schema, {});
    const inside = safeParse(schema, [{}]).issues ?? [];
    return [...issues, ...inside].some(({ message }) => /\b(?:path|folders?)\b/.test(message));
  };
  const leaves = (shape: Shape, at: string): [string, GenericSchema][] =>
    shape.kind === "leaf"
      ? [[at, shape.schema]]
      : [...entriesOf(shape)].flatMap(([key, inner]) => leaves(inner, at ? `${at}.${key}` : key));
  const paths = leaves(BLOCK, "").flatMap(([key, schema]) => (isPath(schema) ? [key] : []));
  expect(paths.toSorted()).toEqual(PATH_KEYS.toSorted());
});

describe("media.roots", () => {
  const refused = 'must be a folder of its own, like "/srv/reports"';
  const problemsWith = (root: string) => {
    let found: readonly string[] = [];
    const block = { ...ROBOT, media: { roots: ["/srv/reports", root] } };
    withFile({ channels: { dingtalk: block } }, (file) => {
      found = readConfiguration(file).problems;
    });
    return found;
  };

  test("may not be the home folder or one around it, in whatever way it is written", () => {
    const home = homedir();
    const around = [home, `${home}/`, dirname(home), `${home}/x/..`, `//${home}`, "/.", "~/."];
    for (const root of around) {
      expect(problemsWith(root)).toEqual([
        expect.stringMatching(/^channels\.dingtalk\.media\.roots\.1: /),
      ]);
      expect(problemsWith(root)[0]).toContain(refused);
    }
  });

  test("nor a link to it", () => {
    const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
    try {
      symlinkSync(homedir(), join(folder, "link"));
      expect(problemsWith(join(folder, "link"))[0]).toContain(refused);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("may be below it or beside it", () => {
    const home = homedir();
    for (const root of [join(home, "reports"), `${home}-reports`, `${home}/..reports`]) {
      expect(problemsWith(root)).toEqual([]);
    }
  });
});

test("a byte order mark and Windows' line ends are no trouble", () => {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
  const file = join(folder, "dingbridge.json");
  const lines = ["{ // mine", "channels: { dingtalk: {", "clientId: 'a', clientSecret: 'b' } } }"];
  try {
    writeFileSync(file, `\ufeff${lines.join("\r\n")}\r\n`);
    const { config, problems } = readConfiguration(file);
    expect(problems).toEqual([]);
    expect(config?.accounts[0]).toMatchObject({ clientId: "a", clientSecret: "b" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a folder in the place of the file is said to be one", () => {
  const folder = mkdtempSync(join(tmpdir(), "dingbridge-config-"));
  try {
    expect(readConfiguration(folder).problems).toEqual([
      `${folder}: is a folder: expected a JSON5 file`,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ["dingtalk", { dingtalk: ROBOT, ddingtalk: { enabled: false } }],
  ["ddingtalk", { telegram: {}, ddingtalk: ROBOT }],
  [undefined, { telegram: {} }],
])("tells under which id the block stands: %p", (channel, channels) => {
  withFile({ channels }, (file) => {
    expect(readConfiguration(file)).toMatchObject({ path: file, isNamed: true, channel });
  });
});

describe("OPENCLAW_CONFIG_PATH", () => {
  test("a file it names is expected: without it nobody knows who may talk", () => {
    Object.assign(process.env, {
      OPENCLAW_CONFIG_PATH: "/gone/openclaw.json",
      HOME: "/gone",
      DINGTALK_CLIENT_ID: "ding",
      DINGTALK_CLIENT_SECRET: "secret",
    });
    expect(readConfiguration(undefined)).toMatchObject({
      config: undefined,
      problems: ["/gone/openclaw.json: there is no such file (OPENCLAW_CONFIG_PATH)"],
      unconfigured: false,
    });
  });

  test("beside a file of our own it has defaults to give, and missing it is a warning", () => {
    process.env["OPENCLAW_CONFIG_PATH"] = "/gone/openclaw.json";
    withFile({ channels: { dingtalk: ROBOT } }, (file) => {
      const { config, warnings } = readConfiguration(file);
      expect(config).toBeDefined();
      expect(warnings).toEqual([
        "/gone/openclaw.json: there is no such file (OPENCLAW_CONFIG_PATH)",
      ]);
    });
  });
});

test("a file that cannot be read is the only problem", () => {
  expect(readConfiguration("/gone/dingbridge.json")).toMatchObject({
    config: undefined,
    problems: ["/gone/dingbridge.json: there is no such file"],
    unconfigured: false,
    disabled: false,
  });
});

test("a file that says nothing about http means the defaults", () => {
  for (const content of [{}, { channels: { dingtalk: { clientId: "ding" } } }]) {
    withFile(content, (file) => {
      expect(readHttpConfiguration(file)).toMatchObject({
        ok: true,
        http: { host: "127.0.0.1", port: 18_780 },
      });
    });
  }
});

test("http is read whatever else is wrong, under whichever id the block stands", () => {
  const block = { http: { port: 81 }, clientSecret: 7, accounts: "x", locale: "fr" };
  for (const channel of ["dingtalk", "clawdbot-dingtalk"]) {
    withFile({ channels: { [channel]: block } }, (file) => {
      expect(readHttpConfiguration(file)).toMatchObject({ ok: true, http: { port: 81 } });
    });
    withFile({ channels: { [channel]: { http: { port: -1 } } } }, (file) => {
      expect(readHttpConfiguration(file)).toEqual({
        ok: false,
        problems: [`channels.${channel}.http.port: expected a port from 0 to 65535`],
      });
    });
  }
});
