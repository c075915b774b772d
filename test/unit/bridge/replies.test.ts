import { describe, expect, test } from "bun:test";
import { createReplies } from "../../../src/core/bridge/replies.ts";
import { createCounters } from "../../../src/core/counters.ts";
import type { Chat } from "../../../src/core/inbound/session.ts";
import type { Named } from "../../../src/core/message.ts";
import type { Formatting } from "../../../src/core/reply/format.ts";
import { TEXTS } from "../../../src/core/texts.ts";
import { createFakeLog } from "../../support/fake-log.ts";

const GROUP: Chat = { account: "a", kind: "group", conversationId: "cid", userId: undefined };
const DIRECT: Chat = { account: "a", kind: "direct", conversationId: "cid", userId: "staff1" };
const ASKER = { userId: "staff1", nick: "小明" };
const TO_ASKER = { mention: ASKER, files: true };
const TO_NOBODY = { mention: undefined, files: true };
const LINK =
  '```dingtalk\n{"type":"link","title":"T","text":"t","url":"https://example.com/"}\n```';

function replying(members: readonly Named[] | Error = [], formatting: Partial<Formatting> = {}) {
  const log = createFakeLog();
  const counters = createCounters();
  const replies = createReplies({
    formatting: () => ({
      mode: "markdown",
      tables: "keep",
      chunkChars: 3500,
      fallbackTitle: "title",
      ...formatting,
    }),
    store: {
      async membersNamed(_conversation, names) {
        if (members instanceof Error) throw members;
        return members.filter(({ name }) => names.includes(name));
      },
    },
    texts: TEXTS.en,
    counters,
  });
  const compose = async (
    said: string,
    chat: Chat,
    composing: Omit<Parameters<typeof replies.compose>[2], "log">,
  ) => {
    const composed = replies.compose(said, chat, { ...composing, log });
    return { ...composed, messages: await composed.messages() };
  };
  return { compose, log, counters };
}

describe("createReplies()", () => {
  test("words and other messages keep their order, and the first of them mentions the asker", async () => {
    const { compose } = replying();
    const { messages, words, others } = await compose(
      `before\n\n${LINK}\n\nafter`,
      GROUP,
      TO_ASKER,
    );
    expect(messages.map(({ format }) => format)).toEqual(["text", "link", "text"]);
    expect(messages[0]).toMatchObject({ parts: [{ text: "before", mention: ASKER }] });
    expect(messages[2]).toMatchObject({ parts: [{ text: "after" }] });
    expect(messages[2]).not.toMatchObject({ parts: [{ mention: ASKER }] });
    expect(words).toBe("before\n\nafter");
    expect(others).toEqual(messages.slice(1, 2));
  });

  test("a block that cannot be read is shown as it is, and logged without what it says", async () => {
    const { compose, log } = replying();
    const block = '```dingtalk\n{"type":"link","title":"s3cret title"}\n```';
    const { messages } = await compose(block, DIRECT, TO_NOBODY);
    expect(messages).toMatchObject([{ format: "markdown" }]);
    expect(JSON.stringify(messages)).toContain("s3cret title");
    const warned = log.entries.filter(({ level }) => level === "warn");
    expect(warned).toHaveLength(1);
    expect(JSON.stringify(warned)).not.toContain("s3cret title");
  });

  test("a name of this group's is @-ed, a name nobody has there is only written", async () => {
    const { compose } = replying([{ name: "张三", userId: "u1" }]);
    const { messages } = await compose("请 @张三 和 @李四 确认", GROUP, TO_ASKER);
    expect(messages).toMatchObject([{ parts: [{ named: [{ name: "张三", userId: "u1" }] }] }]);
  });

  test("in a direct chat nobody is looked up", async () => {
    const { compose } = replying(new Error("must not be asked"));
    const { messages } = await compose("ask @张三", DIRECT, TO_NOBODY);
    expect(messages).toHaveLength(1);
  });

  test("a store that fails costs the mention, not the answer", async () => {
    const { compose } = replying(new Error("disk"));
    const { messages } = await compose("ask @张三", GROUP, TO_NOBODY);
    expect(messages).toMatchObject([{ parts: [{ text: "ask @张三" }] }]);
  });

  test("buttons mention the asker too where they come first", async () => {
    const { compose } = replying();
    const card =
      '```dingtalk\n{"type":"actionCard","title":"T","text":"t","buttons":[{"title":"a","url":"https://example.com/"}]}\n```';
    const { messages } = await compose(card, GROUP, TO_ASKER);
    expect(messages).toMatchObject([{ format: "actionCard", mention: ASKER }]);
  });

  test("a file of this machine is kept from who may not have any, a web address is not", async () => {
    const { compose } = replying();
    const said = "MEDIA:/srv/reports/q3.pdf\n\nMEDIA:https://example.com/q3.pdf";
    const { messages } = await compose(said, DIRECT, { mention: undefined, files: false });
    expect(messages.map(({ format }) => format)).toEqual(["text", "file"]);
    expect(JSON.stringify(messages)).not.toContain("/srv/reports");
    const all = await compose(said, DIRECT, TO_NOBODY);
    expect(all.messages.map(({ format }) => format)).toEqual(["file", "file"]);
  });

  test("plain text where that is asked for", async () => {
    const { compose } = replying([], { mode: "text" });
    const { messages } = await compose("# A **bold** title", DIRECT, TO_NOBODY);
    expect(messages).toMatchObject([{ format: "text", parts: [{ text: "A bold title" }] }]);
  });
});
