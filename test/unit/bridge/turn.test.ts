import { describe, expect, test } from "bun:test";
import type { FailureKind } from "../../../src/core/gateway/errors.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { KINDS, payloadData } from "../../support/robot-payloads.ts";
import {
  SESSION,
  SYSTEM,
  fails,
  says,
  text,
  turnOf,
  turning,
  type Ask,
  type Options,
} from "./_turning.ts";

describe("createTurn()", () => {
  test("asks the agent and puts its answer into the outbox, together with the end of the message", async () => {
    const { step, bodies, asked, replied, inbox, counters } = await turnOf(
      robotData(),
      says("hello"),
    );
    expect(step).toBe("again");
    expect(asked).toEqual([
      { agentId: "main", session: SESSION, system: SYSTEM, text: "你好", images: [] },
    ]);
    expect(bodies).toEqual([text("hello")]);
    expect(replied).toEqual(["cidDirect=="]);
    expect(inbox).toBe(0);
    expect(counters).toEqual({ turns: 1, turns_answered: 1 });
  });

  test("takes the machine's words out of the answer", async () => {
    const { bodies } = await turnOf(robotData(), says("hello [[buttons: a | b]] NO_REPLY"));
    expect(bodies).toEqual([text("hello")]);
  });

  test("says when the model was cut off", async () => {
    const answer = says("half", { truncated: true });
    const { bodies } = await turnOf(robotData(), answer, { locale: "en" });
    expect(bodies).toEqual([text(`half\n\n${TEXTS.en.truncated}`)]);
  });

  test("sends a long answer in several messages, in order", async () => {
    const long = Array.from({ length: 5000 }, (_, at) => `word${at}`).join(" ");
    const { bodies } = await turnOf(robotData(), says(long));
    expect(bodies.length).toBeGreaterThan(1);
    const said = bodies.map((body) => (body as ReturnType<typeof text>).text.content).join(" ");
    expect(said).toBe(long);
  });

  test("stays silent when the agent asks for it", async () => {
    const { bodies, replied, inbox, counters } = await turnOf(robotData(), says("DINGTALK_SILENT"));
    expect(bodies).toEqual([]);
    expect(replied).toEqual([]);
    expect(inbox).toBe(0);
    expect(counters).toEqual({ turns: 1, turns_silent: 1 });
  });

  test.each(["", "   ", "No response from OpenClaw."])(
    "says that there was no answer where the agent gave none: %j",
    async (answer) => {
      const { bodies, counters } = await turnOf(robotData(), says(answer));
      expect(bodies).toEqual([text(TEXTS.zh.failures.empty)]);
      expect(counters).toEqual({ turns: 1, turns_failed: 1 });
    },
  );

  test.each(["zh", "en"] as const)("helps who says nothing: %s", async (locale) => {
    const { bodies, asked, inbox } = await turnOf(
      robotData({ text: { content: " \n" } }),
      says("never asked"),
      { locale },
    );
    expect(bodies).toEqual([text(TEXTS[locale].help)]);
    expect(asked).toEqual([]);
    expect(inbox).toBe(0);
  });

  test.each(Object.entries(KINDS))(
    "asks the agent about every kind: %s",
    async (_kind, payload) => {
      const turn = turning(says("hello"), { windowMs: 0 });
      await turn.takeIn(payloadData(payload));
      expect(await turn.step()).toBe("again");
      expect(turn.asked).toHaveLength(1);
      expect(turn.asked[0]?.text).not.toBe("");
      expect((await turn.store.counts()).inbox).toBe(0);
    },
  );

  test("says in the log, and nobody else, that a message is of a kind nobody here can read", async () => {
    const { log, bodies } = await turnOf(payloadData(KINDS.noSuchKind), says("hello"), {
      windowMs: 0,
    });
    expect(log.entries).toContainEqual(
      expect.objectContaining({
        level: "info",
        fields: expect.objectContaining({ msgtype: "location" }),
      }),
    );
    expect(bodies).toEqual([text("hello")]);
  });

  test("hands on the pictures of the question", async () => {
    const compose = async () => ({ text: "look", images: ["data:image/png;base64,AA=="] });
    const { asked } = await turnOf(robotData(), says("hello"), { compose });
    expect(asked).toMatchObject([{ text: "look", images: ["data:image/png;base64,AA=="] }]);
  });

  test("ends in words where the question cannot be made, and does not try for ever", async () => {
    const compose = () => Promise.reject(new Error("our own fault"));
    const { step, bodies, asked, inbox, counters, order } = await turnOf(
      robotData(),
      says("never asked"),
      { compose },
    );
    expect(step).toBe("again");
    expect(bodies).toEqual([text(TEXTS.zh.failures.internal)]);
    expect(asked).toEqual([]);
    expect(order).toEqual(["settle"]);
    expect(inbox).toBe(0);
    expect(counters).toEqual({ turns_crashed: 1 });
  });

  test("waits for the next start where it is stopped while the question is made", async () => {
    const halt = new AbortController();
    const reason = new Error("stopping");
    const compose = async () => {
      halt.abort(reason);
      return { text: "half of it", images: [] };
    };
    const { step, asked, inbox, order } = await turnOf(robotData(), says("never asked"), {
      halt,
      compose,
    });
    expect(step).toBe(reason);
    expect(asked).toEqual([]);
    expect(order).toEqual([]);
    expect(inbox).toBe(1);
  });

  test("lets files go when its message is over, and not before", async () => {
    const picture = payloadData(KINDS.picture);
    const files = turning(says("hello"), { windowMs: 0 });
    await files.takeIn(picture);
    await files.step();
    expect(files.done).toEqual(["msg1=="]);
    const none = await turnOf(robotData(), says("hello"));
    expect(none.done).toEqual([]);
    const held = await turnOf(picture, fails("unreachable"), { windowMs: 0 });
    expect(held.done).toEqual([]);
    const store = () => ({ settle: () => Promise.reject(new Error("disk full")) });
    const unsettled = await turnOf(picture, says("hello"), { windowMs: 0, store });
    expect(unsettled.done).toEqual([]);
  });

  test("ends a message that came without its content in silence, and passes the news on", async () => {
    const data = robotData({ text: undefined, errorCode: "20001" });
    const { bodies, asked, inbox, overQuota } = await turnOf(data, says("never asked"));
    expect(bodies).toEqual([]);
    expect(asked).toEqual([]);
    expect(inbox).toBe(0);
    expect(overQuota.times).toBe(1);
  });

  /** These do not end a turn: it waits, or its end is looked for. */
  const goesOn = new Set<FailureKind>([
    "unreachable",
    "busy",
    "needs-restart",
    "broken",
    "held-too-long",
  ]);
  const kinds = Object.keys(TEXTS.zh.failures) as FailureKind[];
  test.each(kinds.filter((kind) => !goesOn.has(kind)))(
    "tells people in their language what failed: %s",
    async (kind) => {
      for (const locale of ["zh", "en"] as const) {
        const { bodies, inbox, counters, log } = await turnOf(robotData(), fails(kind), { locale });
        expect(bodies).toEqual([text(TEXTS[locale].failures[kind])]);
        expect(inbox).toBe(0);
        expect(counters).toEqual({ turns: 1, turns_failed: 1 });
        expect(log.entries).toContainEqual(
          expect.objectContaining({ level: "error", fields: expect.objectContaining({ kind }) }),
        );
      }
    },
  );

  test("ends a turn that crashes inside with a notice as well", async () => {
    const crash = () => Promise.reject(new Error("our own fault"));
    const { step, bodies, inbox, counters, log } = await turnOf(robotData(), crash);
    expect(step).toBe("again");
    expect(bodies).toEqual([text(TEXTS.zh.failures.internal)]);
    expect(inbox).toBe(0);
    expect(counters).toMatchObject({ turns: 1, turns_crashed: 1 });
    expect(log.entries).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ reason: "our own fault" }) }),
    );
  });

  test("ends a turn that throws at once in the same way", async () => {
    const crash = () => {
      throw new Error("our own fault");
    };
    const { bodies, inbox } = await turnOf(robotData(), crash);
    expect(bodies).toEqual([text(TEXTS.zh.failures.internal)]);
    expect(inbox).toBe(0);
  });

  test("leaves the message in the inbox when it is stopped, with what was asked", async () => {
    const halt = new AbortController();
    const reason = new Error("stopping");
    const stopped = async () => {
      halt.abort(reason);
      throw reason;
    };
    const { step, bodies, replied, inbox, nextTurn } = await turnOf(robotData(), stopped, { halt });
    expect(step).toBe(reason);
    expect(bodies).toEqual([]);
    expect(replied).toEqual([]);
    expect(inbox).toBe(1);
    expect((await nextTurn())?.asked).toMatchObject({ text: "你好", broken: false });
  });

  test("keeps an answer that came before it was stopped", async () => {
    const halt = new AbortController();
    const answer = async () => {
      halt.abort(new Error("stopping"));
      return says("just in time");
    };
    const { bodies, inbox } = await turnOf(robotData(), answer, { halt });
    expect(bodies).toEqual([text("just in time")]);
    expect(inbox).toBe(0);
  });

  test("rejects if the end cannot be committed, and wakes nobody", async () => {
    const store = () => ({ settle: () => Promise.reject(new Error("disk full")) });
    const { step, replied, inbox } = await turnOf(robotData(), says("hello"), { store });
    expect(step).toEqual(new Error("disk full"));
    expect(replied).toEqual([]);
    expect(inbox).toBe(1);
  });

  test("keeps what people and the agent said out of the log", async () => {
    const data = robotData({ text: { content: "TOPSECRET question" } });
    for (const answer of [says("TOPSECRET answer"), fails("broken"), fails("busy"), says("")]) {
      const { log } = await turnOf(data, answer);
      expect(log.text()).not.toContain("TOPSECRET");
    }
  });
});

describe("createTurn(), in a group", () => {
  test("asks in the group's session, and mentions who asked in the answer", async () => {
    const { bodies, asked } = await turnOf(groupData(), says("hello"));
    expect(asked[0]?.session).toBe("agent:main:dingtalk:group:cidGroup==");
    expect(bodies).toEqual([{ ...text("@staff1 hello"), at: { atUserIds: ["staff1"] } }]);
  });

  test("names an outsider, who has no staff id", async () => {
    const { bodies } = await turnOf(groupData({ senderStaffId: "" }), says("hello"));
    expect(bodies).toEqual([text("@小明 hello")]);
  });

  test("mentions the person in a notice too", async () => {
    const { bodies } = await turnOf(groupData(), fails("rejected"));
    expect(bodies).toEqual([
      { ...text(`@staff1 ${TEXTS.zh.failures.rejected}`), at: { atUserIds: ["staff1"] } },
    ]);
  });
});

describe("createTurn(), a stored message nobody can read any more", () => {
  test("is ended without an answer, and logged", async () => {
    // What could be read once, and cannot by a newer version.
    const store = (real: Parameters<NonNullable<Options["store"]>>[0]) => ({ settle: real.settle });
    const turn = turning(says("never asked"), { store });
    await turn.takeIn(robotData());
    const entry = await turn.nextTurn();
    if (entry === undefined) throw new Error("nothing was taken in");
    const { run } = turn;
    expect(await run([{ ...entry, data: "broken" }], turn.halt.signal)).toBe("again");
    expect(turn.asked).toEqual([]);
    expect(await turn.bodies()).toEqual([]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(turn.log.entries.at(-1)?.level).toBe("error");
  });
});

describe("createTurn(), what is committed when", () => {
  const taken: Ask = async (_question, events) => {
    events.onRun("chatcmpl_7");
    return says("hello");
  };

  test("is the question before it is asked, its run at the first chunk, the answer at the end", async () => {
    const { order } = await turnOf(robotData(), taken);
    expect(order).toEqual(["asking", "ask", "answering", "settle"]);
  });

  test("is the question as the gateway gets it, with the time", async () => {
    const before: unknown[] = [];
    const turn = turning(async (_question, events) => {
      before.push((await turn.nextTurn())?.asked);
      events.onRun("chatcmpl_7");
      before.push((await turn.nextTurn())?.asked);
      return says("hello");
    });
    await turn.takeIn(groupData());
    await turn.step();
    const asked = { text: "你好", at: turn.clock.now(), broken: false };
    expect(before).toEqual([
      { ...asked, runId: undefined },
      { ...asked, runId: "chatcmpl_7" },
    ]);
  });

  test("is nothing asked of the gateway where that cannot be: it is tried again", async () => {
    let broken = true;
    const turn = turning(says("hello"), {
      store: (real) => ({
        asking: (...given) =>
          broken ? Promise.reject(new Error("disk full")) : real.asking(...given),
      }),
    });
    await turn.takeIn(robotData());
    expect(await turn.step()).toEqual(new Error("disk full"));
    expect(turn.asked).toEqual([]);
    broken = false;
    expect(await turn.step()).toBe("again");
    expect(turn.asked).toHaveLength(1);
    expect(await turn.bodies()).toEqual([text("hello")]);
  });

  test("does not depend on the run id: without it the words are looked for", async () => {
    const store = () => ({ answering: () => Promise.reject(new Error("disk full")) });
    const { bodies } = await turnOf(robotData(), taken, { store });
    expect(bodies).toEqual([text("hello")]);
  });

  test("is the same answer the next time, if its end could not be committed: nobody is asked again", async () => {
    let broken = true;
    let answers = 0;
    const turn = turning(() => says(`answer ${++answers}`), {
      store: (real) => ({
        settle: (...given) =>
          broken ? Promise.reject(new Error("disk I/O error")) : real.settle(...given),
      }),
    });
    await turn.takeIn(robotData());
    expect(await turn.step()).toEqual(new Error("disk I/O error"));
    expect(await turn.step()).toEqual(new Error("disk I/O error"));
    broken = false;
    expect(await turn.step()).toBe("again");
    expect(turn.order.filter((each) => each === "ask" || each === "look")).toEqual(["ask"]);
    expect(await turn.bodies()).toEqual([text("answer 1")]);
    expect((await turn.store.counts()).inbox).toBe(0);
    expect(turn.counters.read()).toMatchObject({ turns: 1, turns_answered: 1 });
  });

  test.each([
    ["a file that only the history names comes after the words", "words", ["/srv/a.png"], 2],
    ["one that the words name already comes once", "words\nMEDIA:/srv/a.png", ["/srv/a.png"], 2],
    ["one in a block of code is only code", "```\nMEDIA:/srv/a.png\n```", ["/srv/a.png"], 1],
    ["a file may be all of the answer", "", ["/srv/a.png"], 1],
  ])("%s", async (_what, said, media, count) => {
    const turn = turning(says(said, { media }));
    await turn.takeIn(robotData());
    await turn.step();
    expect(await turn.replies()).toHaveLength(count);
  });
});
