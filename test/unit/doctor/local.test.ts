import { describe, expect, test } from "bun:test";
import {
  configurationFindings,
  type Loaded,
  type SecretFile,
} from "../../../src/doctor/check-configuration.ts";
import { machineFindings, type DataFolder } from "../../../src/doctor/check-machine.ts";
import { otherBridges, openclawFinding } from "../../../src/doctor/openclaw-file.ts";
import { OWN, load } from "../config/_loading.ts";
import { told } from "./_doctor.ts";

const FINE: Loaded = {
  path: OWN,
  problems: [],
  warnings: [],
  notes: [],
  unconfigured: false,
  disabled: false,
};
const look = (loaded: Partial<Loaded>, files: readonly SecretFile[] = []) =>
  configurationFindings({ ...FINE, ...loaded }, files);

describe("the configuration", () => {
  test("found, valid, and for one's own eyes", () => {
    expect(told(look({}, [{ path: OWN, mode: 0o100600, holdsSecret: true }]))).toEqual([
      "DB101 found",
      "DB102 valid",
      "DB103 none",
      "DB104 closed",
    ]);
  });

  test.each([
    [
      { path: undefined, unconfigured: true, problems: ["clientId: required"] },
      ["DB101 none", "DB102 none"],
    ],
    [{ path: undefined }, ["DB101 environment", "DB102 valid"]],
    [{ problems: [`${OWN}: is not valid JSON5: line 3`] }, ["DB101 unreadable", "DB102 unread"]],
    [{ disabled: true }, ["DB101 found", "DB102 disabled"]],
    [
      { problems: ["channels.dingtalk.http.port: expected a port", "clientSecret: required"] },
      ["DB101 found", "DB102 problem", "DB102 problem"],
    ],
  ] as const)("%j", (loaded, expected) => {
    expect(told(look(loaded)).slice(0, expected.length)).toEqual([...expected]);
  });

  test("each problem and each key without a meaning is named, as it was loaded", () => {
    const loaded = load({
      block: { clientId: "ding1", clientSecret: "the-secret", colour: "red", http: { port: -1 } },
    });
    const findings = look(loaded);
    const said = (code: string) =>
      findings.filter((each) => each.code === code).map(({ facts }) => String(facts["said"]));
    expect(said("DB102").join()).toContain("http.port");
    expect(said("DB103").join()).toContain("colour");
    expect(JSON.stringify(findings)).not.toContain("the-secret");
  });

  test("another bridge's keys that mean nothing share one line", () => {
    const notes = ["debug", "asyncMode"].map(
      (path) => ({ path, kind: "ignored", text: "means nothing" }) as const,
    );
    const ignored = look({ notes }).find(({ is }) => is === "ignored");
    expect(ignored?.facts).toEqual({ keys: "debug, asyncMode" });
  });

  test.each([
    [0o100640, true, "open"],
    [0o100604, true, "open"],
    [0o100644, false, "closed"],
    [0o100600, true, "closed"],
    [undefined, true, "unknown"],
  ] as const)("mode %o, secret %p: %s", (mode, holdsSecret, is) => {
    expect(told(look({}, [{ path: OWN, mode, holdsSecret }])).at(-1)).toBe(`DB104 ${is}`);
  });
});

const VERSIONS = { dingbridge: "0.1.0", runtime: "node", has: "24.21.0", needs: "22.18" };
const GB = 1024 ** 3;
const FOLDER: DataFolder = {
  path: "/data",
  isThere: true,
  refusal: undefined,
  mode: 0o40700,
  freeBytes: 20 * GB,
  maxMb: 1024,
};

describe("the machine", () => {
  test.each([
    ["24.21.0", "supported"],
    ["22.18.0", "supported"],
    ["22.17.9", "old"],
    ["20.19.0", "old"],
    ["23.0.0", "supported"],
  ])("node %s: %s", (has, is) => {
    expect(told(machineFindings({ ...VERSIONS, has }, undefined))[0]).toBe(`DB201 ${is}`);
  });

  test.each([
    [{}, "DB202 writable", "DB203 enough"],
    [{ isThere: false }, "DB202 missing", "DB203 enough"],
    [{ mode: 0o40755 }, "DB202 open", "DB203 enough"],
    [{ mode: undefined }, "DB202 writable", "DB203 enough"],
    [{ refusal: "EACCES" }, "DB202 unwritable", "DB203 enough"],
    [{ freeBytes: GB / 2 }, "DB202 writable", "DB203 little"],
    [{ freeBytes: 1000 }, "DB202 writable", "DB203 full"],
    [{ freeBytes: undefined }, "DB202 writable", "DB203 unknown"],
  ])("%j: %s, %s", (more, folder, disk) => {
    expect(told(machineFindings(VERSIONS, { ...FOLDER, ...more })).slice(1)).toEqual([
      folder,
      disk,
    ]);
  });
});

describe("OpenClaw's file", () => {
  const file = { path: "/o.json", exists: true, json: {}, hasBlock: false, accepts: false };
  test.each([
    [{}, "clear"],
    [{ exists: false }, "none"],
    [{ hasBlock: true }, "refused"],
    [{ hasBlock: true, accepts: true }, "clear"],
  ])("%j: %s", (more, is) => {
    expect(openclawFinding({ ...file, ...more }).is).toBe(is);
  });

  test("others that connect by themselves are named, dingbridge's own plugin is not", () => {
    const entries = {
      "dingtalk-connector": { enabled: true },
      dingtalk: { enabled: true },
      dingbridge: {},
      slack: { enabled: true },
    };
    const channels = { ddingtalk: {}, "clawdbot-dingtalk": { enabled: false }, dingtalk: {} };
    expect(otherBridges({ plugins: { entries }, channels })).toEqual([
      "channels.ddingtalk",
      "plugins.entries.dingtalk-connector",
    ]);
    for (const none of [undefined, [], { channels: [] }, { plugins: { entries: null } }]) {
      expect(otherBridges(none)).toEqual([]);
    }
  });
});
