import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Address } from "../../../src/core/send/address.ts";
import { accountFor } from "../../../src/core/send/recipients.ts";
import { parseRequest } from "../../../src/core/send/request.ts";
import { ID, createWorld, directChat, idAt } from "./_sending.ts";

const user = (id: string): Address => ({ kind: "user", id });
const group = (id: string): Address => ({ kind: "group", id });
const hello = { kind: "text", text: "hello" } as const;

describe("the robot that sends", () => {
  test.each<[string, unknown, string[], string | undefined, string]>([
    ["is the one that is named", "home", ["work", "home"], "work", "home"],
    ["is the only one", undefined, ["work"], undefined, "work"],
    ["is the usual one of several", undefined, ["work", "home"], "home", "home"],
    ["is the usual one, though one is named default", undefined, ["default", "b"], "b", "b"],
    [
      "is default where there is one of that name",
      undefined,
      ["b", "default"],
      undefined,
      "default",
    ],
  ])("%s", (_which, named, ids, usual, account) => {
    expect(accountFor(named, { ids, usual })).toEqual({ ok: true, account });
  });

  test.each<[string, unknown, string[], string | undefined]>([
    ["must be named where there are several", undefined, ["work", "home"], undefined],
    ["is not guessed when the usual one does not run", undefined, ["work", "default"], "home"],
    ["must be known", "Work", ["work", "default"], "work"],
    ["must be known where there is one only", "other", ["default"], undefined],
    ["has a name", "", ["default"], undefined],
    ["has a name that is text", 5, ["5"], undefined],
    ["has a name that is one", null, ["default"], undefined],
  ])("%s", (_what, named, ids, usual) => {
    const chosen = accountFor(named, { ids, usual });
    expect(chosen.ok).toBe(false);
    // Whoever may send may know which robots there are.
    for (const id of ids) expect(JSON.stringify(chosen)).toContain(`\\"${id}\\"`);
  });

  test("is never one that does not run", () => {
    const name: fc.Arbitrary<string> = fc.constantFrom("a", "b", "c", "default");
    const given = fc.record({
      named: fc.option(name, { nil: undefined }),
      ids: fc.uniqueArray(name, { minLength: 1 }),
      usual: fc.option(name, { nil: undefined }),
    });
    fc.assert(
      fc.property(given, ({ named, ids, usual }) => {
        const chosen = accountFor(named, { ids, usual });
        if (chosen.ok) expect(ids).toContain(chosen.account);
        if (chosen.ok) expect([named ?? chosen.account]).toEqual([chosen.account]);
      }),
    );
  });
});

describe("a request", () => {
  const good = { to: "user:a", text: "x" };
  const several = { ids: ["work", "home"], usual: undefined };

  test("goes by the robot it names", () => {
    const parsed = parseRequest({ ...good, account: "home" }, undefined, several);
    expect(parsed).toMatchObject({ ok: true, request: { account: "home" } });
  });

  test("goes by the usual one", () => {
    const parsed = parseRequest(good, undefined, { ...several, usual: "work" });
    expect(parsed).toMatchObject({ ok: true, request: { account: "work" } });
  });

  test("hears what is wrong with the robot beside all else", () => {
    const parsed = parseRequest({ to: "a", text: "x", account: "them" }, undefined, several);
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map(({ path }) => path)).toEqual(["to", "account"]);
    expect(problems[1]?.reason).toBe('expected "work" or "home"');
  });

  test("must name one of several", () => {
    const parsed = parseRequest(good, undefined, several);
    expect(parsed).toEqual({
      ok: false,
      problems: [{ path: "account", reason: 'is missing: expected "work" or "home"' }],
    });
  });
});

describe("with several robots", () => {
  const accounts = ["default", "work"];

  test("a message is the named one's, in all it is made of", async () => {
    const { submit, taken } = createWorld({ accounts });
    await submit({ account: "work", to: [user("staff1"), group("g")], content: hello });
    expect(taken[0]?.account).toBe("work");
    // The chat that the other robot has with this person is none of this one's.
    expect(taken[0]?.replies.map(({ chat }) => chat)).toEqual([
      { ...directChat, account: "work", conversationId: "user:staff1" },
      { account: "work", kind: "group", conversationId: "g", userId: undefined },
    ]);
  });

  test("one key means one message with each", async () => {
    const { submit, taken } = createWorld({ accounts });
    const request = { to: [group("g")], content: hello, idempotencyKey: "k" };
    await submit(request);
    expect(await submit({ ...request, account: "work" })).toEqual({
      kind: "accepted",
      id: idAt(2),
    });
    expect(taken).toHaveLength(2);
  });

  test("a message is recalled by the one that sent it", async () => {
    const { submit, sending, settle, recalls } = createWorld({ accounts });
    await submit({ account: "work", to: [group("g")], content: hello });
    settle("group:g", { state: "sent", processQueryKey: "k" });
    expect((await sending.withdraw(ID))?.state).toBe("recalled");
    expect(recalls.map(({ account }) => account)).toEqual(["work"]);
  });

  test("what one that has been switched off has sent stays, what waits is taken back", async () => {
    const { submit, sending, settle, recalls, disable } = createWorld({ accounts });
    await submit({ account: "work", to: [group("g"), group("h")], content: hello });
    settle("group:g", { state: "sent", processQueryKey: "k" });
    disable("work");
    const report = await sending.withdraw(ID);
    expect(recalls).toEqual([]);
    expect(report?.deliveries).toMatchObject([
      { to: "group:g", state: "sent", recall: [expect.stringContaining("does not run here")] },
      { to: "group:h", state: "recalled" },
    ]);
    expect((await sending.fate(ID))?.account).toBe("work");
  });

  test("one that does not run takes nothing on", async () => {
    const { submit, taken } = createWorld({ accounts });
    expect(submit({ account: "gone", to: [group("g")], content: hello })).rejects.toThrow("gone");
    expect(taken).toEqual([]);
  });
});

describe("the audit", () => {
  test("has a line for each submission", async () => {
    const { submit, audited } = createWorld({ accounts: ["work"] });
    await submit({ account: "work", to: [user("a"), group("g")], content: hello, by: "gateway" });
    expect(audited).toEqual([
      {
        event: "proactive-send",
        account: "work",
        by: "gateway",
        subject: ["user:a", "group:g"],
        what: ID,
        content: "hello",
      },
    ]);
  });

  test("has none for what was not taken on, or was before", async () => {
    const { submit, fill, audited } = createWorld();
    const request = { to: [group("g")], content: hello, idempotencyKey: "k" };
    await submit(request);
    await submit(request);
    fill();
    await submit({ ...request, idempotencyKey: "other" });
    expect(audited).toHaveLength(1);
  });

  test("names twenty addressees and counts the others", async () => {
    const { submit, audited } = createWorld();
    const to = Array.from({ length: 25 }, (_, at) => group(`g${at}`));
    await submit({ to, content: hello });
    const subject = audited[0]?.subject ?? [];
    expect(subject).toHaveLength(21);
    expect(subject[19]).toBe("group:g19");
    expect(subject[20]).toBe("… 5 more");
    await submit({ to: to.slice(0, 20), content: hello });
    expect(audited[1]?.subject).toHaveLength(20);
  });

  test("keeps what other messages say", async () => {
    const { submit, audited } = createWorld();
    const message = { format: "link", title: "t", text: "x", url: "https://example.com" } as const;
    await submit({ to: [group("g")], content: { kind: "message", message } });
    expect(audited[0]?.content).toBe("t\nx\nhttps://example.com");
  });
});
