import { describe, expect, test } from "bun:test";
import { SYSTEM_MESSAGE } from "../../../src/core/bridge/prompt.ts";
import { createTurn } from "../../../src/core/bridge/turn.ts";
import { createCounters } from "../../../src/core/counters.ts";
import type { Answer, Gateway, Question } from "../../../src/core/gateway/client.ts";
import type { FailureKind } from "../../../src/core/gateway/errors.ts";
import { reasonOf } from "../../../src/core/log.ts";
import type { InboxEntry, Store } from "../../../src/core/store.ts";
import { TEXTS, type Locale } from "../../../src/core/texts.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { arrivalOf, groupData, robotData } from "../../support/fake-messages.ts";

interface Options {
  readonly locale?: Locale;
  readonly settle?: Store["settle"];
  readonly halt?: AbortController;
}

const says = (text: string, truncated = false): Answer => ({
  ok: true,
  runId: "chatcmpl_1",
  text,
  truncated,
});
const fails = (kind: FailureKind): Answer => ({
  ok: false,
  failure: { kind, reason: "because" },
});

/** Takes one message in, runs its turn and tells what came of it. */
async function turnOf(data: string, answer: Gateway["ask"] | Answer, options: Options = {}) {
  const { locale = "zh", halt = new AbortController() } = options;
  const clock = createFakeClock();
  const log = createFakeLog();
  const counters = createCounters();
  const real = openSqliteStore(":memory:");
  const store = options.settle === undefined ? real : { ...real, settle: options.settle };
  const asked: Question[] = [];
  const replied: string[] = [];
  const gateway: Gateway = {
    async ask(question, signal) {
      asked.push(question);
      return typeof answer === "function" ? await answer(question, signal) : answer;
    },
  };
  const run = createTurn({
    agentId: "main",
    gateway,
    store,
    texts: TEXTS[locale],
    clock,
    log,
    counters,
    onReplies: ({ conversationId }) => void replied.push(conversationId),
  });
  const arrival = arrivalOf(data);
  await real.takeIn([arrival], []);
  const entry = (await real.nextTurn(arrival.session)) as InboxEntry;
  const error = await run(entry, halt.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  const bodies: unknown[] = [];
  for (;;) {
    const reply = await real.nextReply(arrival.chat);
    if (reply === undefined) break;
    bodies.push(JSON.parse(reply.body));
    await real.sent(reply.id);
  }
  const { inbox } = await real.counts();
  return { error, bodies, asked, replied, inbox, log, counters: counters.read() };
}

const text = (content: string) => ({ msgtype: "text", text: { content } });

describe("createTurn()", () => {
  test("asks the agent and puts its answer into the outbox, together with the end of the message", async () => {
    const { bodies, asked, replied, inbox, counters } = await turnOf(robotData(), says("hello"));
    expect(asked).toEqual([
      {
        agentId: "main",
        session: "agent:main:dingtalk:user:staff1",
        system: SYSTEM_MESSAGE,
        text: "你好",
      },
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
    const { bodies } = await turnOf(robotData(), says("half", true), { locale: "en" });
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

  test.each([
    ["picture", "图片", "pictures"],
    ["audio", "语音", "voice messages"],
    ["hologram", "hologram", "hologram"],
  ])("says that it cannot read a %s", async (msgtype, zh, en) => {
    const data = robotData({ msgtype, text: undefined, content: { downloadCode: "x" } });
    for (const [locale, word] of [
      ["zh", zh],
      ["en", en],
    ] as const) {
      const { bodies, asked } = await turnOf(data, says("never asked"), { locale });
      expect(bodies).toEqual([text(TEXTS[locale].unsupported(msgtype))]);
      expect(JSON.stringify(bodies)).toContain(word);
      expect(asked).toEqual([]);
    }
  });

  const kinds = Object.keys(TEXTS.zh.failures) as FailureKind[];
  test.each(kinds)("tells people in their language what failed: %s", async (kind) => {
    for (const locale of ["zh", "en"] as const) {
      const { bodies, inbox, counters, log } = await turnOf(robotData(), fails(kind), { locale });
      expect(bodies).toEqual([text(TEXTS[locale].failures[kind])]);
      expect(inbox).toBe(0);
      expect(counters).toEqual({ turns: 1, turns_failed: 1 });
      expect(log.entries.at(-1)).toMatchObject({ level: "error", fields: { kind } });
    }
  });

  test("ends a turn that crashes inside with a notice as well", async () => {
    const crash = () => Promise.reject(new Error("our own fault"));
    const { error, bodies, inbox, counters, log } = await turnOf(robotData(), crash);
    expect(error).toBeUndefined();
    expect(bodies).toEqual([text(TEXTS.zh.failures.internal)]);
    expect(inbox).toBe(0);
    expect(counters).toEqual({ turns: 1, turns_crashed: 1 });
    expect(log.entries.at(-1)).toMatchObject({ fields: { reason: "our own fault" } });
  });

  test("leaves the message in the inbox when it is stopped", async () => {
    const halt = new AbortController();
    const reason = new Error("stopping");
    const stopped = async () => {
      halt.abort(reason);
      throw reason;
    };
    const { error, bodies, replied, inbox } = await turnOf(robotData(), stopped, { halt });
    expect(error).toBe(reason);
    expect(bodies).toEqual([]);
    expect(replied).toEqual([]);
    expect(inbox).toBe(1);
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
    const settle = () => Promise.reject(new Error("disk full"));
    const { error, replied, inbox } = await turnOf(robotData(), says("hello"), { settle });
    expect(error).toEqual(new Error("disk full"));
    expect(replied).toEqual([]);
    expect(inbox).toBe(1);
  });

  test("keeps what people and the agent said out of the log", async () => {
    const data = robotData({ text: { content: "TOPSECRET question" } });
    for (const answer of [says("TOPSECRET answer"), fails("broken"), says("")]) {
      const { log } = await turnOf(data, answer);
      expect(log.text()).not.toContain("TOPSECRET");
    }
  });
});

describe("createTurn(), in a group", () => {
  test("tells the agent who speaks, and mentions that person in the answer", async () => {
    const { bodies, asked } = await turnOf(groupData({ senderNick: "小 明\n" }), says("hello"));
    expect(asked[0]?.text).toBe("小 明: 你好");
    expect(asked[0]?.session).toBe("agent:main:dingtalk:group:cidGroup==");
    expect(bodies).toEqual([{ ...text("@staff1 hello"), at: { atUserIds: ["staff1"] } }]);
  });

  test("names an outsider, who has no staff id", async () => {
    const { bodies } = await turnOf(groupData({ senderStaffId: "" }), says("hello"));
    expect(bodies).toEqual([text("@小明 hello")]);
  });

  test("hands on the text alone where the speaker has no name", async () => {
    const { asked } = await turnOf(groupData({ senderNick: undefined }), says("hello"));
    expect(asked[0]?.text).toBe("你好");
  });

  test("mentions the person in a notice too", async () => {
    const { bodies } = await turnOf(groupData(), fails("busy"));
    expect(bodies).toEqual([
      { ...text(`@staff1 ${TEXTS.zh.failures.busy}`), at: { atUserIds: ["staff1"] } },
    ]);
  });
});

describe("createTurn(), a stored message nobody can read any more", () => {
  test("is ended without an answer, and logged", async () => {
    const clock = createFakeClock();
    const log = createFakeLog();
    const settled: number[] = [];
    const run = createTurn({
      agentId: "main",
      gateway: { ask: () => Promise.reject(new Error("never asked")) },
      store: {
        ...openSqliteStore(":memory:"),
        settle: async (id) => void settled.push(id),
      },
      texts: TEXTS.zh,
      clock,
      log,
      counters: createCounters(),
      onReplies: () => undefined,
    });
    const entry = { id: 7, account: "default", session: "s", data: "broken", receivedAt: 0 };
    await run(entry, new AbortController().signal);
    expect(settled).toEqual([7]);
    expect(log.entries.at(-1)?.level).toBe("error");
  });
});

describe("createTurn(), when its end cannot be committed", () => {
  test("commits the same replies the next time and does not ask again", async () => {
    const clock = createFakeClock();
    const store = openSqliteStore(":memory:");
    let broken = true;
    let asked = 0;
    const run = createTurn({
      agentId: "main",
      gateway: { ask: async () => says(`answer ${++asked}`) },
      store: {
        ...store,
        settle: (...args) =>
          broken ? Promise.reject(new Error("disk I/O error")) : store.settle(...args),
      },
      texts: TEXTS.zh,
      clock,
      log: createFakeLog(),
      counters: createCounters(),
      onReplies: () => undefined,
    });
    const arrival = arrivalOf(robotData());
    await store.takeIn([arrival], []);
    const entry = (await store.nextTurn(arrival.session)) as InboxEntry;
    const { signal } = new AbortController();
    expect(await run(entry, signal).catch(reasonOf)).toBe("disk I/O error");
    broken = false;
    await run(entry, signal);
    expect(asked).toBe(1);
    expect((await store.nextReply(arrival.chat))?.body).toContain("answer 1");
    expect((await store.counts()).inbox).toBe(0);
  });
});
