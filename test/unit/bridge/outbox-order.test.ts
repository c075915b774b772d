import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Store } from "../../../src/core/store.ts";
import { jsonResponse, networkError, never, type FakeCall } from "../../support/fake-fetch.ts";
import { words } from "../../support/fake-messages.ts";
import { createWorld, errcode, isApi, ok, refusal, said, type Answer } from "./_sending.ts";

/** What DingTalk does with a message, and whether people get to see it. */
interface Fate {
  readonly name: string;
  readonly arrives: boolean;
  readonly answer: (call: FakeCall) => Answer;
}

const fate = (name: string, arrives: boolean, answer: Fate["answer"]): Fate => ({
  name,
  arrives,
  answer,
});
const sent = fate("sent", true, ok);
const fates: readonly Fate[] = [
  fate("busy", false, (call) => (isApi(call) ? refusal("systemBusy", 429) : errcode(-1))),
  fate("limit", false, (call) => (isApi(call) ? refusal("send.too.fast") : errcode(130101))),
  fate("second", false, (call) => (isApi(call) ? refusal("qps.limit", 403) : errcode(90018))),
  fate("5xx", false, () => new Response("", { status: 502 })),
  fate("5xx, but it went out", true, () => new Response("", { status: 502 })),
  fate("reset", false, () => networkError("ECONNRESET", "read ECONNRESET")),
  fate("reset, but it went out", true, () => networkError("ECONNRESET", "read ECONNRESET")),
  fate("refused", false, () => networkError("ECONNREFUSED")),
  fate("silence", false, never),
  fate("silence, but it went out", true, never),
  fate("dead", false, (call) => (isApi(call) ? refusal("systemBusy", 429) : errcode(300001))),
  fate("blocked", false, (call) => (isApi(call) ? refusal("send.forbidden") : errcode(60020))),
  fate("final", false, (call) =>
    isApi(call) ? refusal("contain.notAllowed.text") : errcode(430102),
  ),
  fate("held", false, (call) =>
    isApi(call) ? jsonResponse(200, { flowControlledStaffIdList: ["x"] }) : errcode(410100),
  ),
];

type Action =
  | { readonly kind: "reply"; readonly to: string; readonly count: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "crash" };

const MEMBERS = ["a", "b"] as const;
const OUTSIDER = "outsider";

/** A process that can be killed: from then on it reaches neither its store nor DingTalk. */
function mortal() {
  let dead = false;
  const wrap = (real: Store) =>
    Object.fromEntries(
      Object.entries(real).map(([name, method]: [string, (...args: unknown[]) => unknown]) => [
        name,
        (...args: unknown[]) => (dead ? new Promise(() => undefined) : method(...args)),
      ]),
    ) as Partial<Store>;
  return { wrap, kill: () => (dead = true), dead: () => dead };
}

async function run(actions: readonly Action[], script: readonly Fate[], perMinute: number) {
  /** What people saw, in order, and what was refused for good. */
  const seen = new Map<string, { readonly texts: string[]; certain: boolean }[]>();
  /** Sent since the process last came to rest: a crash now leaves them in doubt. */
  let fresh: { certain: boolean }[] = [];
  const refused = new Set<string>();
  const given = new Map<string, string[]>();
  let over = false;
  const world = createWorld(
    (call, at) => {
      const now = over ? sent : (script[at % script.length] ?? sent);
      const texts = said(call).split("\n\n");
      const name = texts[0]?.split(":")[0] ?? "";
      if (now.arrives) {
        const arrival = { texts, certain: now === sent };
        fresh.push(arrival);
        seen.set(name, [...(seen.get(name) ?? []), arrival]);
      }
      if (now.name === "final") for (const text of texts) refused.add(text);
      return now.answer(call);
    },
    { perMinute },
  );

  const boot = async () => {
    const { wrap, kill, dead } = mortal();
    const outbox = world.boot(new AbortController().signal, wrap, dead);
    await outbox.resume();
    return { outbox, kill };
  };
  let process = await boot();

  for (const action of actions) {
    if (action.kind === "wait") {
      await world.clock.advance(action.ms);
      await world.clock.settle();
      fresh = [];
    }
    if (action.kind === "crash") {
      process.kill();
      for (const arrival of fresh) arrival.certain = false;
      process = await boot();
    }
    if (action.kind === "reply") {
      const { to, count } = action;
      const { chat, session } = await world.receive(
        to,
        to === OUTSIDER ? { senderStaffId: "" } : {},
      );
      const before = given.get(to) ?? [];
      const texts = Array.from({ length: count }, (_, at) => `${to}:${before.length + at}`);
      given.set(to, [...before, ...texts]);
      const id = (await world.store.nextTurns(session, 1))[0]?.id ?? 0;
      const replies = texts.map((text) => ({ chat, message: words(text) }));
      await world.store.settle([id], replies, world.clock.now());
      process.outbox.wake(chat);
    }
  }
  over = true;
  for (let at = 0; at < 40 && (await world.left()) > 0; at++) {
    await world.clock.advance(10 * 60_000);
  }
  return { seen, refused, given, left: await world.left() };
}

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("reply" as const),
      to: fc.constantFrom(...MEMBERS, OUTSIDER),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(0, 500, 3000, 20_000, 70_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "crash" as const }) },
);
const actions = fc.array(action, { minLength: 3, maxLength: 25 });
const script = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(sent) },
    { weight: 3, arbitrary: fc.constantFrom(...fates) },
  ),
  { minLength: 1, maxLength: 20 },
);
const orderOf = (text: string) => Number(text.split(":")[1]);

describe("createOutbox(), under any failures and crashes", () => {
  test("keeps the order of each conversation, loses nothing, and repeats only what is in doubt", async () => {
    await fc.assert(
      fc.asyncProperty(
        actions,
        script,
        fc.integer({ min: 1, max: 20 }),
        async (actions, script, perMinute) => {
          const { seen, refused, given, left } = await run(actions, script, perMinute);
          expect(left).toBe(0);
          for (const [name, texts] of given) {
            const arrived = seen.get(name) ?? [];
            for (const [at, { texts, certain }] of arrived.entries()) {
              const order = texts.map(orderOf);
              expect(order).toEqual(order.toSorted((a, b) => a - b));
              const next = arrived[at + 1]?.texts.map(orderOf) ?? [Infinity];
              // The next message goes on, or is this one again.
              if ((next[0] ?? 0) <= (order.at(-1) ?? 0)) expect(next[0]).toBe(order[0] ?? 0);
              // What DingTalk confirmed never comes again.
              const later = arrived.slice(at + 1).flatMap((each) => each.texts);
              if (certain) expect(later.filter((text) => texts.includes(text))).toEqual([]);
            }
            // An outsider can be lost for good with the webhook.
            if (name === OUTSIDER) continue;
            const reached = new Set([...arrived.flatMap((each) => each.texts), ...refused]);
            expect(texts.filter((text) => !reached.has(text))).toEqual([]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
