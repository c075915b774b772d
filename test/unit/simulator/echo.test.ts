import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import {
  createEcho,
  echoWords,
  startGateway,
  type EchoGateway,
} from "../../../src/simulator/gateway.ts";
import { createMediaFilter } from "../../../src/simulator/gateway-media.ts";
import { writeSampleFiles, type SampleFiles } from "../../../src/simulator/sample-files.ts";
import { temporaryFolder } from "../../support/worker-process.ts";
import { createAsker } from "./_clients.ts";

const FAST = { stepMs: 1, echoMs: 10, longMs: 20 };

describe("the echo's words", () => {
  const folder = temporaryFolder();
  let gateway: EchoGateway;
  let files: SampleFiles;
  let asker: ReturnType<typeof createAsker>;

  beforeEach(async () => {
    files = writeSampleFiles(folder.path);
    const pictureUrl = "https://example.com/a.png";
    gateway = await startGateway({ respond: createEcho("en", { ...FAST, files, pictureUrl }) });
    asker = createAsker(gateway);
  });
  afterEach(async () => {
    await gateway.stop();
    folder.remove();
  });

  /** The answer as it was streamed. */
  const answerTo = async (text: string) => {
    const { ended, raw } = asker.ask("agent:main:one", text);
    await ended;
    const events = raw()
      .split("\n\n")
      .filter((event) => event.startsWith("data: {"));
    return events
      .map((event) => JSON.parse(event.slice("data: ".length)) as Chunk)
      .map(({ choices }) => choices[0]?.delta.content ?? "")
      .join("");
  };
  interface Chunk {
    readonly choices: readonly { readonly delta: { readonly content?: string } }[];
  }
  const blockIn = (answer: string) =>
    JSON.parse(/```dingtalk\n([^]*?)\n```/.exec(answer)?.[1] ?? "null") as Record<string, unknown>;

  test.each([
    ["buttons", "actionCard"],
    ["link", "link"],
    ["feed", "feedCard"],
    ["image", "image"],
    ["file", "file"],
    ["voice", "audio"],
  ])("%s is answered with a block of type %s", async (word, type) => {
    expect(blockIn(await answerTo(word))).toMatchObject({ type });
  });

  test("the files it sends are there", async () => {
    const { path } = blockIn(await answerTo("image"));
    expect(readFileSync(String(path)).subarray(1, 4).toString()).toBe("PNG");
    expect(readFileSync(files.file).subarray(0, 5).toString()).toBe("%PDF-");
  });

  test("a word is one in any case, in Chinese, and after lines that say who speaks", async () => {
    for (const text of ["LINK", "链接", "From: 小明\n\nlink"]) {
      expect(blockIn(await answerTo(text))).toMatchObject({ type: "link" });
    }
    expect(await answerTo("a link please")).toContain("You said:");
  });

  test("words that need files are no words without them", () => {
    expect(echoWords()).not.toContain("image");
    expect(echoWords({ files })).toContain("image");
  });

  test("files named by MEDIA: lines are in the history, not in the stream", async () => {
    expect(await answerTo("media")).toBe("Here it is:");
    const [, said] = gateway.sessionOf("agent:main:one")?.entries ?? [];
    expect(said?.text).toBe(`Here it is:\nMEDIA:${files.picture}\nMEDIA:${files.file}`);
    const { body } = await asker.tool("sessions_history", { sessionKey: "agent:main:one" });
    expect(JSON.stringify(body)).toContain(`MEDIA:${files.file}`);
  });

  test("nothing but such lines leaves the gateway's own words", async () => {
    gateway.respond = async function* () {
      yield "MEDIA:/tmp/a.png";
    };
    expect(await answerTo("x")).toBe("No response from OpenClaw.");
  });
});

test("lines that name files go however the answer is cut up, and nothing else does", () => {
  const line = fc.constantFrom("", "MEDIA:/a.png", " MEDIA:x", "MEDIA", "M", "text", "see MEDIA:x");
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.nat(9)), (lines, cuts) => {
      const answer = lines.join("\n");
      const filter = createMediaFilter();
      let told = "";
      let at = 0;
      for (const cut of cuts) told += filter.add(answer.slice(at, (at += cut)));
      told += filter.add(answer.slice(at)) + filter.end();
      const kept = lines.filter((each) => !each.trimStart().startsWith("MEDIA:"));
      if (kept.length === lines.length) expect(told).toBe(answer);
      else if (kept.join("").trim() === "") expect(told).toBe("No response from OpenClaw.");
      else expect(told.trimEnd()).toBe(kept.join("\n").trimEnd());
    }),
  );
});
