import { describe, expect, test } from "bun:test";
import { parseArguments, refuseStray } from "../../../src/commands/_arguments.ts";
import { EXIT, UserError } from "../../../src/host/exit.ts";
import { USAGE } from "../../../src/commands/_usage.ts";

/** What main does with a command line before anything runs: the refusal's words, or undefined. */
function refusal(...argv: string[]): string | undefined {
  try {
    const { command, action, values } = parseArguments(argv);
    if (command !== undefined) refuseStray(command, values, action);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.exitCode).toBe(EXIT.usage);
    return error.message;
  }
}

describe("actions", () => {
  test.each<[string[], string, string[]]>([
    [["pair", "list"], "list", []],
    [["pair", "approve", "ABCDEFGH"], "approve", ["ABCDEFGH"]],
    [["pair", "revoke", "staff1"], "revoke", ["staff1"]],
    [["pair", "role", "staff1", "guest"], "role", ["staff1", "guest"]],
    [["pair", "--account", "work", "role", "staff1", "guest"], "role", ["staff1", "guest"]],
    [["pair", "revoke", "--", "-staff"], "revoke", ["-staff"]],
    [["config", "check"], "check", []],
    [["config", "migrate"], "migrate", []],
  ])("%j is understood", (argv, action, words) => {
    expect(parseArguments(argv)).toMatchObject({ command: argv[0], action, words });
    expect(refusal(...argv)).toBeUndefined();
  });

  test.each<[string, string[], string]>([
    ["no action", ["pair"], "dingbridge pair list | approve"],
    ["an unknown one", ["pair", "aprove", "X"], "dingbridge pair list | approve"],
    ["one of an object's own", ["pair", "constructor"], "dingbridge pair list | approve"],
    ["one of another command", ["config", "list"], "dingbridge config check | migrate"],
    ["nothing behind it", ["pair", "approve"], "dingbridge pair approve"],
    ["too little behind it", ["pair", "role", "staff1"], "dingbridge pair role"],
    ["too much behind it", ["pair", "approve", "A", "B"], "unexpected argument: B"],
    ["something behind one that takes nothing", ["pair", "list", "A"], "unexpected argument: A"],
    ["a word behind start", ["start", "now"], "unexpected argument: now"],
  ])("%s is refused with the usage", (_what, argv, words) => {
    const said = refusal(...argv);
    expect(said?.split("\n")[0]).toContain(words);
    expect(said).toContain(USAGE);
  });

  test("who asks how it is written gets help, whatever else is there", () => {
    for (const argv of [["help"], ["pair", "--help"], ["pair", "approve", "-h"], ["--help"]]) {
      expect(parseArguments(argv).values.help).toBe(true);
    }
  });
});

describe("options", () => {
  test.each<[string[]]>([
    [["pair", "list", "--json", "--account", "work", "--config", "file.json"]],
    [["pair", "approve", "ABCDEFGH", "--role", "guest", "--account", "work"]],
    [["pair", "revoke", "staff1", "--account", "work"]],
    [["pair", "role", "staff1", "guest", "--account", "work"]],
    [["config", "check", "--json", "--config", "file.json"]],
    [["config", "migrate", "--config", "file.json"]],
    [["send", "--to", "user:a", "--text", "x", "--account", "work", "--json"]],
    [["demo", "--port", "0", "--no-open"]],
  ])("%j goes together", (argv) => {
    expect(refusal(...argv)).toBeUndefined();
  });

  test.each<[string[], string]>([
    [["pair", "list", "--role", "owner"], "--role belongs to pair approve"],
    [["pair", "role", "a", "guest", "--role", "owner"], "--role belongs to pair approve"],
    [["pair", "revoke", "a", "--json"], "--json belongs to pair list"],
    [["pair", "approve", "A", "--to", "user:a"], "--to belongs to send"],
    [["config", "migrate", "--json"], "--json belongs to config check"],
    [["config", "check", "--account", "work"], "--account belongs to send"],
    [["start", "--role", "owner"], "--role belongs to pair approve"],
    [["start", "--port", "1"], "--port belongs to the demo: dingbridge demo --port"],
    [["send", "--to", "user:a", "--role", "owner"], "--role belongs to pair approve"],
    [["demo", "--json"], "--json belongs to send"],
  ])("%j is refused", (argv, words) => {
    expect(refusal(...argv)).toContain(words);
  });

  test("each that exists stands in the usage, and each command and action", () => {
    const names = "config gateway port no-open to account markdown text image file audio video";
    const more = "message name at at-all key wait json role version help";
    for (const name of `${names} ${more}`.split(" ")) expect(USAGE).toContain(`--${name}`);
    for (const line of ["pair list", "pair approve CODE", "pair role USERID ROLE"]) {
      expect(USAGE).toContain(line);
    }
    for (const line of ["pair revoke USERID", "config check", "config migrate"]) {
      expect(USAGE).toContain(line);
    }
  });
});
