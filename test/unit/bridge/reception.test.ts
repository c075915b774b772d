import { describe, expect, test } from "bun:test";
import { createLoopGuard } from "../../../src/core/bridge/loop-guard.ts";
import { createReception } from "../../../src/core/bridge/reception.ts";
import type { Sorted } from "../../../src/core/bridge/sorting.ts";
import { createCounters } from "../../../src/core/counters.ts";
import { askerOf, chatOf, claimOf } from "../../../src/core/inbound/session.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { USAGE, arrivalOf, robotData, words } from "../../support/fake-messages.ts";

const RIGHTS = { commands: [], media: true, files: true, proactive: "any" } as const;
const DESK = "desk:staff1";

/** One message in the inbox, and the question who may talk in the test's hands. */
function receiving(data = robotData()) {
  const clock = createFakeClock();
  const store = openSqliteStore(":memory:");
  /** The agent of everybody; undefined: nobody is let in. */
  const access = {
    agent: "main" as string | undefined,
    /** What the store says already and nobody here knows. */
    unseen: undefined as string | undefined,
  };
  const refiled: string[] = [];
  const handled: string[] = [];
  const reception = createReception({
    sort(message): Sorted {
      const chat = chatOf("default", message);
      const asker = askerOf(message);
      if (access.agent === undefined) {
        const decision = { allowed: false, role: "guest", denial: "pairing" } as const;
        return { chat, asker, decision, to: "desk", place: { desk: DESK } };
      }
      const agentId = access.agent;
      const decision = { allowed: true, role: "owner", rights: RIGHTS, agentId } as const;
      return { chat, asker, decision, to: "agent", place: claimOf(agentId, { chat }) };
    },
    async lookAgain() {
      const { unseen } = access;
      if (unseen === undefined) return false;
      Object.assign(access, { agent: unseen, unseen: undefined });
      return true;
    },
    desk: {
      async handle({ msgId }) {
        handled.push(msgId);
        return "who are you?";
      },
    },
    loops: createLoopGuard({ turns: 2, windowMs: 60_000, clock }),
    loopNotice: "I stop",
    words: (said) => [words(said)],
    atSender: () => true,
    store,
    clock,
    log: createFakeLog(),
    counters: createCounters(),
    onReplies: () => undefined,
    onRefiled: (session) => void refiled.push(session),
  });
  const arrival = arrivalOf(data);
  const takeIn = async () => await store.takeIn([arrival], [], USAGE);
  const waiting = async (session = arrival.session) => await store.nextTurns(session, 9);
  return { access, reception, store, refiled, handled, arrival, takeIn, waiting };
}

describe("Reception.recheck()", () => {
  test("leaves a message where it is while nothing has changed", async () => {
    const { reception, takeIn, waiting, refiled } = receiving();
    await takeIn();
    expect(await reception.recheck(await waiting())).toHaveLength(1);
    expect(refiled).toEqual([]);
  });

  test("brings it to the new agent, and to the desk once its writer is shut out", async () => {
    const { access, reception, takeIn, waiting, refiled } = receiving();
    await takeIn();
    access.agent = "other";
    expect(await reception.recheck(await waiting())).toEqual([]);
    expect(refiled).toEqual(["agent:other:dingtalk:user:staff1"]);
    access.agent = undefined;
    expect(await reception.recheck(await waiting(refiled[0]))).toEqual([]);
    expect(refiled[1]).toBe(DESK);
    expect(await waiting(DESK)).toHaveLength(1);
  });

  test("so is one that was asked before a crash: it is not asked again for who is shut out", async () => {
    const { access, reception, store, takeIn, waiting } = receiving();
    await takeIn();
    const [entry] = await waiting();
    await store.asking([entry?.id ?? 0], { text: "a question", at: 1 });
    expect(await reception.recheck(await waiting())).toHaveLength(1);
    access.agent = undefined;
    expect(await reception.recheck(await waiting())).toEqual([]);
    expect(await waiting()).toEqual([]);
    expect(await waiting(DESK)).toMatchObject([{ asked: undefined }]);
  });
});

describe("Reception.step()", () => {
  test("who was let in a moment ago is not turned away: the message goes to the agent", async () => {
    const { access, arrival, reception, store, handled, refiled } = receiving();
    Object.assign(access, { agent: undefined, unseen: "main" });
    const { session: _session, ...message } = arrival;
    await store.takeIn([{ ...message, place: { desk: DESK } }], [], USAGE);
    expect(await reception.step(DESK)).toBe("again");
    expect(handled).toEqual([]);
    expect(refiled).toEqual(["agent:main:dingtalk:user:staff1"]);
  });

  test("a robot's messages are answered at the desk so often and no more, which is said once", async () => {
    const { access, arrival, reception, store, handled } = receiving();
    access.agent = undefined;
    for (let at = 1; at <= 5; at++) {
      const fields = { msgId: `msg${at}`, createAt: at, senderStaffId: "", senderPlatform: "" };
      const { session: _session, ...message } = arrivalOf(robotData(fields));
      await store.takeIn([{ ...message, place: { desk: DESK } }], [], USAGE);
      expect(await reception.step(DESK)).toBe("again");
    }
    expect(handled).toEqual(["msg1", "msg2"]);
    expect((await store.counts()).inbox).toBe(0);
    const sent = await store.nextReplies(arrival.chat, 9);
    const said = ["who are you?", "who are you?", "I stop"];
    expect(sent.map(({ message }) => message)).toEqual(said.map(words));
  });
});
