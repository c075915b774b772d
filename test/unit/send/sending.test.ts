import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { MAX_MESSAGE_BYTES, bytesOf } from "../../../src/core/dingtalk/render.ts";
import { saidIn, type Message } from "../../../src/core/message.ts";
import type { Address } from "../../../src/core/send/address.ts";
import type { Content } from "../../../src/core/send/content.ts";
import { ID, createWorld, directChat, groupChat } from "./_sending.ts";

const user = (id: string): Address => ({ kind: "user", id });
const group = (id: string): Address => ({ kind: "group", id });
const hello: Content = { kind: "markdown", text: "**hello**" };

/** What a request puts into the outbox. */
async function queued(to: readonly Address[], content: Content = hello) {
  const world = createWorld();
  await world.submit({ to, content });
  return world.taken[0]?.replies ?? [];
}

describe("submit()", () => {
  test("answers with an id, and wakes the chats", async () => {
    const { submit, woken, taken, counters } = createWorld();
    const submitted = await submit({ to: [user("u1"), group("cid1")], content: hello });
    expect(submitted).toEqual({ kind: "accepted", id: ID });
    expect(taken[0]).toMatchObject({ id: ID, account: "default" });
    expect(woken).toEqual(["user:u1", "cid1"]);
    expect(counters.read().submissions).toBe(1);
  });

  test("uses the chat of someone who has written", async () => {
    const [reply] = await queued([user("staff1")]);
    expect(reply).toMatchObject({ chat: directChat, targets: ["user:staff1"] });
    expect(reply?.userIds).toBeUndefined();
  });

  test("addresses someone unknown by the user id", async () => {
    const [reply] = await queued([user("New")]);
    expect(reply?.chat).toEqual({ ...directChat, conversationId: "user:New", userId: "New" });
  });

  test("puts people together 20 at a time, in queues of their own", async () => {
    const ids = Array.from({ length: 41 }, (_, at) => `u${at}`);
    const replies = await queued(ids.map(user));
    expect(replies.map(({ targets }) => targets.length)).toEqual([20, 20, 1]);
    expect(replies.flatMap(({ targets }) => targets)).toEqual(ids.map((id) => `user:${id}`));
    expect(replies.map(({ userIds }) => userIds)).toEqual([
      ids.slice(0, 20),
      ids.slice(20, 40),
      undefined,
    ]);
    const queues = replies.map(({ chat }) => chat.conversationId);
    expect(queues).toEqual([`users:${ID}/0`, `users:${ID}/1`, "user:u40"]);
    expect(replies[0]?.chat.userId).toBeUndefined();
  });

  test("sends to each addressee once", async () => {
    const replies = await queued([user("a"), group("g"), user("a"), group("g"), user("b")]);
    expect(replies.map(({ targets }) => targets)).toEqual([["user:a", "user:b"], ["group:g"]]);
  });

  test("keeps the order of a long text's messages, and knows direct chats from groups", async () => {
    const replies = await queued([user("a"), group("g")], { kind: "markdown", text: "1\n2" });
    const said = replies.map(({ targets, message }) => [targets[0], saidIn(message)]);
    expect(said).toEqual([
      ["user:a", "1"],
      ["user:a", "2"],
      ["group:g", "1"],
      ["group:g", "2"],
    ]);
    expect(replies.map(({ message }) => "title" in message && message.title)).toEqual([
      "direct",
      "direct",
      "group",
      "group",
    ]);
  });

  test("renders for a thousand groups once", async () => {
    const replies = await queued(Array.from({ length: 1000 }, (_, at) => group(`g${at}`)));
    expect(new Set(replies.map(({ message }) => message)).size).toBe(1);
  });

  test("renders apart for a group with settings of its own", async () => {
    const replies = await queued([group("g"), group("cidSpecial=="), group("h")]);
    expect(replies.map(({ message }) => saidIn(message))).toEqual([
      "**hello**",
      "**hello**!",
      "**hello**",
    ]);
  });

  test("leaves plain text as it is, in messages that fit", async () => {
    const text = "*not* `markup` # at all ".repeat(2000).trim();
    const replies = await queued([group("g")], { kind: "text", text });
    expect(replies.length).toBeGreaterThan(1);
    expect(replies.every(({ message }) => message.format === "text")).toBe(true);
    expect(replies.every(({ message }) => bytesOf(message) <= MAX_MESSAGE_BYTES)).toBe(true);
    expect(replies.map(({ message }) => saidIn(message)).join(" ")).toBe(text);
  });

  test("never makes nothing of markdown", async () => {
    const replies = await queued([group("g")], { kind: "markdown", text: "<!-- x -->" });
    expect(replies.map(({ message }) => saidIn(message))).toEqual(["<!-- x -->"]);
  });

  test("sends another kind of message as it is", async () => {
    const message: Message = { format: "link", title: "t", text: "", url: "https://example.com" };
    const replies = await queued([group("g"), user("a")], { kind: "message", message });
    expect(replies.map((reply) => reply.message)).toEqual([message, message]);
  });

  test("tells of an idempotency key used before, and adds nothing", async () => {
    const { submit, taken, woken, counters } = createWorld();
    const request = { to: [group("g")], content: hello, idempotencyKey: "k" };
    await submit(request);
    expect(await submit(request)).toEqual({ kind: "known", id: ID });
    expect(taken).toHaveLength(1);
    expect(woken).toHaveLength(1);
    expect(counters.read().submissions).toBe(1);
  });

  test("says when too much waits", async () => {
    const { submit, fill, woken } = createWorld();
    fill();
    expect(await submit({ to: [group("g")], content: hello })).toEqual({ kind: "full" });
    expect(woken).toEqual([]);
  });

  test("takes a chat that is known", async () => {
    const { submit, taken } = createWorld();
    await submit({ to: groupChat, content: hello });
    expect(taken[0]?.replies).toMatchObject([{ chat: groupChat, targets: ["group:cidGroup=="] }]);
  });

  test("logs no text and nobody's id", async () => {
    const { submit, log } = createWorld();
    await submit({ to: [user("somebody")], content: hello });
    expect(log.text()).toContain(ID);
    expect(log.text()).not.toMatch(/hello|somebody/);
  });
});

describe("people to @", () => {
  const at = { userIds: ["a", "b"], all: true };

  test.each(["text", "markdown"] as const)("are in the first of several: %s", async (kind) => {
    const text = kind === "text" ? "words ".repeat(5000) : "1\n2";
    const replies = await queued([group("g")], { kind, text, at });
    const called = replies.map(({ message }) => "at" in message && message.at);
    expect(called.length).toBeGreaterThan(1);
    expect(called[0]).toEqual(at);
    expect(called.slice(1).every((at) => at === false || at === undefined)).toBe(true);
    expect(replies.every(({ message }) => bytesOf(message) <= MAX_MESSAGE_BYTES)).toBe(true);
  });

  test("are nobody's in a direct chat", async () => {
    const replies = await queued([user("u")], { ...hello, at });
    expect(replies.map(({ message }) => "at" in message && message.at)).toEqual([false]);
  });

  test("get a message of their own where the first has no room", async () => {
    const text = "x".repeat(MAX_MESSAGE_BYTES - 100);
    const many = { userIds: Array.from({ length: 50 }, (_, at) => `manager${at}`) };
    const replies = await queued([group("g")], { kind: "markdown", text, at: many });
    expect(replies).toHaveLength(2);
    expect(replies.every(({ message }) => bytesOf(message) <= MAX_MESSAGE_BYTES)).toBe(true);
    expect(replies[0]?.message).toMatchObject({ at: many });
  });
});

test("plain text of any kind loses nothing but blanks where it is cut, and never half a character", async () => {
  const piece = fc.constantFrom(
    "word ",
    "中文",
    "😀",
    "\n",
    "\n\n",
    '"',
    "\u0001",
    "x".repeat(300),
  );
  const long = fc
    .array(piece, { minLength: 1, maxLength: 30 })
    .map((pieces) => pieces.join("").repeat(60))
    .filter((text) => text.trim() !== "");
  await fc.assert(
    fc.asyncProperty(long, async (text) => {
      const replies = await queued([group("g")], { kind: "text", text });
      const parts = replies.map(({ message }) => saidIn(message));
      expect(parts.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
      expect(parts.every((part) => part.isWellFormed() && part.trim() !== "")).toBe(true);
      expect(replies.every(({ message }) => bytesOf(message) <= MAX_MESSAGE_BYTES)).toBe(true);
    }),
    { numRuns: 40 },
  );
});
