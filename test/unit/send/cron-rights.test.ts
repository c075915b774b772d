import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import type { Chat } from "../../../src/core/inbound/session.ts";
import { nameOf, type Address } from "../../../src/core/send/address.ts";
import {
  CronEventSchema,
  createCronDelivery,
  type MayDeliver,
} from "../../../src/core/send/cron.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { createWorld, type WorldOptions } from "./_sending.ts";

const GROUP = "agent:main:dingtalk:group:cidgroup==";
const DIRECT = "agent:main:dingtalk:user:staff1";
const WORK = "agent:work:dingtalk:group:cidwork==";
const NO_CHAT = "agent:main:cron:job1";

const said = { jobId: "job1", action: "finished", status: "ok", summary: "Good morning" };
const elsewhere: Address = { kind: "user", id: "boss" };
const ours = { accounts: ["default", "work"] };

function asking(verdict: MayDeliver = { ok: true }, options: WorldOptions = {}) {
  const world = createWorld(options);
  const asked: { chat: Chat; to: readonly string[]; account: string }[] = [];
  const cron = createCronDelivery({
    store: world.store,
    sending: world.sending,
    textsOf: () => TEXTS.en,
    mayDeliver(chat, to, account) {
      asked.push({ chat, to: to.map(nameOf), account });
      return verdict;
    },
    clock: world.clock,
  });
  const deliver = (event: object, to: readonly Address[] = [], account?: string) =>
    cron.deliver(v.parse(CronEventSchema, { ...said, ...event }), { to, account });
  return { ...world, asked, deliver };
}

describe("whose rights a job has", () => {
  test("those of the chat it was ordered in, for the chat its words go to", async () => {
    const { asked, deliver } = asking();
    await deliver({ sessionKey: GROUP });
    expect(asked).toMatchObject([
      { chat: { conversationId: "cidGroup==", session: "agent:main:dingtalk:group:cidGroup==" } },
    ]);
    expect(asked[0]).toMatchObject({ to: ["group:cidGroup=="], account: "default" });
  });

  test("those of that chat, for addressees elsewhere", async () => {
    const { asked, deliver } = asking();
    await deliver({ sessionKey: GROUP }, [elsewhere]);
    expect(asked).toMatchObject([{ chat: { conversationId: "cidGroup==" }, to: ["user:boss"] }]);
  });

  test("those of the chat that ordered it, though it runs in another's session", async () => {
    const { asked, deliver, taken } = asking();
    await deliver({ sessionKey: DIRECT, job: { sessionKey: GROUP } });
    expect(asked).toMatchObject([{ chat: { conversationId: "cidGroup==" }, to: ["user:staff1"] }]);
    expect(taken[0]?.replies[0]?.targets).toEqual(["user:staff1"]);
  });

  test.each([
    ["it runs in a session of its own", { sessionKey: NO_CHAT }],
    ["it says it is another's", { sessionKey: NO_CHAT, job: { sessionKey: DIRECT } }],
    ["it says it is the agent's", { sessionKey: NO_CHAT, job: { sessionKey: "agent:main:main" } }],
    ["it runs in another's session", { sessionKey: DIRECT }],
  ])("those of the chat it was made in, also where %s", async (_what, event) => {
    const { asked, deliver } = asking();
    const job = { ...("job" in event ? event.job : {}), owner: { sessionKey: GROUP } };
    await deliver({ ...event, job }, [elsewhere]);
    expect(asked).toMatchObject([{ chat: { conversationId: "cidGroup==" }, to: ["user:boss"] }]);
  });

  test("those of the chat it was made in, for somebody whose session it names", async () => {
    const { asked, deliver, taken } = asking({ ok: false, reason: "no" });
    const job = { sessionKey: DIRECT, owner: { sessionKey: GROUP } };
    expect(await deliver({ sessionKey: NO_CHAT, job })).toMatchObject({ kind: "refused" });
    expect(asked).toMatchObject([{ chat: { conversationId: "cidGroup==" }, to: ["user:staff1"] }]);
    expect(taken).toEqual([]);
  });

  test("goes to the chat it was made in, where it names no other", async () => {
    const { deliver, taken } = asking();
    const job = { owner: { sessionKey: GROUP } };
    expect(await deliver({ sessionKey: NO_CHAT, job })).toMatchObject({ kind: "accepted" });
    expect(taken[0]?.replies[0]?.targets).toEqual(["group:cidGroup=="]);
  });

  test("nobody's, where the chat it was made in is not known", async () => {
    const { asked, deliver, taken } = asking();
    const job = { owner: { sessionKey: "agent:main:dingtalk:user:long-gone" } };
    expect(await deliver({ sessionKey: NO_CHAT, job }, [elsewhere])).toMatchObject({
      kind: "unknown-chat",
    });
    expect([asked, taken]).toEqual([[], []]);
  });

  test("its owner's, who has not ordered it in a chat", async () => {
    const { asked, deliver, taken } = asking({ ok: false, reason: "no" });
    expect(await deliver({ sessionKey: NO_CHAT }, [elsewhere])).toMatchObject({ kind: "accepted" });
    expect(asked).toEqual([]);
    expect(taken).toHaveLength(1);
  });
});

describe("a job that may not write there", () => {
  test("sends nothing, and says why", async () => {
    const { deliver, taken, woken } = asking({ ok: false, reason: "not for guests" });
    const outcome = await deliver({ sessionKey: GROUP });
    expect(outcome).toEqual({ kind: "refused", reason: "not for guests" });
    expect(taken).toEqual([]);
    expect(woken).toEqual([]);
  });

  test("is in the audit", async () => {
    const { deliver, audited } = asking({ ok: false, reason: "not for guests" });
    await deliver({ sessionKey: DIRECT }, [elsewhere]);
    expect(audited).toEqual([
      {
        event: "proactive-refused",
        account: "default",
        by: "gateway",
        chat: { kind: "direct", id: "staff1" },
        subject: ["user:boss"],
        reason: "not for guests",
        what: "job1",
        content: "Good morning",
      },
    ]);
  });

  test("is not asked about while it has nothing to say", async () => {
    const { deliver, asked, audited } = asking({ ok: false, reason: "no" });
    expect(await deliver({ sessionKey: GROUP, summary: "NO_REPLY" })).toMatchObject({
      kind: "ignored",
    });
    expect(asked).toEqual([]);
    expect(audited).toEqual([]);
  });
});

describe("the robot that brings a job's words", () => {
  test("is the chat's", async () => {
    const { deliver, taken, audited } = asking({ ok: true }, ours);
    await deliver({ sessionKey: WORK });
    expect(taken[0]).toMatchObject({ account: "work" });
    expect(audited).toMatchObject([
      { event: "proactive-send", account: "work", by: "gateway", content: "Good morning" },
    ]);
  });

  test("is the chat's whatever else is named, where its words go there", async () => {
    const { deliver, taken } = asking({ ok: true }, ours);
    await deliver({ sessionKey: WORK }, [], "default");
    expect(taken[0]).toMatchObject({ account: "work", replies: [{ chat: { account: "work" } }] });
  });

  test("is the one that is named for addressees, and rights are asked for it", async () => {
    const { deliver, taken, asked } = asking({ ok: true }, ours);
    await deliver({ sessionKey: WORK }, [elsewhere], "default");
    expect(taken[0]).toMatchObject({ account: "default", replies: [{ targets: ["user:boss"] }] });
    expect(asked).toMatchObject([{ chat: { account: "work" }, account: "default" }]);
  });

  test("is the chat's for addressees too, if none is named", async () => {
    const { deliver, taken } = asking({ ok: true }, ours);
    await deliver({ sessionKey: WORK }, [elsewhere]);
    expect(taken[0]?.account).toBe("work");
  });

  test("must be named where nothing tells", async () => {
    const { deliver, taken } = asking({ ok: true }, { accounts: ["home", "work"] });
    const outcome = await deliver({ sessionKey: NO_CHAT }, [elsewhere]);
    expect(outcome).toMatchObject({ kind: "unknown-chat" });
    expect(JSON.stringify(outcome)).toContain("?account=");
    expect(taken).toEqual([]);
    await deliver({ sessionKey: NO_CHAT }, [elsewhere], "home");
    expect(taken[0]?.account).toBe("home");
  });

  test("may have been switched off since", async () => {
    const { deliver, taken, asked } = asking();
    const outcome = await deliver({ sessionKey: "agent:main:dingtalk:group:cidgone==" });
    expect(outcome).toEqual({
      kind: "unknown-chat",
      reason: "the robot gone does not run here",
    });
    expect(asked).toEqual([]);
    expect(taken).toEqual([]);
  });
});
