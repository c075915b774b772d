import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import type { Address } from "../../../src/core/send/address.ts";
import { CronEventSchema, createCronDelivery } from "../../../src/core/send/cron.ts";
import { saidIn } from "../../../src/core/message.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { ID, createWorld, groupChat, idAt } from "./_sending.ts";

const FOLDED = "agent:main:dingtalk:group:cidgroup==";
const finished = {
  jobId: "job1",
  action: "finished",
  job: { name: "Morning brief", payload: { kind: "agentTurn" } },
  status: "ok",
  summary: "**Good morning**",
  sessionKey: FOLDED,
  sessionId: "s1",
  model: "m",
  usage: { total_tokens: 5 },
};

function delivering() {
  const world = createWorld();
  const { store, sending, clock } = world;
  const mayDeliver = () => ({ ok: true }) as const;
  const textsOf = (account: string) => TEXTS[account === groupChat.account ? "en" : "zh"];
  const cron = createCronDelivery({ store, sending, textsOf, mayDeliver, clock });
  const deliver = (event: object, ...to: Address[]) =>
    cron.deliver(v.parse(CronEventSchema, event), { to });
  const said = () =>
    world.taken.map(({ replies }) => replies.map(({ message }) => saidIn(message)).join("\n"));
  return { ...world, deliver, said };
}

describe("a scheduled job's words", () => {
  test("go as markdown to the chat of its session, whatever the case of the key", async () => {
    const { deliver, taken, said } = delivering();
    expect(await deliver(finished)).toEqual({ kind: "accepted", id: ID });
    expect(taken[0]?.replies[0]).toMatchObject({
      chat: groupChat,
      message: { format: "markdown" },
    });
    expect(said()).toEqual(["**Good morning**"]);
    const other = { ...finished, runId: 2, sessionKey: "agent:main:dingtalk:group:cidGroup==" };
    expect(await deliver(other)).toMatchObject({ kind: "accepted" });
  });

  test("go elsewhere when told to", async () => {
    const { deliver, taken } = delivering();
    const isolated = { ...finished, sessionKey: "agent:main:cron:job1:run:5" };
    await deliver(isolated, { kind: "user", id: "staff1" }, { kind: "group", id: "g" });
    const targets = taken[0]?.replies.flatMap((reply) => reply.targets);
    expect(targets).toEqual(["user:staff1", "group:g"]);
    await deliver({ ...finished, runId: 2 }, { kind: "group", id: "g" });
    expect(taken[1]?.replies.flatMap((reply) => reply.targets)).toEqual(["group:g"]);
  });

  test.each([
    ["a session of its own", "agent:main:cron:job1:run:‹5›"],
    ["no session", undefined],
  ])("go to the chat the job was made in, though it ran in %s", async (_where, sessionKey) => {
    const { deliver, taken } = delivering();
    const job = { ...finished.job, sessionKey: FOLDED };
    expect(await deliver({ ...finished, sessionKey, job })).toMatchObject({ kind: "accepted" });
    expect(taken[0]?.replies[0]?.chat).toEqual(groupChat);
  });

  test("go nowhere where nobody knows the chat, and it says what to do", async () => {
    const { deliver, taken } = delivering();
    for (const sessionKey of [
      "agent:main:dingtalk:group:cidnobody==",
      "agent:main:dingtalk:user:nobody",
      "agent:main:cron:job1",
      undefined,
    ]) {
      const outcome = await deliver({ ...finished, sessionKey });
      expect(outcome).toMatchObject({ kind: "unknown-chat" });
      expect(JSON.stringify(outcome)).toContain("?to=user:");
      expect(JSON.stringify(outcome)).not.toContain("nobody==");
    }
    expect(taken).toEqual([]);
  });

  test("lose what is meant for machines", async () => {
    const { deliver, said } = delivering();
    await deliver({ ...finished, summary: "[[reply_to_current]] hello" });
    expect(said()).toEqual(["hello"]);
  });

  test.each([
    ["NO_REPLY", "silent"],
    ["DINGTALK_SILENT", "silent"],
    ["HEARTBEAT_OK", "silent"],
    ["", "empty"],
    [undefined, "empty"],
    [null, "empty"],
  ])("are none: %p", async (summary, reason) => {
    const { deliver, taken } = delivering();
    expect(await deliver({ ...finished, summary })).toEqual({ kind: "ignored", reason });
    expect(taken).toEqual([]);
  });

  test.each(["added", "updated", "removed", "started", "scheduled"])(
    "are awaited: %s",
    async (action) => {
      const { deliver, taken } = delivering();
      expect(await deliver({ ...finished, action })).toMatchObject({ kind: "ignored" });
      expect(taken).toEqual([]);
    },
  );
});

describe("a scheduled job that failed", () => {
  const failed = { ...finished, status: "error", error: "model *timed*\nout", summary: "half" };

  test("is named with its error, in one plain line", async () => {
    const { deliver, taken, said } = delivering();
    await deliver(failed);
    expect(said()).toEqual([TEXTS.en.jobFailed("Morning brief", "model *timed* out")]);
    expect(taken[0]?.replies[0]?.message.format).toBe("text");
  });

  test("may have no name and no error, or a very long one", async () => {
    const { deliver, said } = delivering();
    await deliver({ ...failed, job: undefined, error: undefined });
    await deliver({ ...failed, runId: "2", error: "x".repeat(50_000) });
    expect(said()[0]).toContain("job1");
    expect(said()[1]?.length).toBeLessThan(1200);
  });
});

describe("a run reported twice", () => {
  const again = async (first: object, second: object, ms = 0, ...to: Address[]) => {
    const { deliver, clock } = delivering();
    await deliver({ ...finished, ...first });
    await clock.advance(ms);
    const outcome = await deliver({ ...finished, ...second }, ...to);
    return outcome.kind === "known" && outcome.id === ID
      ? "the same"
      : outcome.kind === "accepted" && outcome.id === idAt(2)
        ? "another"
        : outcome;
  };
  const DAY = 86_400_000;

  test.each([
    [{ runAtMs: 5 }, { runAtMs: 5 }],
    [{ runId: "r" }, { runId: "r" }],
    [
      { runId: "r", runAtMs: 5, summary: "a" },
      { runId: "r", runAtMs: 5, summary: "b" },
    ],
  ])("is one message, however late: %j %j", async (first, second) => {
    expect(await again(first, second, DAY)).toBe("the same");
  });

  test.each([
    [{ runAtMs: 5 }, { runAtMs: 6 }],
    [{ runId: "r" }, { runId: "s" }],
    [{ runId: "r" }, { runId: "r", jobId: "job2" }],
  ])("is two where it is not the same: %j %j", async (first, second) => {
    expect(await again(first, second)).toBe("another");
  });

  test("is known by its words and the minute where nothing else names it", async () => {
    expect(await again({}, {})).toBe("the same");
    expect(await again({}, { summary: "other" })).toBe("another");
    // A job in a chat's own session has the same session every day.
    expect(await again({}, {}, DAY)).toBe("another");
  });

  test("is two for two addressees", async () => {
    const elsewhere: Address = { kind: "user", id: "u" };
    expect(await again({ runId: 1 }, { runId: 1 }, 0, elsewhere)).toBe("another");
  });
});

test("the store's failure and a full outbox are the caller's to hear of", async () => {
  const full = delivering();
  full.fill();
  expect(await full.deliver(finished)).toEqual({ kind: "full" });
  const broken = delivering();
  broken.break(new Error("disk"));
  expect(broken.deliver(finished)).rejects.toThrow("disk");
});
