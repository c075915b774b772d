import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { STOPPABLE, TOO_MANY_CALLS, times, type Card } from "../../src/simulator/dingtalk.ts";
import type { Responder } from "../../src/simulator/gateway.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { blockIn } from "./_answers.ts";
import {
  holding,
  openWorld,
  textOf,
  writing,
  type Chat,
  type World,
  type WorldOptions,
} from "./_world.ts";

// Several workers start one after the other, and then have many cards to write.
setDefaultTimeout(60_000);

const INTERVAL_MS = 400;
const MAX_CHARS = 300;
/** What the worker keeps to, of all calls about cards together. */
const CALLS_PER_SECOND = 15;

const CREATE = "/v1.0/card/instances/createAndDeliver";
const STREAM = "/v1.0/card/streaming";

const block = () => ({
  reply: { mode: "card", reaction: "" },
  card: {
    templateId: STOPPABLE.id,
    contentKey: STOPPABLE.streamKey,
    stopAction: STOPPABLE.stopAction,
    intervalMs: INTERVAL_MS,
    maxChars: MAX_CHARS,
  },
});

const words = (count: number) => Array.from({ length: count }, (_, at) => `第${at + 1}句话。`);
const callsOf = ({ dingtalk }: World, api: string) =>
  dingtalk.calls.filter((call) => call.api === api);
/** Its last words have come, and the state that goes with them. */
const isEnded = ({ state, updates }: Card) =>
  state === "finished" && updates.at(-1)?.params["flowStatus"] === "3";

/** Everything a card has shown, in order. */
function watch({ dingtalk }: World) {
  const texts = new Map<string, string[]>();
  dingtalk.events.subscribe((event) => {
    if (event.type !== "card") return;
    texts.set(event.outTrackId, [...(texts.get(event.outTrackId) ?? []), event.text]);
  });
  return (card: Card | undefined): readonly string[] => texts.get(card?.outTrackId ?? "") ?? [];
}

/** The most calls within any `ms`. */
const busiest = (arrivals: readonly number[], ms: number) =>
  Math.max(...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + ms).length));

/** An agent that writes a first sentence into a chat's card, further ones when told to, and never ends. */
function endless({ cards }: Pick<Chat, "cards">) {
  const waiting: (() => void)[] = [];
  const respond: Responder = async function* () {
    yield "开头。";
    await until("the card", () => cards().length > 0);
    for (;;) {
      yield "还有。";
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  /** The card with so many sentences: the worker is at it, and knows for certain that it is there. */
  const grown = async (sentences: number) =>
    await until(`${sentences} sentences in the card`, () =>
      cards().find(({ text }) => text.startsWith(`开头。${"还有。".repeat(sentences - 1)}`)),
    );
  return { respond, grown, goOn: () => waiting.shift()?.() };
}
const STOPPED = /^开头。(?:还有。)+\s+⏹ 已停止。$/;

describe.each([...RUNTIMES])("%s: answers in cards", (runtime) => {
  let world: World;
  let shownIn: ReturnType<typeof watch>;
  beforeAll(async () => {
    world = await openWorld({ runtime, block });
    shownIn = watch(world);
  });
  afterAll(async () => await world.close());

  const ended = async (cards: () => readonly Card[], count = 1, ms?: number) =>
    await until(
      `${count} finished cards`,
      () => cards().length >= count && cards().every(isEnded) && cards(),
      ms,
    );

  test.concurrent("one card that grows while the agent writes, and ends with all of it", async () => {
    const person = world.person();
    const pieces = words(20);
    person.answers(writing(pieces, 100));
    await person.say("讲讲");
    const [card, ...others] = await ended(person.cards);
    expect(others).toEqual([]);
    expect(card).toMatchObject({
      spaceType: "IM_ROBOT",
      state: "finished",
      text: pieces.join(""),
    });
    // It comes with words in it: an empty card would stand there for a while.
    const shown = shownIn(card);
    expect(shown[0]).toStartWith("第1句话。");
    const growing = (card?.frames ?? []).filter(({ isFinalize }) => !isFinalize);
    expect(growing.length).toBeGreaterThan(1);
    for (const { content, repeated } of card?.frames ?? []) {
      const said = content.split("\n")[0] ?? "";
      expect([repeated, pieces.join("").startsWith(said)]).toEqual([false, true]);
    }
    const [first, last] = [card?.time ?? 0, growing.at(-1)?.time ?? 0];
    // One late arrival at most makes it look faster than it was sent.
    expect(growing.length).toBeLessThanOrEqual((last - first) / INTERVAL_MS + 1);
    expect(card?.frames.at(-1)).toMatchObject({ isFinalize: true, content: pieces.join("") });
    expect(person.sends()).toEqual([]);
  });

  test.concurrent("a long one goes on in further cards, which mention its asker once", async () => {
    const [group, asker] = [world.group(), world.person("李四")];
    const sentences = words(120);
    group.answers(
      writing(
        sentences.map((sentence) => `${sentence}\n\n`),
        20,
      ),
    );
    await group.says(asker, "说来话长");
    await until("the answer", () => !world.gateway.sessionOf(group.session)?.active);
    const cards = await until("the last sentence", () => {
      const all = group.cards();
      return all.at(-1)?.text.includes(sentences.at(-1) ?? "") && all.every(isEnded) && all;
    });
    expect(cards.length).toBeGreaterThan(2);
    for (const { state, text, spaceType } of cards) {
      expect([state, spaceType]).toEqual(["finished", "IM_GROUP"]);
      expect(text.length).toBeLessThanOrEqual(MAX_CHARS);
    }
    const said = cards.flatMap(({ text }) => text.match(/第\d+句话。/g) ?? []);
    expect(said).toEqual(sentences);
    const [first, ...others] = cards.map(({ at }) => at);
    expect(first).toEqual({ [asker.userId]: "李四" });
    expect(others.every((at) => Object.keys(at).length === 0)).toBe(true);
    expect(group.sends()).toEqual([]);
  });

  test.concurrent("other messages come after the card, and never show as JSON in it", async () => {
    const person = world.person();
    const link = { type: "link", title: "官网", text: "一句话", url: "https://example.com/" };
    const answer = blockIn("先看这个：", link, "就这些。");
    person.answers(writing(answer.match(/[^]{1,9}/g) ?? [], 40));
    await person.say("链接呢？");
    const [message] = await person.replies(1);
    expect(message).toMatchObject({
      msgKey: "link",
      param: { messageUrl: "https://example.com/" },
    });
    const [card] = await ended(person.cards);
    expect(card?.text).toMatch(/^先看这个：\s+就这些。$/);
    expect(shownIn(card).join("\n")).not.toMatch(/dingtalk|"type"|```/);
  });

  test.concurrent("silence makes no card", async () => {
    const person = world.person();
    person.answers(writing(["DINGTALK", "_SI", "LENT"], 50));
    await person.say("别出声");
    await until("the turn", () => world.gateway.sessionOf(person.session)?.status === "done");
    person.answers("在");
    await person.say("在吗？");
    expect(await ended(person.cards)).toMatchObject([{ text: "在" }]);
    expect(person.sends()).toEqual([]);
  });

  test.concurrent("its stop button ends the turn of whoever asked, and nobody else's", async () => {
    const [group, asker] = [world.group(), world.person()];
    const { respond, grown, goOn } = endless(group);
    group.answers(respond);
    await group.says(asker, "写一篇长文");
    const { outTrackId } = await grown(2);
    const press = async (userId: string, field: "content" | "value") =>
      await world.dingtalk.press({ outTrackId, actionId: "stop", userId, field });
    const passing = await press("passer-by", "content");
    expect(passing.ack).toMatchObject({ code: 200, late: false });
    goOn();
    await grown(3);
    const pressed = await press(asker.userId, "value");
    expect(pressed.ack).toMatchObject({ code: 200, late: false });
    const [card] = await ended(group.cards);
    expect(card?.text).toMatch(STOPPED);
    await until("the hang-up", () => world.gateway.sessionOf(group.session)?.status === "killed");
    expect(world.gateway.earlyAborts).toBe(0);
    expect(group.sends()).toEqual([]);
  });

  test.concurrent("停止 in words ends it as well", async () => {
    const person = world.person();
    const { respond, grown } = endless(person);
    person.answers(respond);
    await person.say("写一篇长文");
    await grown(2);
    await person.say("停止");
    const [card] = await ended(() => person.cards().slice(0, 1));
    expect(card?.text).toMatch(STOPPED);
  });
});

/** A world of its own for what changes how all cards go. */
const within = async (options: WorldOptions, work: (world: World) => Promise<void>) => {
  const world = await openWorld(options);
  try {
    await work(world);
  } finally {
    await world.close();
  }
};

describe.each([...RUNTIMES])("%s: when cards do not go well", (runtime) => {
  for (const scope of ["Card.Instance.Write", "Card.Streaming.Write"] as const) {
    test.concurrent(`without the permission ${scope} it is messages from then on`, () =>
      within({ runtime, block }, async (world) => {
        const { dingtalk, worker } = world;
        dingtalk.denied.add(scope);
        const [one, other] = [world.person(), world.person()];
        for (const person of [one, other]) {
          person.answers(writing(["## 答案", "\n\n", "**42**", "，没错"], 200));
        }
        await one.say("多少？");
        const [reply, ...more] = await one.replies(1);
        expect(reply).toMatchObject({ msgKey: "markdown", param: { title: "答案" } });
        expect(textOf(reply)).toBe("## 答案\n\n**42**，没错");
        expect(more).toEqual([]);
        const calls = () => dingtalk.calls.filter(({ api }) => api.startsWith("/v1.0/card/"));
        expect(callsOf(world, CREATE)).toHaveLength(1);
        const before = calls().length;
        await other.say("多少？");
        await other.replies(1);
        expect(calls()).toHaveLength(before);
        const told = worker.logs().filter(({ level }) => level === "ERROR");
        expect(told.map(({ reason }) => String(reason)).join("\n")).toContain(scope);
      }));
  }

  test.concurrent("while DingTalk wants fewer calls, the last words still come right", () =>
    within({ runtime, block }, async (world) => {
      const person = world.person();
      world.dingtalk.faults.streaming = times(3, TOO_MANY_CALLS);
      const pieces = words(15);
      person.answers(writing(pieces, 100));
      await person.say("讲讲");
      const card = await until("its end", () => person.cards().find(isEnded), 20_000);
      expect(card).toMatchObject({ state: "finished", text: pieces.join("") });
      expect(callsOf(world, STREAM).filter(({ status }) => status === 403)).toHaveLength(3);
      expect(person.cards()).toHaveLength(1);
      expect(person.sends()).toEqual([]);
    }));

  test.concurrent("a card cut off by a kill -9 says so, and the answer comes in another", () =>
    // Whoever dies hangs up, however early that is.
    within({ runtime, block, strictAborts: false }, async (world) => {
      const person = world.person();
      person.answers(holding("才写到一半", "").respond);
      await person.say("讲讲");
      const { outTrackId } = await until("the card", () => person.cards()[0]);
      await world.kill();
      person.answers("这是完整的回答。");
      await world.start();
      const [old, card, ...others] = await until(
        "both cards' end",
        () => person.cards().length > 1 && person.cards().every(isEnded) && person.cards(),
        20_000,
      );
      expect(old).toMatchObject({ outTrackId, state: "finished" });
      expect(old?.text).toContain("中断");
      expect(card).toMatchObject({ state: "finished", text: "这是完整的回答。" });
      expect(others).toEqual([]);
      expect(person.sends()).toEqual([]);
    }));

  test.concurrent("20 cards at once keep to the limit of calls, and each ends with its own text", () =>
    within({ runtime, block }, async (world) => {
      const people = Array.from({ length: 20 }, () => world.person());
      const answer = (userId: string) => words(15).map((word) => `${userId}：${word}`);
      for (const { answers, userId } of people) answers(writing(answer(userId), 100));
      await Promise.all(people.map(({ say }) => say("讲讲")));
      for (const { userId, cards, sends } of people) {
        const [card, ...others] = await until(
          "its end",
          () => cards().some(isEnded) && cards(),
          25_000,
        );
        expect(card).toMatchObject({ state: "finished", text: answer(userId).join("") });
        expect([others, sends()]).toEqual([[], []]);
      }
      const arrivals = world.dingtalk.calls
        .filter(({ api }) => api.startsWith("/v1.0/card/"))
        .map(({ time }) => time);
      // Calls that left apart arrive together when this process is busy: the longer one looks, the surer.
      const seconds = ((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)) / 1000;
      expect(arrivals.length).toBeLessThanOrEqual(CALLS_PER_SECOND * (seconds + 1));
      expect(busiest(arrivals, 3000)).toBeLessThanOrEqual(CALLS_PER_SECOND * 4);
    }));
});
