import { describe, expect, test } from "bun:test";
import type { SendResult } from "../../../src/core/dingtalk/errors.ts";
import type { Prepared } from "../../../src/core/media/outgoing.ts";
import type { Attachment, CardText, Message } from "../../../src/core/message.ts";
import type { FakeCall } from "../../support/fake-fetch.ts";
import { words } from "../../support/fake-messages.ts";
import { errcode, isApi, ok, refusal, said, sending } from "./_sending.ts";

const FILE: Attachment = {
  format: "file",
  source: { path: "/srv/report.pdf" },
  name: "report.pdf",
};
const IMAGE: Attachment = { format: "image", source: { url: "http://intranet/chart.png" } };
const CARD: CardText = {
  format: "card",
  outTrackId: "card1",
  text: "the end",
  instead: { ...words("the end"), format: "markdown", title: "the end" },
};

const payloadOf = (call: FakeCall | undefined): Readonly<Record<string, unknown>> => {
  const { msgKey, msgParam } = JSON.parse(call?.body ?? "") as { msgKey: string; msgParam: string };
  return { msgKey, ...(JSON.parse(msgParam) as object) };
};

describe("files in the outbox", () => {
  test("a file is uploaded first and goes by the OpenAPI, in its place among the words", async () => {
    const world = await sending(ok, { chat: ["before", FILE, "after"] });
    await world.outbox.resume();
    await world.clock.advance(60_000);
    expect(world.calls.map(isApi)).toEqual([false, true, false]);
    expect(payloadOf(world.calls[1])).toEqual({
      msgKey: "sampleFile",
      mediaId: "@media",
      fileName: "report.pdf",
      fileType: "pdf",
    });
    expect(await world.left()).toBe(0);
  });

  test("an uploaded picture goes by the webhook, which costs no call", async () => {
    const world = await sending(ok, { chat: [IMAGE] });
    await world.outbox.resume();
    await world.clock.settle();
    expect(world.calls.map(isApi)).toEqual([false]);
    expect(world.texts()[0]).toContain("(@media)");
  });

  test("is uploaded once, however often its message has to be sent", async () => {
    let uploads = 0;
    const world = await sending(
      (_call, at) => (at < 2 ? refusal("system.busy", 400) : ok()),
      { chat: [FILE] },
      {
        async prepare(message): Promise<Prepared> {
          uploads++;
          return { ok: true, message: { ...message, source: { mediaId: "@once" } } };
        },
      },
    );
    await world.outbox.resume();
    await world.clock.advance(120_000);
    expect(uploads).toBe(1);
    expect(world.calls).toHaveLength(3);
    expect(await world.left()).toBe(0);
  });

  test("an upload that fails for a while is tried again, and keeps its place", async () => {
    let tries = 0;
    const world = await sending(
      ok,
      { chat: [FILE, "after"] },
      {
        async prepare(message): Promise<Prepared> {
          return ++tries < 3
            ? { ok: false, failure: "retry", reason: "busy" }
            : { ok: true, message: { ...message, source: { mediaId: "@m" } } };
        },
      },
    );
    await world.outbox.resume();
    await world.clock.settle();
    expect(world.calls).toEqual([]);
    await world.clock.advance(120_000);
    expect(world.calls.map(isApi)).toEqual([true, false]);
  });

  test.each([
    ["too-large", "too large"],
    ["not-allowed", "media.roots"],
    ["missing", "no such file"],
    ["refused", "did not accept"],
    ["empty", "empty"],
  ] as const)("a file that is %s is a line with its name", async (why, hint) => {
    const world = await sending(
      ok,
      { chat: [FILE] },
      {
        prepare: async () => ({
          ok: false,
          failure: "final",
          why,
          name: "report.pdf",
          reason: "because",
        }),
      },
    );
    await world.outbox.resume();
    await world.clock.settle();
    const [line = ""] = world.texts();
    expect(line).toContain("report.pdf");
    expect(line).toContain(hint);
    expect(await world.left()).toBe(0);
  });

  test("a file that never gets uploaded does not hold the chat for ever", async () => {
    const world = await sending(
      ok,
      { chat: [FILE, "after"] },
      { prepare: async () => ({ ok: false, failure: "blocked", reason: "no permission" }) },
    );
    await world.outbox.resume();
    await world.clock.advance(30 * 60_000);
    expect(world.texts()).toHaveLength(2);
    expect(world.texts()[0]).toContain("report.pdf: could not be fetched or uploaded");
    expect(world.texts()[1]).toBe("after");
  });

  test("DingTalk refuses the file's message: a line says so", async () => {
    const world = await sending(
      (call) => (isApi(call) ? refusal("invalidParameter.msgParam.invalid") : ok()),
      {
        chat: [FILE],
      },
    );
    await world.outbox.resume();
    await world.clock.settle();
    expect(world.texts().at(-1)).toContain("did not accept");
    expect(await world.left()).toBe(0);
  });

  test("an outsider, whom only the webhook reaches, is told that files are not for them", async () => {
    const world = await sending(
      ok,
      { $outsider: [FILE] },
      { fields: { senderStaffId: undefined } },
    );
    await world.outbox.resume();
    await world.clock.settle();
    expect(world.calls.map(isApi)).toEqual([false]);
    expect(world.texts()[0]).toContain("outside the organisation");
  });

  test("files and words never share a message, however scarce the minute is", async () => {
    const messages: (string | Message)[] = Array.from({ length: 12 }, (_, at) =>
      at === 5 ? FILE : `line ${at}`,
    );
    const world = await sending(ok, { chat: messages }, { perMinute: 4 });
    await world.outbox.resume();
    await world.clock.advance(10 * 60_000);
    const sent = world.calls.map((call) => (isApi(call) ? "FILE" : said(call)));
    expect(sent.filter((each) => each === "FILE")).toHaveLength(1);
    const text = sent.join("\n");
    const order = messages.map((each) => text.indexOf(typeof each === "string" ? each : "FILE"));
    expect(order).toEqual([...order].toSorted((a, b) => a - b));
    expect(order).not.toContain(-1);
  });
});

describe("cards in the outbox", () => {
  const finishing = async (answers: (at: number) => SendResult, card: CardText = CARD) => {
    const finished: string[] = [];
    const world = await sending(
      ok,
      { chat: [card, "after"] },
      {
        async finish(outTrackId, text) {
          finished.push(`${outTrackId}: ${text}`);
          return answers(finished.length - 1);
        },
      },
    );
    await world.outbox.resume();
    await world.clock.settle();
    return { ...world, finished };
  };

  test("get their last text, in order, and count against no limit of messages", async () => {
    const { finished, texts, store, clock, left } = await finishing(() => ({ ok: true }));
    expect(finished).toEqual(["card1: the end"]);
    expect(texts()).toEqual(["after"]);
    expect(await left()).toBe(0);
    const chat = { account: "default", conversationId: "chat" };
    expect(await store.recentSends(chat, clock.now() - 60_000)).toHaveLength(1);
  });

  test("one that cannot be changed any more costs nobody the answer", async () => {
    const { texts, left } = await finishing(() => ({
      ok: false,
      failure: "blocked",
      reason: "no permission",
    }));
    expect(texts()).toEqual(["the end", "after"]);
    expect(await left()).toBe(0);
  });

  test("one that fails for a while is tried again before its text is sent", async () => {
    const busy: SendResult = { ok: false, failure: "retry", reason: "busy" };
    const passing = await finishing((at) => (at < 2 ? busy : { ok: true }));
    await passing.clock.advance(60_000);
    expect(passing.finished).toHaveLength(3);
    expect(passing.texts()).toEqual(["after"]);
    const lasting = await finishing(() => busy);
    await lasting.clock.advance(10 * 60_000);
    expect(lasting.texts()).toEqual(["the end", "after"]);
  });

  test("one that was only to be closed is let go", async () => {
    const { texts, left } = await finishing(
      () => ({ ok: false, failure: "final", reason: "gone" }),
      { format: "card", outTrackId: "card1", text: "interrupted" },
    );
    expect(texts()).toEqual(["after"]);
    expect(await left()).toBe(0);
  });

  test("a quote of the card finds what it says", async () => {
    const { store } = await finishing(() => ({ ok: true }), { ...CARD, key: "carrier1" });
    expect(await store.sentText("default", "carrier1")).toBe("the end");
  });

  test("a webhook that has expired takes the words by the OpenAPI, and the picture too", async () => {
    const world = await sending((call) => (isApi(call) ? ok() : errcode(300_001)), {
      chat: [IMAGE, "words"],
    });
    await world.outbox.resume();
    await world.clock.advance(60_000);
    expect(world.calls.filter(isApi).map((call) => payloadOf(call).msgKey)).toEqual([
      "sampleImageMsg",
      "sampleText",
    ]);
  });
});
