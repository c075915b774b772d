import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { parseArguments } from "../../../src/commands/_arguments.ts";
import { UserError } from "../../../src/host/exit.ts";
import { bodyOf } from "../../../src/commands/_send-body.ts";
import { originOf } from "../../../src/commands/_worker-client.ts";

/** What the command line asks the worker for. */
const body = (args: readonly string[], input?: string) =>
  bodyOf(parseArguments(["send", "--to", "group:g", ...args]).values, async () => input);

describe("the command line becomes a request", () => {
  test.each<[string[], object]>([
    [["--markdown", "- a\n- b"], { markdown: "- a\n- b" }],
    [["--text=--flag"], { text: "--flag" }],
    [["--text", "-5 °C"], { text: "-5 °C" }],
    [["--image", "https://example.com/a.png"], { image: { url: "https://example.com/a.png" } }],
    [["--image", "@lALP"], { image: { mediaId: "@lALP" } }],
    [["--file", "$iAEK", "--name", "a.pdf"], { file: { mediaId: "$iAEK", name: "a.pdf" } }],
    [["--audio", "/srv/a.amr"], { audio: { path: "/srv/a.amr" } }],
    [["--video", "./a.mp4"], { video: { path: resolve("a.mp4") } }],
    [
      ["--text", "x", "--at", "a", "--at", "b", "--at-all"],
      { text: "x", at: { userIds: ["a", "b"], all: true } },
    ],
    [["--text", "x", "--key", "k"], { text: "x", idempotencyKey: "k" }],
    [["--message", '{"link":{"title":"t"}}'], { link: { title: "t" } }],
    [["--message", '{"text":"x","to":"user:other"}'], { text: "x" }],
  ])("%j", async (args, expected) => {
    expect(await body(args)).toEqual({ to: ["group:g"], ...expected });
  });

  test("the robot it names is the worker's to know", async () => {
    const given = { to: ["user:a"], message: '{"text":"x","account":"other"}' };
    const read = async () => undefined;
    expect(await bodyOf({ ...given, account: "work" }, read)).toMatchObject({ account: "work" });
    expect(await bodyOf(given, read)).toMatchObject({ account: "other" });
    expect(await bodyOf({ to: ["user:a"], text: "x" }, read)).not.toHaveProperty("account");
  });

  test("what stands on standard input is markdown, or what a dash stands for", async () => {
    expect(await body([], "hi")).toMatchObject({ markdown: "hi" });
    expect(await body(["--text", "-"], "hi")).toMatchObject({ text: "hi" });
    expect(await body(["--message", "-"], '{"text":"hi"}')).toMatchObject({ text: "hi" });
    expect(body([])).rejects.toThrow(UserError);
    expect(body([], " \n")).rejects.toThrow("nothing to send");
  });

  test("standard input is left alone where it is not asked for", async () => {
    const never = () => Promise.reject(new Error("read"));
    expect(await bodyOf({ to: ["user:a"], text: "x" }, never)).toMatchObject({ text: "x" });
  });

  test("a wait may have its seconds, or not", () => {
    const wait = (...args: string[]) => parseArguments(["send", ...args]).values.wait;
    expect(wait()).toBeUndefined();
    expect(wait("--wait")).toBe("60");
    expect(wait("--wait", "5", "--json")).toBe("5");
    expect(wait("--wait=7")).toBe("7");
    expect(wait("--wait", "--json")).toBe("60");
    expect(() => wait("--wait", "long")).toThrow("unexpected argument: long");
  });

  test("an option is no text", () => {
    expect(() => parseArguments(["send", "--text", "--json"])).toThrow(UserError);
  });
});

test.each([
  ["127.0.0.1", "http://127.0.0.1:5"],
  ["0.0.0.0", "http://127.0.0.1:5"],
  ["::", "http://[::1]:5"],
  ["[::]", "http://[::1]:5"],
  ["::1", "http://[::1]:5"],
  ["[fe80::1]", "http://[fe80::1]:5"],
  ["bridge.lan", "http://bridge.lan:5"],
])("the worker at %s is asked at %s", (host, origin) => {
  expect(originOf(host, 5)).toBe(origin);
});
