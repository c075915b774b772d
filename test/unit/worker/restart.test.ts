import { describe, expect, test } from "bun:test";
import { CUT_OFF } from "../../../src/core/bridge/prompt.ts";
import type { Store } from "../../../src/core/store.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { jsonResponse, never } from "../../support/fake-fetch.ts";
import { frameText, robotData } from "../../support/fake-messages.ts";
import { createFakeOpenClaw, refused, type FakeOpenClaw } from "./_openclaw.ts";
import { createDayClock, working, type Setup, type Working } from "./_worker.ts";

/** How long nobody runs between one process and the next. */
const GAP_MS = 60_000;
const SESSION = "agent:main:dingtalk:user:staff1";

interface Crash {
  readonly store: Store;
  readonly openclaw: FakeOpenClaw;
  readonly first: Working;
  /** The next process over the same store and gateway. */
  next(setup?: Setup): Promise<Working>;
}

/**
 * Two messages of one chat are acked by a worker that then dies, where `until` says, the second one
 * behind the turn of the first; the gateway ends the runs of a client that went away.
 */
async function crashing(
  until: (openclaw: FakeOpenClaw) => void | Promise<void>,
  setup: Setup = {},
): Promise<Crash> {
  const store = setup.store ?? openSqliteStore(":memory:");
  let time: () => number = () => 0;
  const openclaw = createFakeOpenClaw(() => time());
  const worker = async (given: Setup, start?: number) => {
    const clock = createDayClock(start);
    time = clock.now;
    const under = working({ store, openclaw: openclaw.answer, ...given, clock });
    return { under, socket: await under.connect() };
  };
  openclaw.state.prompt = false;
  const { under: first, socket } = await worker(setup);
  for (const [at, content] of ["one", "two"].entries()) {
    const data = robotData({ msgId: `m${at}`, createAt: at, text: { content } });
    socket.text(frameText({ messageId: `push${at}`, data }));
    await first.clock.settle();
  }
  expect(socket.sent).toHaveLength(2);
  await until(openclaw);
  await first.clock.settle();
  first.crash();
  const next = async (given: Setup = {}) => {
    openclaw.state.prompt = true;
    const { under } = await worker(given, time() + GAP_MS);
    await under.clock.settle();
    return under;
  };
  return { store, openclaw, first, next };
}

/** The question with these words at its end. */
const asking = (words: string): unknown =>
  expect.stringMatching(new RegExp(`^From: [^]*\\n\\n${words}$`));

const empty = { inbox: 0, outbox: 0 };

describe("createWorker(), after a crash", () => {
  test("before the gateway was asked: asks for the first time", async () => {
    const real = openSqliteStore(":memory:");
    const store = { ...real, asking: () => new Promise<void>(() => undefined) };
    const { openclaw, next } = await crashing(() => undefined, { store });
    expect(openclaw.texts()).toEqual([]);
    const second = await next({ store: real });
    // Nothing had been asked, so what waits together is asked together.
    expect(openclaw.texts()).toEqual(["one\n\ntwo"]);
    expect(second.words()).toEqual(["re: one\n\ntwo"]);
    expect(await real.counts()).toMatchObject(empty);
  });

  test("between the commit and the request: the gateway has no record, so it is asked", async () => {
    const { openclaw, next, store } = await crashing(() => undefined, { openclaw: never });
    const entry = (await store.nextTurns(SESSION, 1))[0];
    expect(entry?.asked).toMatchObject({ text: asking("one"), runId: undefined });
    expect(openclaw.texts()).toEqual([]);
    const second = await next();
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["re: one", "re: two"]);
    expect(await store.counts()).toMatchObject(empty);
  });

  test("after the request, without a run id: the answer is found by words and time", async () => {
    const real = openSqliteStore(":memory:");
    const store = { ...real, answering: () => new Promise<void>(() => undefined) };
    const { openclaw, next } = await crashing(
      (openclaw) => openclaw.last().endUnheard("the answer to one"),
      { store },
    );
    const entry = (await real.nextTurns(SESSION, 1))[0];
    expect(entry?.asked).toMatchObject({ text: asking("one"), runId: undefined, broken: false });
    const second = await next({ store: real });
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["the answer to one", "re: two"]);
    expect(await real.counts()).toMatchObject(empty);
  });

  test("after the first chunk: the answer is found by its run id", async () => {
    const { openclaw, next, store } = await crashing(async (openclaw) => {
      openclaw.last().say("half an ans");
      openclaw.last().endUnheard("half an answer and the rest");
    });
    const entry = (await store.nextTurns(SESSION, 1))[0];
    expect(entry?.asked).toMatchObject({ runId: "chatcmpl_1" });
    const second = await next();
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["half an answer and the rest", "re: two"]);
  });

  test("in mid-turn, which ends the run at the gateway: asks again and says so", async () => {
    const { openclaw, next, store } = await crashing((openclaw) => {
      openclaw.last().say("half an ans");
      openclaw.abandon();
    });
    const second = await next();
    expect(openclaw.texts()).toEqual(["one", `${CUT_OFF}\none`, "two"]);
    expect(second.words()).toEqual([`re: ${CUT_OFF}\none`, "re: two"]);
    expect(await store.counts()).toMatchObject(empty);
  });

  test("in mid-turn, while the gateway goes on: waits for its answer", async () => {
    const { openclaw, next } = await crashing(() => undefined);
    const second = await next();
    expect(openclaw.texts()).toEqual(["one"]);
    openclaw.turns[0]?.endUnheard("the answer to one");
    await second.clock.advance(30_000);
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["the answer to one", "re: two"]);
  });

  test("after the answer, which could not be committed: it is found, nobody is asked again", async () => {
    const real = openSqliteStore(":memory:");
    const store = { ...real, settle: () => Promise.reject(new Error("disk full")) };
    const { openclaw, next, first } = await crashing(
      (openclaw) => openclaw.last().end("the answer to one"),
      { store },
    );
    expect(first.words()).toEqual([]);
    const second = await next({ store: real });
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["the answer to one", "re: two"]);
    expect(await real.counts()).toMatchObject(empty);
  });

  test("after the answer was committed and before it was sent: sends it once", async () => {
    const real = openSqliteStore(":memory:");
    const store = { ...real, sending: () => new Promise<boolean>(() => undefined) };
    const { openclaw, next, first } = await crashing(
      (openclaw) => openclaw.last().end("the answer to one"),
      { store },
    );
    expect(first.words()).toEqual([]);
    const second = await next({ store: real });
    // The turn of "two" was under way as well, and is over.
    openclaw.turns[1]?.endUnheard("the answer to two");
    await second.clock.advance(30_000);
    expect(second.words()).toEqual(["the answer to one", "the answer to two"]);
    expect(second.log.text()).not.toContain("were being sent");
    expect(await real.counts()).toMatchObject(empty);
  });

  test("in the middle of sending: sends it again, since nobody knows, and says so", async () => {
    const { openclaw, next, first, store } = await crashing(
      (openclaw) => openclaw.last().end("the answer to one"),
      { webhook: never },
    );
    expect(first.words()).toEqual(["the answer to one"]);
    const second = await next();
    openclaw.turns[1]?.endUnheard("the answer to two");
    await second.clock.advance(30_000);
    expect(second.words()).toEqual(["the answer to one", "the answer to two"]);
    expect(second.log.entries).toContainEqual(
      expect.objectContaining({ level: "warn", fields: { replies: 1 } }),
    );
    expect(await store.counts()).toMatchObject(empty);
  });

  test("after it was sent: it is not sent again", async () => {
    const { openclaw, next, first, store } = await crashing((openclaw) => {
      openclaw.last().end("the answer to one");
    });
    expect(first.words()).toEqual(["the answer to one"]);
    const second = await next();
    openclaw.turns[1]?.endUnheard("the answer to two");
    await second.clock.advance(30_000);
    expect(second.words()).toEqual(["the answer to two"]);
    expect(await store.counts()).toMatchObject(empty);
  });

  test("with the gateway away: holds what it cannot look for, and asks nothing blindly", async () => {
    const { openclaw, next } = await crashing((openclaw) => {
      openclaw.last().endUnheard("the answer to one");
      openclaw.state.away = refused;
    });
    const second = await next();
    await second.clock.advance(5000);
    openclaw.state.away = undefined;
    await second.clock.advance(30_000);
    expect(openclaw.texts()).toEqual(["one", "two"]);
    expect(second.words()).toEqual(["the answer to one", "re: two"]);
  });

  test("with records that cannot be read: asks again, for its death ended the run", async () => {
    const { openclaw, next } = await crashing(() => undefined);
    openclaw.abandon();
    const second = await next({
      openclaw: (call) =>
        call.url.endsWith("/tools/invoke")
          ? jsonResponse(404, { ok: false, error: { type: "not_found" } })
          : openclaw.answer(call),
    });
    expect(openclaw.texts()).toEqual(["one", `${CUT_OFF}\none`, "two"]);
    expect(second.words()).toHaveLength(2);
  });

  test("again and again: each message has its one reply in the end", async () => {
    const { openclaw, next, store, first } = await crashing(() => undefined);
    const words = [...first.words()];
    for (const webhook of [never, undefined]) {
      const under = await next(webhook === undefined ? {} : { gateway: webhook });
      under.crash();
      words.push(...under.words());
    }
    openclaw.turns[0]?.endUnheard("the answer to one");
    const last = await next();
    await last.clock.advance(60_000);
    words.push(...last.words());
    expect(words).toEqual(["the answer to one", "re: two"]);
    expect(await store.counts()).toMatchObject(empty);
  });
});

describe("createWorker(), after a stop", () => {
  test("goes on where it was: nothing is lost, nothing said twice", async () => {
    const store = openSqliteStore(":memory:");
    const clock = createDayClock();
    const openclaw = createFakeOpenClaw(clock.now);
    openclaw.state.prompt = false;
    const first = working({ store, clock, openclaw: openclaw.answer });
    const socket = await first.connect();
    for (const [at, content] of ["one", "two"].entries()) {
      const data = robotData({ msgId: `m${at}`, createAt: at, text: { content } });
      socket.text(frameText({ messageId: `push${at}`, data }));
      await clock.settle();
    }
    const stop = first.stopping();
    await clock.advance(15_500);
    expect(stop.over).toBe(true);
    // Its hanging up has ended the run.
    openclaw.abandon();
    openclaw.state.prompt = true;
    const second = working({ store, clock, openclaw: openclaw.answer });
    await second.connect();
    await clock.settle();
    expect(openclaw.texts()).toEqual(["one", `${CUT_OFF}\none`, "two"]);
    expect(second.words()).toEqual([`re: ${CUT_OFF}\none`, "re: two"]);
    expect(await store.counts()).toMatchObject(empty);
  });
});
