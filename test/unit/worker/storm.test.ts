import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { TEXTS } from "../../../src/core/texts.ts";
import { createMemoryFiles } from "../../../src/store/media-files.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { frameText, robotData } from "../../support/fake-messages.ts";
import { createFakeOpenClaw, draining, refused, starting } from "./_openclaw.ts";
import { createDayClock, working } from "./_worker.ts";

const PEOPLE = ["ann", "bob", "cyd"];
const HOUR = 60 * 60_000;

type Event =
  | { readonly what: "write" | "send"; readonly who: number }
  | { readonly what: "wait"; readonly ms: number }
  | { readonly what: "say" | "end" | "break" | "endUnheard"; readonly which: number }
  | { readonly what: "refused" | "draining" | "starting" | "back" }
  | { readonly what: "crash" | "resume" | "restart" }
  | { readonly what: "die" | "stop"; readonly afterMs: number; readonly goesOn: boolean };

const which = fc.nat({ max: 5 });
const dieOrStop = {
  afterMs: fc.integer({ min: 0, max: 5 * 60_000 }),
  goesOn: fc.boolean(),
};
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom("write" as const, "write" as const, "send" as const),
      who: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant("wait" as const),
      ms: fc.integer({ min: 1, max: 30_000 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "say" as const,
        "end" as const,
        "break" as const,
        "endUnheard" as const,
      ),
      which,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom(
        "refused" as const,
        "draining" as const,
        "starting" as const,
        "back" as const,
        "crash" as const,
        "resume" as const,
        "restart" as const,
      ),
    }),
  },
  fc.record({ what: fc.constantFrom("die" as const, "stop" as const), ...dieOrStop }),
);

/** A file of that name: it has no words, and waits for some. */
const fileOf = (fileName: string) => ({
  msgtype: "file",
  text: undefined,
  content: { fileName, downloadCode: fileName },
});

/** A gateway, workers one after the other over one store, and people who write. */
async function storm(events: readonly Event[]) {
  const store = openSqliteStore(":memory:");
  const files = createMemoryFiles();
  let clock = createDayClock();
  const openclaw = createFakeOpenClaw(() => clock.now());
  openclaw.state.prompt = false;
  const start = async () => {
    const under = working({ store, files, clock, openclaw: openclaw.answer });
    return { under, socket: await under.connect() };
  };
  let { under, socket } = await start();
  const said: string[] = [];
  const written: Record<string, string[]> = {};
  let pushes = 0;

  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5000) {
      await clock.advance(Math.min(left, 5000));
      socket.pong();
    }
  };
  const again = async (afterMs: number, goesOn: boolean) => {
    said.push(...under.words());
    // The gateway ends the runs of a client that went away, unless it has just lost it itself.
    if (!goesOn) openclaw.abandon();
    clock = createDayClock(clock.now() + 1 + afterMs);
    ({ under, socket } = await start());
  };
  const one = (at: number) => {
    const turns = openclaw.atWork();
    return turns[at % Math.max(turns.length, 1)];
  };

  for (const each of events) {
    switch (each.what) {
      case "write":
      case "send": {
        const person = PEOPLE[each.who] ?? "";
        const content = `${person}-${pushes}`;
        (written[person] ??= []).push(content);
        const data = robotData({
          msgId: `m${pushes}`,
          createAt: pushes,
          senderStaffId: person,
          conversationId: `cid-${person}`,
          sessionWebhookExpiredTime: clock.now() + 24 * HOUR,
          ...(each.what === "write" ? { text: { content } } : fileOf(content)),
        });
        socket.text(frameText({ messageId: `push${pushes++}`, data }));
        await clock.settle();
        break;
      }
      case "wait":
        await pass(each.ms);
        break;
      case "say":
        one(each.which)?.say("well, ");
        break;
      case "end":
        one(each.which)?.end(`re: ${one(each.which)?.text}`);
        break;
      case "endUnheard": {
        const turn = one(each.which);
        turn?.endUnheard(`re: ${turn.text}`);
        turn?.breakOff();
        break;
      }
      case "break":
        one(each.which)?.breakOff({ goesOn: each.which % 2 === 0 });
        break;
      case "refused":
        openclaw.state.away = refused;
        break;
      case "draining":
        openclaw.state.away = draining;
        break;
      case "starting":
        openclaw.state.away = starting;
        break;
      case "back":
        openclaw.state.away = undefined;
        break;
      case "crash":
      case "resume":
      case "restart":
        openclaw[each.what]();
        break;
      case "die":
        under.crash();
        await again(each.afterMs, each.goesOn);
        break;
      case "stop": {
        const stop = under.stopping();
        await clock.advance(60_000);
        expect(stop.over).toBe(true);
        expect(stop.afterMs).toBeLessThanOrEqual(30_000);
        expect(clock.pending).toBe(0);
        await again(each.afterMs, each.goesOn);
        break;
      }
    }
    await clock.settle();
  }

  // In the end all is well, and whatever is under way comes to its end.
  openclaw.state.away = undefined;
  openclaw.state.prompt = true;
  for (let minute = 0; minute < 30; minute++) {
    for (const turn of openclaw.atWork()) turn.end(`re: ${turn.text}`);
    await pass(60_000);
  }
  said.push(...under.words());
  const { inbox, outbox } = await store.counts();
  const left = await files.list();
  return { said, written, hasty: openclaw.hasty, inbox, outbox, left, clock };
}

describe("createWorker(), in a storm", () => {
  test("gives each message one end, in order, and never asks what is being answered", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
        const { said, written, hasty, inbox, outbox, left } = await storm(events);
        expect({ inbox, outbox, left }).toEqual({ inbox: 0, outbox: 0, left: [] });
        expect(hasty).toEqual([]);
        const failed = said.filter((words) => words.startsWith("😥"));
        expect(failed).toEqual([]);
        for (const person of PEOPLE) {
          // What waited together is answered together.
          const order = said.flatMap(
            (words) => words.match(new RegExp(`${person}-\\d+`, "g")) ?? [],
          );
          expect(order).toEqual(written[person] ?? []);
        }
        const others = said.filter((words) => !/(?:ann|bob|cyd)-\d+/.test(words));
        const notices = new Set([TEXTS.zh.queued, TEXTS.zh.slow]);
        expect(others.filter((words) => !notices.has(words))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
