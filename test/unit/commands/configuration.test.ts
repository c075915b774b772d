import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration, readHttpConfiguration } from "../../../src/commands/_configuration.ts";

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

test("~ stands for the home folder in every key that names a folder", () => {
  const block = {
    dataDir: "~/data",
    media: { roots: ["~/reports", "/srv/reports"] },
    accounts: { a: ROBOT, b: { ...ROBOT, clientId: "b", media: { roots: ["~/b"] } } },
  };
  withFile({ channels: { dingtalk: block } }, (file) => {
    const { config, effective } = readConfiguration(file);
    const roots = [[join(homedir(), "reports"), "/srv/reports"], [join(homedir(), "b")]];
    expect(config?.dataDir).toBe(join(homedir(), "data"));
    expect(config?.accounts.map(({ media }) => media.roots)).toEqual(roots);
    const shown = new Map(effective.map(({ path, value }) => [path, value]));
    expect(shown.get("dataDir")).toBe(join(homedir(), "data"));
    expect(["a", "b"].map((id) => shown.get(`accounts.${id}.media.roots`))).toEqual(roots);
  });
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
