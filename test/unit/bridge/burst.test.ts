import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  MAX_MESSAGES,
  carriesMedia,
  mediaOf,
  nextBurst,
  readEntry,
  type Waiting,
} from "../../../src/core/bridge/burst.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { KINDS, QUOTES, payloadData } from "../../support/robot-payloads.ts";
import { NOW, entryOf, waitingOf, type Given } from "./_waiting.ts";

const WINDOW = 3000;

const words = (content: string, given: Given = {}, fields = {}) =>
  waitingOf(robotData({ text: { content }, ...fields }), given);
const picture = (given: Given = {}, fields = {}) =>
  waitingOf(payloadData(KINDS.picture, fields), given);
const asked = (at: number) => ({ at, text: "?", runId: undefined, broken: false });

/** The ids in the first burst, and how long it waits. */
function first(waiting: readonly Waiting[], now = NOW, windowMs = WINDOW) {
  const { burst, waitMs } = nextBurst(waiting, now, windowMs);
  return { ids: burst.map(({ entry }) => entry.id), waitMs };
}

describe("readEntry()", () => {
  test.each<[keyof typeof KINDS, Waiting["kind"]]>([
    ["text", "words"],
    ["groupText", "words"],
    ["richText", "words"],
    ["markdown", "words"],
    ["actionCard", "words"],
    // DingTalk has understood it.
    ["audio", "words"],
    ["picture", "wordless"],
    ["video", "wordless"],
    ["file", "wordless"],
    ["chatRecord", "wordless"],
    ["chatRecordWithLines", "wordless"],
    ["driveShare", "wordless"],
    ["unknownMsgType", "wordless"],
    ["noSuchKind", "wordless"],
  ])("knows whether somebody says something: %s", (kind, expected) => {
    expect(waitingOf(payloadData(KINDS[kind])).kind).toBe(expected);
  });

  test("takes a voice message that was not understood for wordless", () => {
    const content = { duration: 4000, downloadCode: "x" };
    expect(waitingOf(payloadData(KINDS.audio, { content })).kind).toBe("wordless");
  });

  test.each(["", " ", "\n\t "])("takes a mention and nothing else for empty: %j", (content) => {
    expect(words(content).kind).toBe("empty");
    expect(waitingOf(groupData({ text: { content } })).kind).toBe("empty");
  });

  test("takes a quote without a word for something to answer", () => {
    expect(waitingOf(payloadData(QUOTES.wordless)).kind).toBe("wordless");
  });

  test.each([{ errorCode: "20001" }, { errCode: 20_001 }])(
    "knows what DingTalk keeps back, of every kind: %j",
    (code) => {
      for (const msgtype of ["text", "picture", "hologram"]) {
        const data = robotData({ msgtype, text: undefined, ...code });
        expect(waitingOf(data).kind).toBe("over-quota");
      }
    },
  );

  test("knows what DingTalk keeps back also where it answered to something", () => {
    const data = robotData({ text: undefined, errorCode: "20001", originalMsgId: "msgQuoted==" });
    expect(waitingOf(data).kind).toBe("over-quota");
  });

  test("answers what can be read, whatever code stands beside it", () => {
    expect(words("hello", {}, { errorCode: 20_001 }).kind).toBe("words");
  });

  test("a question beside the running turn is read without the word that makes it one", () => {
    expect(words("/btw what is 1+1?").said.parts).toEqual([{ kind: "text", text: "what is 1+1?" }]);
    expect(words("／顺便 几点了").said.parts).toEqual([{ kind: "text", text: "几点了" }]);
  });

  test("does not read what cannot be read", () => {
    expect(readEntry({ ...entryOf(robotData()), data: "broken" })).toBeUndefined();
  });
});

describe("nextBurst()", () => {
  test("is nothing of nothing", () => {
    expect(first([])).toEqual({ ids: [], waitMs: 0 });
  });

  test("starts at once what has words", () => {
    expect(first([words("hello")])).toEqual({ ids: [1], waitMs: 0 });
    expect(first([waitingOf(payloadData(KINDS.audio))]).waitMs).toBe(0);
    expect(first([waitingOf(payloadData(KINDS.richText))]).waitMs).toBe(0);
  });

  test.each(["picture", "video", "file", "chatRecord", "driveShare", "noSuchKind"] as const)(
    "lets a %s wait for the window, from its arrival",
    (kind) => {
      const one = waitingOf(payloadData(KINDS[kind]));
      expect(first([one]).waitMs).toBe(WINDOW);
      expect(first([one], NOW + 2000).waitMs).toBe(1000);
      expect(first([one], NOW + WINDOW).waitMs).toBe(0);
      // It waited while nobody ran.
      expect(first([one], NOW + 3_600_000)).toEqual({ ids: [1], waitMs: 0 });
    },
  );

  test("never waits where the window is 0", () => {
    expect(first([picture()], NOW, 0).waitMs).toBe(0);
  });

  test("never waits longer than the window, wherever the clock was set back to", () => {
    expect(first([picture()], NOW - 3_600_000).waitMs).toBeLessThanOrEqual(WINDOW);
  });

  test("joins a picture to the words that come after it, and waits no longer", () => {
    const waiting = [picture(), words("what is this?", { id: 2, receivedAt: NOW + 1000 })];
    expect(first(waiting, NOW + 1000)).toEqual({ ids: [1, 2], waitMs: 0 });
  });

  test("joins two pictures and the question about them", () => {
    const two = [picture(), picture({ id: 2, receivedAt: NOW + 2500 })];
    // The window of the second one counts.
    expect(first(two, NOW + 2500)).toEqual({ ids: [1, 2], waitMs: WINDOW });
    expect(first(two, NOW + 5500).waitMs).toBe(0);
    const question = words("which is better?", { id: 3, receivedAt: NOW + 4000 });
    expect(first([...two, question], NOW + 4000)).toEqual({ ids: [1, 2, 3], waitMs: 0 });
  });

  test("joins what one person wrote while a turn ran", () => {
    const waiting = [1, 2, 3].map((id) => words(`${id}`, { id, receivedAt: NOW + id * 60_000 }));
    expect(first(waiting)).toEqual({ ids: [1, 2, 3], waitMs: 0 });
  });

  test("ends where another person writes, and does not wait for what cannot join", () => {
    const ann = (id: number) => waitingOf(groupData({ senderStaffId: "ann" }), { id });
    const bob = (id: number) => waitingOf(groupData({ senderStaffId: "bob" }), { id });
    expect(first([ann(1), bob(2), ann(3)]).ids).toEqual([1]);
    expect(first([ann(1), ann(2), bob(3)]).ids).toEqual([1, 2]);
    const annsPicture = picture({}, { senderStaffId: "ann", conversationType: "2" });
    expect(first([annsPicture, bob(2), ann(3)])).toEqual({ ids: [1], waitMs: 0 });
  });

  test("knows outsiders apart, who have no staff id", () => {
    const outsider = (id: number, senderId: string) =>
      waitingOf(groupData({ senderStaffId: "", senderId }), { id });
    expect(first([outsider(1, "a"), outsider(2, "a")]).ids).toEqual([1, 2]);
    expect(first([outsider(1, "a"), outsider(2, "b")]).ids).toEqual([1]);
  });

  test("does not take two of whom nothing is known for one person", () => {
    const nobody = (id: number) =>
      waitingOf(groupData({ senderStaffId: "", senderId: "" }), { id });
    expect(first([nobody(1), nobody(2)]).ids).toEqual([1]);
  });

  test.each([
    ["a mention alone", robotData({ text: { content: " " } })],
    ["what DingTalk keeps back", robotData({ text: undefined, errorCode: "20001" })],
  ])("leaves %s a turn of its own", (_what, data) => {
    expect(first([waitingOf(data), words("x", { id: 2 })])).toEqual({ ids: [1], waitMs: 0 });
    expect(first([words("x", { id: 2 }), waitingOf(data), words("y", { id: 3 })]).ids).toEqual([2]);
    expect(first([picture({ id: 2 }), waitingOf(data)])).toEqual({ ids: [2], waitMs: 0 });
  });

  test("holds 8 messages, and waits for no ninth", () => {
    const pictures = Array.from({ length: 9 }, (_, at) => picture({ id: at + 1 }));
    const eight = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(MAX_MESSAGES).toBe(8);
    expect(first(pictures)).toEqual({ ids: eight, waitMs: 0 });
    expect(first(pictures.slice(0, 8))).toEqual({ ids: eight, waitMs: 0 });
    expect(first(pictures.slice(0, 7)).waitMs).toBe(WINDOW);
  });

  test("holds 4000 characters of what people wrote or said", () => {
    const long = (length: number, id: number) => words("x".repeat(length), { id });
    expect(first([long(2000, 1), long(2000, 2), long(1, 3)]).ids).toEqual([1, 2]);
    expect(first([long(2000, 1), long(2001, 2)]).ids).toEqual([1]);
    const recognition = "x".repeat(2001);
    const spoken = waitingOf(payloadData(KINDS.audio, { content: { recognition } }), { id: 2 });
    expect(first([long(2000, 1), spoken]).ids).toEqual([1]);
  });

  test("lets a single one go that is longer, alone", () => {
    const long = words("x".repeat(50_000));
    expect(first([long])).toEqual({ ids: [1], waitMs: 0 });
    expect(first([long, words("y", { id: 2 })]).ids).toEqual([1]);
    expect(first([words("y", { id: 2 }), long]).ids).toEqual([2]);
  });

  test("looks together for what was asked together, and for nothing else", () => {
    const one = words("1", { id: 1, asked: asked(NOW) });
    const two = words("2", { id: 2, asked: asked(NOW) });
    const later = words("3", { id: 3 });
    expect(first([one, two])).toEqual({ ids: [1, 2], waitMs: 0 });
    expect(first([one, two, later]).ids).toEqual([1, 2]);
    expect(first([one, later]).ids).toEqual([1]);
    const pictures = [picture({ asked: asked(NOW) }), picture({ id: 2 })];
    expect(first(pictures)).toEqual({ ids: [1], waitMs: 0 });
  });

  test("never joins what was not asked to what was", () => {
    const waiting = [words("1"), words("2", { id: 2, asked: asked(NOW) })];
    expect(first(waiting).ids).toEqual([1]);
  });

  const kind = fc.constantFrom("words", "long", "picture", "empty", "own", "over-quota");
  const message = fc.record({
    kind,
    who: fc.constantFrom("ann", "bob"),
    gapMs: fc.nat({ max: 5000 }),
  });
  const dataOf = (what: string, who: string) => {
    const fields: Record<string, object> = {
      words: { text: { content: "hello" } },
      long: { text: { content: "x".repeat(3000) } },
      picture: { msgtype: "picture", text: undefined, content: { downloadCode: "x" } },
      empty: { text: { content: "" } },
      own: { senderId: "$:LWCP_v1:$robot" },
      "over-quota": { text: undefined, errorCode: "20001" },
    };
    return groupData({ senderStaffId: who, ...fields[what] });
  };

  test("puts every message into exactly one burst, in order, and waits for none for ever", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 30 }),
        fc.constantFrom(0, 1, WINDOW),
        (messages, windowMs) => {
          let at = NOW;
          const arrived = messages.map((each, index) =>
            waitingOf(dataOf(each.kind, each.who), { id: index, receivedAt: (at += each.gapMs) }),
          );
          const done: number[] = [];
          let now = NOW;
          while (done.length < arrived.length) {
            const head = arrived[done.length]?.entry.receivedAt ?? 0;
            now = Math.max(now, head);
            const here = arrived
              .slice(done.length)
              .filter(({ entry }) => entry.receivedAt <= now)
              .slice(0, MAX_MESSAGES);
            const { burst, waitMs } = nextBurst(here, now, windowMs);
            expect(burst.length).toBeGreaterThan(0);
            expect(waitMs).toBeGreaterThanOrEqual(0);
            expect(waitMs).toBeLessThanOrEqual(windowMs);
            if (burst.some((each) => each.kind !== "wordless")) expect(waitMs).toBe(0);
            if (waitMs > 0) {
              // What comes first: another message, or the end of the wait.
              const next = arrived.find(({ entry }) => entry.receivedAt > now);
              now = Math.min(now + waitMs, next?.entry.receivedAt ?? Infinity);
              continue;
            }
            done.push(...burst.map(({ entry }) => entry.id));
            expect(new Set(burst.map((each) => each.message.senderStaffId)).size).toBe(1);
            const alone = burst.some((each) => !["words", "wordless"].includes(each.kind));
            if (alone) expect(burst).toHaveLength(1);
          }
          expect(done).toEqual(arrived.map(({ entry }) => entry.id));
        },
      ),
    );
  });
});

describe("mediaOf()", () => {
  test("finds what a message and its quote carry", () => {
    const codes = (data: string) => mediaOf(data).map((part) => part.codes[0]);
    expect(codes(payloadData(KINDS.richText))).toEqual(["mIof1", "mIof2"]);
    expect(codes(payloadData(QUOTES.picture))).toEqual(["qPic"]);
    expect(codes(payloadData(QUOTES.inRichText))).toEqual(["qPic"]);
    expect(codes(robotData())).toEqual([]);
    expect(codes(robotData({ text: { content: "my downloadCode" } }))).toEqual([]);
    expect(codes("downloadCode, and not JSON")).toEqual([]);
  });

  test("finds one that is written in some other way", () => {
    const data = payloadData(KINDS.picture, { content: { pictureDownloadCode: "y" } });
    expect(mediaOf(data)).toMatchObject([{ codes: ["y"] }]);
    const nested = payloadData(KINDS.picture, { content: JSON.stringify({ downloadCode: "z" }) });
    expect(mediaOf(nested)).toMatchObject([{ codes: ["z"] }]);
  });

  test.each(Object.keys({ ...KINDS, ...QUOTES }))("finds what there is to fetch: %s", (name) => {
    const data = payloadData({ ...KINDS, ...QUOTES }[name as keyof typeof KINDS]);
    expect(mediaOf(data).length > 0).toBe(carriesMedia(waitingOf(data)));
  });
});
