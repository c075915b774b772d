import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { canonical } from "../../../src/core/config/aliases.ts";
import type { Tree } from "../../../src/core/config/model.ts";
import { translated } from "./_aliases.ts";

describe("canonical(), another bridge's key", () => {
  const carried: [given: Tree, block: Tree][] = [
    [{ appKey: "x" }, { clientId: "x" }],
    [{ app_secret: "x" }, { clientSecret: "x" }],
    [{ clientSecretFile: "/run/x" }, { clientSecret: { source: "file", path: "/run/x" } }],
    [{ clientSecretRef: "NAME" }, { clientSecret: { source: "env", id: "NAME" } }],
    [{ clientSecretRef: "${NAME}" }, { clientSecret: "${NAME}" }],
    [
      { clientId: "", clientIdRef: { source: "env", id: "A" } },
      { clientId: { source: "env", id: "A" } },
    ],
    [{ robot_code: "x" }, { robotCode: "x" }],
    [{ endpoint: "https://a.example" }, { apiUrl: "https://a.example" }],
    [
      { endpoint: "https://a.example/v1.0/gateway/connections/open" },
      { apiUrl: "https://a.example" },
    ],
    [{ gatewayPassword: "x" }, { gateway: { token: "x" } }],
    [{ gatewayPort: 18_000 }, { gateway: { url: "http://127.0.0.1:18000" } }],
    [{ gatewayPort: "here" }, { gateway: { url: "here" } }],
    [{ ownerStaffId: "u1" }, { owners: ["u1"] }],
    [{ ownerStaffId: "" }, {}],
    [{ senderAccess: "all" }, { dmPolicy: "open" }],
    [{ groupAccess: "none" }, { groupPolicy: "disabled" }],
    [
      { dm_policy: "pairing", group_policy: "allowlist" },
      { dmPolicy: "pairing", groupPolicy: "allowlist" },
    ],
    [{ dms: { enabled: false } }, { dmPolicy: "disabled" }],
    [{ dms: { enabled: true } }, {}],
    [{ rejectNotice: false }, { denialNotice: false }],
    [{ require_mention: false }, { requireMention: false }],
    [{ groupSessionScope: "group_sender" }, { sessionScope: "sender" }],
    [{ groupSessionScope: "per-user" }, { sessionScope: "sender" }],
    [{ groupSessionScope: "per-group" }, { sessionScope: "group" }],
    [{ isolateContextPerUserInGroup: true }, { sessionScope: "sender" }],
    [{ share_session_in_channel: true }, { sessionScope: "group" }],
    [{ share_session_in_channel: false }, { sessionScope: "sender" }],
    [{ sessionScope: "chat-sender" }, { sessionScope: "sender" }],
    [{ sessionScope: "chat" }, { sessionScope: "group" }],
    [{ sessionScope: "sender" }, { sessionScope: "sender" }],
    [{ messageType: "card" }, { reply: { mode: "card" } }],
    [{ messageType: "hologram" }, { reply: { mode: "hologram" } }],
    [{ replyMode: "text" }, { reply: { mode: "text" } }],
    [
      { replyMode: { direct: "aicard", group: "text" } },
      { reply: { direct: { mode: "card" }, group: { mode: "text" } } },
    ],
    [{ renderMode: "raw" }, { reply: { mode: "text" } }],
    [{ enableAICard: false }, { reply: { mode: "markdown" } }],
    [{ aiCard: { enabled: true }, replyMode: "text" }, { reply: { mode: "card" } }],
    [{ aiCard: { enabled: false }, replyMode: "text" }, { reply: { mode: "text" } }],
    [{ aiCardMode: "disabled", renderMode: "auto" }, { reply: { mode: "auto" } }],
    [{ groupReplyMode: "aicard" }, { reply: { group: { mode: "card" } } }],
    [{ convertMarkdownTables: true }, { reply: { tables: "list" } }],
    [{ convertMarkdownTables: false }, { reply: { tables: "keep" } }],
    [{ tableMode: "off" }, { reply: { tables: "keep" } }],
    [{ markdown: { tableMode: "ascii" } }, { reply: { tables: "code" } }],
    [{ textChunkLimit: 4000 }, { reply: { chunkChars: 4000 } }],
    [{ textChunkLimit: 50_000 }, { reply: { chunkChars: 20_000 } }],
    [{ maxChars: 5 }, { reply: { chunkChars: 200 } }],
    [{ ackReaction: "off" }, { reply: { reaction: "" } }],
    [{ ackReaction: "" }, { reply: { reaction: "" } }],
    [{ ackReaction: "kaomoji" }, {}],
    [{ typingIndicator: false }, { reply: { reaction: "" } }],
    [{ showThinking: true }, {}],
    [{ cardAtSender: "done" }, { reply: { atSender: true } }],
    [{ cardAtSender: "" }, { reply: { atSender: false } }],
    [{ longTaskNoticeDelayMs: 0 }, { reply: { slowNoticeMs: 0 } }],
    [{ streaming: { enabled: true, throttleMs: 50 } }, { card: { intervalMs: 100 } }],
    [{ streaming: { maxCardChars: 15_000 } }, { card: { maxChars: 3000 } }],
    [
      { aiCard: { templateId: "t", textParamKey: "k" } },
      { card: { templateId: "t", contentKey: "k" } },
    ],
    [{ cardTemplateId: "t", cardTemplateKey: "k" }, {}],
    [{ mediaMaxMb: 20.5 }, { media: { maxMb: 20 } }],
    [{ maxFileSizeMB: 500 }, { media: { maxMb: 100 } }],
    [
      { mediaUrlAllowlist: ["a.example", "*.b.example", "10.0.0.5", "10.0.0.0/8", "*"] },
      { media: { allowHosts: ["a.example", "*.b.example", "10.0.0.5"] } },
    ],
    [{ debug: true }, { log: { level: "debug" } }],
    [{ debug: false }, {}],
    [{ agentId: 1234567890 }, {}],
    [{ agentId: "1234567890" }, {}],
    [{ agentId: "main" }, { agentId: "main" }],
    [{ sharedMemoryAcrossConversations: true }, {}],
    [
      { groups: { g: { groupSessionScope: "group_sender", tools: {}, skills: [] } } },
      { groups: { g: { sessionScope: "sender" } } },
    ],
    [{ groups: { g: { groupAllowFrom: ["u1"] } } }, { groups: { g: { allowFrom: ["u1"] } } }],
  ];
  test.each(carried)("%j", (given, block) => {
    expect(translated(given).block).toEqual(block);
  });

  test.each(carried)("%j means the same in an account", (given, block) => {
    const { debug } = given;
    const accounts = { work: given };
    expect(translated({ accounts }).block).toEqual({
      accounts: { work: debug === undefined ? block : {} },
    });
  });

  test("is told of by the name that counts here, and how it was read", () => {
    const block = {
      messageType: "card",
      groupReplyMode: "aicard",
      maxReconnectCycles: 3,
      mediaMaxMb: 500,
      groups: { g: { groupAllowFrom: ["u1"] } },
      accounts: { work: { enableAICard: false, debug: true } },
    };
    expect(translated(block).notes).toEqual([
      "alias messageType: taken as reply.mode",
      'alias groupReplyMode: taken as reply.group.mode: "card"',
      "understood mediaMaxMb: taken as media.maxMb: 100, the most there is",
      "ignored maxReconnectCycles: dingbridge never gives up reconnecting",
      "alias groups.g.groupAllowFrom: taken as allowFrom",
      'alias accounts.work.enableAICard: taken as reply.mode: "markdown"',
      "ignored accounts.work.debug: the log is the whole worker's: log.level at the top",
    ]);
    expect(canonical(block).from).toEqual(
      new Map([
        ["reply.mode", "messageType"],
        ["reply.group.mode", "groupReplyMode"],
        ["media.maxMb", "mediaMaxMb"],
        ["groups.g.allowFrom", "groups.g.groupAllowFrom"],
        ["accounts.work.reply.mode", "accounts.work.enableAICard"],
      ]),
    );
  });

  test("loses against the canonical one, and against an earlier one", () => {
    const { block, notes } = translated({
      clientId: "a",
      appKey: "b",
      gatewayToken: "c",
      gatewayPassword: "d",
    });
    expect(block).toEqual({ clientId: "a", gateway: { token: "c" } });
    expect(notes).toEqual([
      "ignored appKey: clientId is given and wins",
      "alias gatewayToken: taken as gateway.token",
      "ignored gatewayPassword: gateway.token is taken from gatewayToken",
    ]);
  });

  test("does not push aside what is no object", () => {
    expect(translated({ reply: "text", messageType: "card" }).block).toEqual({ reply: "text" });
  });

  test("leaves what nobody knows beside it", () => {
    expect(translated({ aiCard: { enabled: true, colour: "red" } }).block).toEqual({
      aiCard: { colour: "red" },
      reply: { mode: "card" },
    });
  });
});

describe("canonical(), accounts", () => {
  test("written as a list are known by their ids", () => {
    const { block, notes } = translated({
      accounts: [{ id: "work", appKey: "a" }, { id: 7, clientId: "b" }, { clientId: "c" }, "d"],
    });
    expect(block).toEqual({
      accounts: {
        work: { clientId: "a" },
        "7": { clientId: "b" },
        "3": { clientId: "c" },
        "4": "d",
      },
    });
    expect(notes).toContain("alias accounts.work.appKey: taken as clientId");
    expect(notes).toContainEqual(expect.stringMatching(/^understood accounts\.3: .* no id/));
  });

  test("that share an id in a list: the first counts", () => {
    const accounts = [
      { id: "work", clientId: "a" },
      { id: "work", clientId: "b" },
    ];
    const { block, notes } = translated({ accounts });
    expect(block).toEqual({ accounts: { work: { clientId: "a" } } });
    expect(notes).toEqual([expect.stringMatching(/^ignored accounts\.work: .*more than once/)]);
  });

  test.each(["__proto__", "constructor"])("and groups may be called %s", (id) => {
    const block = JSON.parse(
      `{"accounts": {"${id}": {"appKey": "x"}}, "groups": {"${id}": {"require_mention": true}}}`,
    ) as Tree;
    const result = JSON.stringify(canonical(block).block);
    expect(result).toBe(
      `{"accounts":{"${id}":{"clientId":"x"}},"groups":{"${id}":{"requireMention":true}}}`,
    );
  });
});

describe("canonical(), any mix of keys", () => {
  const people = fc.array(fc.constantFrom("u1", "cidA", "group:cidB", "*", "u2"), { maxLength: 4 });
  const flag = fc.boolean();
  const words = fc.constantFrom("open", "disabled", "allowlist", "pairing", "owner", "all", "none");
  const modes = fc.constantFrom("card", "aicard", "text", "raw", "enabled", "no");
  const group = fc.record(
    {
      enabled: flag,
      groupAllowFrom: people,
      allowFrom: people,
      groupSessionScope: fc.constantFrom("group", "per-user", "x"),
      tools: fc.constant({}),
      x: flag,
    },
    { requiredKeys: [] },
  );
  const keys = {
    appKey: fc.string(),
    clientId: fc.constantFrom("", "x"),
    clientIdRef: fc.string(),
    agentId: fc.constantFrom("main", 1234567),
    dmPolicy: words,
    groupPolicy: words,
    dm_policy: words,
    group_policy: words,
    senderAccess: words,
    groupAccess: words,
    ownerStaffId: fc.constantFrom("", "u9"),
    allowFrom: people,
    allow_from: fc.constantFrom("", "u1,cidA", "*"),
    allowedSenders: people,
    groupAllowFrom: fc.oneof(people, fc.constant("u1")),
    groupAllowlist: fc.oneof(people, fc.constant(5)),
    allowed_chats: people,
    groups: fc.oneof(
      fc.dictionary(fc.constantFrom("cidA", "cidC", "*", "__proto__"), fc.oneof(group, flag)),
      fc.constant("all"),
    ),
    dms: fc.oneof(fc.record({ enabled: flag, u1: flag }, { requiredKeys: [] }), flag),
    renderMode: modes,
    messageType: modes,
    enableAICard: fc.oneof(flag, modes),
    aiCard: fc.oneof(
      fc.record({ enabled: flag, templateId: modes, x: flag }, { requiredKeys: [] }),
      flag,
    ),
    streaming: fc.oneof(flag, fc.record({ enabled: flag, throttleMs: fc.integer(), x: flag })),
    replyMode: fc.oneof(modes, fc.record({ direct: modes, group: modes }, { requiredKeys: [] })),
    reply: fc.oneof(fc.record({ mode: modes }, { requiredKeys: [] }), flag),
    mediaMaxMb: fc.double(),
    sessionScope: fc.constantFrom("chat", "chat-sender", "group", "x"),
    share_session_in_channel: flag,
    mediaUrlAllowlist: fc.array(fc.string()),
    debug: fc.oneof(flag, fc.string()),
    keepAlive: flag,
    xyzzy: fc.anything({ maxDepth: 1 }),
  };
  const account = fc.record(keys, { requiredKeys: [] });
  const accounts = fc.oneof(
    fc.dictionary(fc.constantFrom("a", "b.c", "__proto__"), fc.oneof(account, flag)),
    fc.array(fc.oneof(account, fc.record({ id: fc.constantFrom("a", "b", 3) }))),
  );
  const blocks = fc.record({ ...keys, accounts }, { requiredKeys: [] });
  const channel = fc.constantFrom(undefined, "dingtalk", "clawdbot-dingtalk");

  test("leaves nothing to translate, and the input as it was", () => {
    fc.assert(
      fc.property(blocks, channel, (block, channel) => {
        const before = structuredClone(block);
        const once = canonical(block, channel).block;
        expect(block).toEqual(before);
        expect(canonical(once).block).toEqual(once);
        expect(canonical(once, channel).block).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});
