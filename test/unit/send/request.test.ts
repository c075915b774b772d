import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseRequest } from "../../../src/core/send/request.ts";

const EXPECTED = 'expected "user:<user id>" or "group:<conversation id>"';
const good = { to: "group:cid1==", text: "hello" };

const ACCOUNTS = { ids: ["default"], usual: undefined };

const problems = (json: unknown, header?: string) => {
  const parsed = parseRequest(json, header, ACCOUNTS);
  return parsed.ok ? [] : parsed.problems.map(({ path, reason }) => `${path}: ${reason}`);
};
const request = (json: unknown, header?: string) => {
  const parsed = parseRequest(json, header, ACCOUNTS);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request;
};
const list = (count: number) => Array.from({ length: count }, (_, at) => `user:u${at}`);

describe("parseRequest() understands", () => {
  test("one addressee, or several", () => {
    expect(request(good).to).toEqual([{ kind: "group", id: "cid1==" }]);
    expect(request({ ...good, to: ["user:a", "group:b"] }).to).toEqual([
      { kind: "user", id: "a" },
      { kind: "group", id: "b" },
    ]);
    expect(request({ ...good, to: list(1000) }).to).toHaveLength(1000);
  });

  test("an id in any letters and signs, the case kept", () => {
    for (const id of ["cidXyZ9/fG+hIJk==", "a:b", "张三", "manager@1234", "_-."]) {
      expect(request({ ...good, to: `user:${id}` }).to).toEqual([{ kind: "user", id }]);
    }
  });

  test("text as it stands, and markdown", () => {
    expect(request({ ...good, text: "  # x\n" }).content).toMatchObject({
      kind: "text",
      text: "  # x\n",
    });
    expect(request({ to: "group:g", markdown: "# x" }).content).toMatchObject({
      kind: "markdown",
      text: "# x",
    });
  });

  test.each([
    ["link", { title: "t", url: "https://example.com" }, { format: "link" }],
    [
      "actionCard",
      { title: "t", text: "x", buttons: [{ title: "b", url: "https://example.com" }] },
      { format: "actionCard", orientation: "vertical" },
    ],
    [
      "feedCard",
      { links: [{ title: "t", url: "https://example.com", picture: "@lAL" }] },
      { format: "feedCard" },
    ],
    ["image", { url: "https://example.com/a.png" }, { format: "image" }],
    ["file", { path: "/srv/a.pdf", name: "b.pdf" }, { format: "file", name: "b.pdf" }],
    ["audio", { mediaId: "@lAL", durationMs: 1000 }, { format: "audio", durationMs: 1000 }],
    ["video", { mediaId: "@lAL", cover: { mediaId: "@lAM" } }, { format: "video" }],
  ])("a message of another kind: %s", (name, given, message) => {
    expect(request({ to: "group:g", [name]: given }).content).toMatchObject({
      kind: "message",
      message,
    });
  });

  test("whom to @", () => {
    const at = (given: object) => {
      const { content } = request({ ...good, at: given });
      return content.kind === "message" ? undefined : content.at;
    };
    expect(at({ userIds: ["a", "b", "a"] })).toEqual({ userIds: ["a", "b"] });
    expect(at({ all: true })).toEqual({ userIds: [], all: true });
    expect(at({ all: false })).toBeUndefined();
    expect(at({ userIds: Array.from({ length: 50 }, (_, n) => `u${n}`) })?.userIds).toHaveLength(
      50,
    );
  });

  test("an idempotency key in the body, in the header, or the same in both", () => {
    expect(request({ ...good, idempotencyKey: "a~1" }).idempotencyKey).toBe("a~1");
    expect(request(good, "a~1").idempotencyKey).toBe("a~1");
    expect(request({ ...good, idempotencyKey: "k" }, "k").idempotencyKey).toBe("k");
    expect(request(good).idempotencyKey).toBeUndefined();
  });
});

const CONTENT =
  ": expected exactly one of text, markdown, link, actionCard, feedCard, image, file, audio, video";
const link = { title: "t", url: "https://example.com" };

describe("parseRequest() refuses", () => {
  test.each<[string, unknown, string]>([
    ["a list", [], ": expected an object"],
    ["a text", "x", ": expected an object"],
    ["null", null, ": expected an object"],
    ["no addressee", { text: "x" }, "to: is missing"],
    [
      "a number for one",
      { ...good, to: 1 },
      'to: expected "user:<user id>", "group:<conversation id>" or a list of these',
    ],
    ["an address without its kind", { ...good, to: "cid1" }, `to: ${EXPECTED}`],
    ["an address of another kind", { ...good, to: "USER:a" }, `to: ${EXPECTED}`],
    ["an address without an id", { ...good, to: "group:" }, `to: ${EXPECTED}`],
    ["a blank in an id", { ...good, to: "user:a b" }, `to: ${EXPECTED}`],
    ["a line break after an id", { ...good, to: "user:a\n" }, `to: ${EXPECTED}`],
    ["an id too long", { ...good, to: `user:${"a".repeat(201)}` }, `to: ${EXPECTED}`],
    ["a bad one of several", { ...good, to: ["user:a", 5] }, `to[1]: ${EXPECTED}`],
    ["none of several", { ...good, to: [] }, "to: is empty: expected at least one addressee"],
    ["too many", { ...good, to: list(1001) }, "to: expected at most 1000 addressees"],
    [
      "an outsider",
      { ...good, to: ["user:$:LWCP_v1:$a"] },
      'to[0]: an id beginning with "$:" is no user id: who has no other can only be answered, not written to',
    ],
    ["another account", { ...good, account: "b" }, 'account: expected "default"'],
    ["nothing to send", { to: "user:a" }, CONTENT],
    ["two things to send", { ...good, markdown: "x" }, CONTENT],
    ["an unknown thing to send", { to: "user:a", voice: {} }, `voice: is not a key here${CONTENT}`],
    ["text that is none", { ...good, text: 5 }, "text: expected text"],
    ["text that is null", { ...good, text: null }, "text: expected text"],
    ["blank text", { ...good, text: " \n" }, "text: is empty"],
    [
      "too much text",
      { ...good, text: "x".repeat(100_001) },
      "text: is longer than 100000 characters",
    ],
    ["blank markdown", { to: "user:a", markdown: "" }, "markdown: is empty"],
    [
      "too much markdown",
      { to: "user:a", markdown: "x".repeat(100_001) },
      "markdown: is longer than 100000 characters",
    ],
    ["a link without an address", { to: "user:a", link: { title: "t" } }, "link.url: is missing"],
    [
      "a link to a script",
      { to: "user:a", link: { ...link, url: "javascript:1" } },
      "link.url: expected an http, https, dingtalk or dtmd address",
    ],
    [
      "a card without buttons",
      { to: "user:a", actionCard: { title: "t", text: "x", buttons: [] } },
      "actionCard.buttons: is empty",
    ],
    [
      "a button without an address",
      { to: "user:a", actionCard: { title: "t", text: "x", buttons: [link, { title: "b" }] } },
      'actionCard.buttons[1]: expected either "url" or "send"',
    ],
    [
      "a feed without a picture",
      { to: "user:a", feedCard: { links: [link] } },
      "feedCard.links[0].picture: is missing",
    ],
    [
      "a picture from nowhere",
      { to: "user:a", image: {} },
      'image: expected one of "url", "path" and "mediaId"',
    ],
    [
      "a relative path",
      { to: "user:a", file: { path: "a.pdf" } },
      "file.path: expected an absolute path",
    ],
    [
      "a sound of no length",
      { to: "user:a", audio: { mediaId: "@a", durationMs: 0 } },
      "audio.durationMs: expected at least 1",
    ],
    ["a video that is a text", { to: "user:a", video: "/a.mp4" }, "video: expected an object"],
    ["at that is a list", { ...good, at: ["a"] }, "at: expected an object"],
    ["an unknown key of at", { ...good, at: { users: ["a"] } }, "at.users: is not a key here"],
    [
      "people that are no list",
      { ...good, at: { userIds: "a" } },
      "at.userIds: expected a list of user ids",
    ],
    [
      "a bad one of the people",
      { ...good, at: { userIds: ["a", "b c"] } },
      "at.userIds[1]: expected a user id",
    ],
    [
      "too many people",
      { ...good, at: { userIds: list(51) } },
      "at.userIds: expected at most 50 user ids",
    ],
    ["a word for everybody", { ...good, at: { all: "yes" } }, "at.all: expected true or false"],
    [
      "at with a link",
      { to: "group:g", link, at: { all: true } },
      "at: goes with text or markdown only",
    ],
    [
      "at without a group",
      { ...good, to: "user:a", at: { all: true } },
      "at: in a direct chat nobody is @-ed: expected a group in to",
    ],
    ["a key that is a number", { ...good, idempotencyKey: 5 }, "idempotencyKey: expected text"],
    [
      "a key too long",
      { ...good, idempotencyKey: "k".repeat(129) },
      "idempotencyKey: expected 1 to 128 visible ASCII characters without blanks",
    ],
    [
      "a key with a blank",
      { ...good, idempotencyKey: "a b" },
      "idempotencyKey: expected 1 to 128 visible ASCII characters without blanks",
    ],
    ["an unknown key", { ...good, too: 1 }, "too: is not a key here"],
  ])("%s", (_what, json, problem) => {
    expect(problems(json).join("")).toBe(problem);
  });

  test("an unknown key of another message", () => {
    const [problem] = problems({ to: "user:a", link: { ...link, color: 1 } });
    expect(problem).toStartWith("link.color: is not a key");
  });

  test("keys that differ between body and header, or a bad one in the header", () => {
    expect(problems({ ...good, idempotencyKey: "a" }, "b")).toEqual([
      "idempotencyKey: is not the one in the header Idempotency-Key",
    ]);
    expect(problems(good, "a b")[0]).toStartWith("Idempotency-Key: expected 1 to 128");
  });

  test("several things at once, each with its path", () => {
    const said = problems({ to: ["x"], at: { all: 1 }, markdown: "" });
    expect(said.map((line) => line.split(": ")[0])).toEqual(["to[0]", "markdown", "at.all"]);
  });
});

test("parseRequest() never throws, whatever it is given, and says something where it refuses", () => {
  const names = ["to", "text", "markdown", "link", "at", "image", "idempotencyKey", "account"];
  const field = fc.tuple(fc.constantFrom(...names, "__proto__"), fc.jsonValue());
  const anything = fc.oneof(fc.jsonValue(), fc.array(field).map(Object.fromEntries));
  fc.assert(
    fc.property(anything, (json) => {
      const parsed = parseRequest(json, undefined, ACCOUNTS);
      expect(parsed.ok || parsed.problems.length > 0).toBe(true);
    }),
  );
});
