import { describe, expect, test } from "bun:test";
import { accessTo, asker, direct, group } from "./_access.ts";

const CID = "cidHere==";

describe("Access.settings()", () => {
  /** What a key may be said by, the first to be asked first, and what it is by itself. */
  const rows: [
    key: string,
    values: [own: unknown, all: unknown, account: unknown],
    usual: unknown,
  ][] = [
    ["requireMention", [false, true, false], true],
    ["sessionScope", ["sender", "group", "sender"], "group"],
    ["reply.mode", ["text", "card", "auto"], "markdown"],
    ["reply.tables", ["list", "code", "list"], "keep"],
    ["reply.chunkChars", [300, 400, 500], 3500],
    ["reply.atSender", [false, true, false], true],
  ];
  const at = (key: string, value: unknown): object => {
    const [first = "", second] = key.split(".");
    return { [first]: second === undefined ? value : { [second]: value } };
  };
  const read = (settings: object, key: string): unknown =>
    key
      .split(".")
      .reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], settings);

  test.each(rows)(
    "%s: the group's, that of *, the account's: %j, else %j",
    async (key, values, usual) => {
      const [own, all, account] = values;
      const inGroup = async (groups: object, block: object) =>
        read((await accessTo({ groups, ...block })).settings(group(CID)), key);
      const star = { "*": at(key, all) };
      expect(await inGroup({ [CID]: at(key, own), ...star }, at(key, account))).toEqual(own);
      expect(await inGroup({ [CID]: {}, ...star }, at(key, account))).toEqual(all);
      expect(await inGroup(star, at(key, account))).toEqual(all);
      expect(await inGroup({ cidOther: at(key, own) }, at(key, account))).toEqual(account);
      expect(await inGroup({}, {})).toEqual(usual);
    },
  );

  test.each(rows)("%s: in a direct chat only the account's", async (key, [own, all, account]) => {
    const groups = { "*": at(key, all), "cid-of-u": at(key, own), u: at(key, own) };
    const access = await accessTo({ groups, ...at(key, account) });
    expect(read(access.settings(direct("u")), key)).toEqual(account);
  });

  test("keys of one group come from wherever each is said", async () => {
    const access = await accessTo({
      requireMention: false,
      reply: { tables: "code" },
      groups: {
        [CID]: { reply: { mode: "text" } },
        "*": { reply: { mode: "card", chunkChars: 900 } },
      },
    });
    expect(access.settings(group(CID))).toEqual({
      requireMention: false,
      sessionScope: "group",
      systemPrompt: undefined,
      reply: { mode: "text", tables: "code", chunkChars: 900, atSender: true },
    });
  });

  test("reply.direct and reply.group go before reply.mode, a group's own mode before both", async () => {
    const reply = { mode: "text", direct: { mode: "auto" }, group: { mode: "card" } };
    const access = await accessTo({ reply, groups: { [CID]: { reply: { mode: "markdown" } } } });
    expect(access.settings(direct("u")).reply.mode).toBe("auto");
    expect(access.settings(group("cidOther")).reply.mode).toBe("card");
    expect(access.settings(group(CID)).reply.mode).toBe("markdown");
    const plain = await accessTo({ reply: { mode: "text" } });
    expect(plain.settings(direct("u")).reply.mode).toBe("text");
    expect(plain.settings(group(CID)).reply.mode).toBe("text");
  });

  test("the agent is told the account's words, then the group's", async () => {
    const groups = { [CID]: { systemPrompt: "Here." }, "*": { systemPrompt: "Anywhere." } };
    const access = await accessTo({ systemPrompt: "Always.", groups });
    expect(access.settings(group(CID)).systemPrompt).toBe("Always.\n\nHere.");
    expect(access.settings(group("cidOther")).systemPrompt).toBe("Always.\n\nAnywhere.");
    expect(access.settings(direct("u")).systemPrompt).toBe("Always.");
    const only = await accessTo({ groups });
    expect(only.settings(group(CID)).systemPrompt).toBe("Here.");
    expect(only.settings(direct("u")).systemPrompt).toBeUndefined();
  });
});

describe("Access.scopeOf()", () => {
  test("direct chats have a session of their own", async () => {
    const access = await accessTo({ owners: ["u"], sessionScope: "sender" });
    expect(access.scopeOf(direct("u"), asker("u"), "owner")).toEqual({ chat: direct("u") });
  });

  test("with dmScope main, owners write to the agent's main session, nobody else", async () => {
    const access = await accessTo({ owners: ["u"], dmScope: "main" });
    const chat = direct("u");
    expect(access.scopeOf(chat, asker("u"), "owner")).toEqual({ chat, main: true });
    expect(access.scopeOf(chat, asker("u"), "member")).toEqual({ chat });
    expect(access.scopeOf(chat, asker("u"), "guest")).toEqual({ chat });
    expect(access.scopeOf(group(CID), asker("u"), "owner")).toEqual({ chat: group(CID) });
  });

  test("a group shares one session, or each has their own", async () => {
    const groups = { [CID]: { sessionScope: "sender" } };
    const access = await accessTo({ groups });
    expect(access.scopeOf(group(CID), asker("u"), "guest")).toEqual({
      chat: group(CID),
      member: "u",
    });
    expect(access.scopeOf(group("cidB"), asker("u"), "guest")).toEqual({ chat: group("cidB") });
    // Whom DingTalk does not name cannot be told apart.
    expect(access.scopeOf(group(CID), asker(), "guest")).toEqual({ chat: group(CID) });
  });
});
