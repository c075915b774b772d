import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { canonical, CHANNELS } from "../../../src/core/config/aliases.ts";
import type { Tree } from "../../../src/core/config/model.ts";
import { AccountSchema, WorkerSchema } from "../../../src/core/config/schema.ts";
import { unknownKeys } from "./_aliases.ts";

/** Every key of soimy's plugin, those it only tolerates included, with a value of the kind it documents. */
const SOIMY: Tree = {
  name: "Support",
  enabled: true,
  clientId: "dingclient",
  clientSecret: { source: "env", provider: "default", id: "DINGTALK_SECRET" },
  dmPolicy: "pairing",
  groupPolicy: "allowlist",
  allowFrom: ["dingtalk:manager7675", "cidLegacy=="],
  groupAllowFrom: ["manager7675"],
  groups: {
    "cidOne==": { systemPrompt: "Be brief.", requireMention: true, groupAllowFrom: ["u1"] },
    "*": { systemPrompt: "Be polite." },
  },
  displayNameResolution: "all",
  contextVisibility: "allowlist_quote",
  mediaUrlAllowlist: ["files.example.com", "*.example.org", "host:8080", "10.0.0.5", "10.0.0.0/8"],
  ackReaction: "👀",
  journalTTLDays: 7,
  debug: true,
  messageType: "card",
  cardTemplateId: "old.schema",
  cardTemplateKey: "content",
  cardStreamingMode: "all",
  cardRealTimeStream: true,
  cardStreamInterval: 1000,
  aicardDegradeMs: 1_800_000,
  cardAtSender: "done",
  cardStatusLine: { model: true, effort: true, agent: true, taskTime: false, tokens: false },
  convertMarkdownTables: true,
  maxConnectionAttempts: 10,
  initialReconnectDelay: 1000,
  maxReconnectDelay: 60_000,
  reconnectJitter: 0.3,
  maxReconnectCycles: 10,
  reconnectDeadlineMs: 50_000,
  useConnectionManager: true,
  keepAlive: false,
  mediaMaxMb: 20,
  bypassProxyForSend: false,
  proactivePermissionHint: { enabled: true, cooldownHours: 24 },
  learningEnabled: false,
  learningAutoApply: false,
  learningNoteTtlMs: 21_600_000,
  agentId: 1234567890,
  corpId: "ding123",
  robotCode: "dingclient",
  showThinkingStream: true,
  asyncMode: false,
  verboseRealtimeStream: false,
  cardStreamReasoning: true,
};

/** Every key of the official connector. */
const OFFICIAL: Tree = {
  enabled: true,
  clientId: 12345,
  clientSecret: "s3cret-value",
  dmPolicy: "allowlist",
  allowFrom: ["u1", 42],
  groupPolicy: "open",
  groupAllowFrom: ["cidOne==", "cidTwo=="],
  requireMention: true,
  groups: {
    "cidOne==": {
      requireMention: false,
      enabled: true,
      allowFrom: ["u1"],
      systemPrompt: "Be brief.",
      groupSessionScope: "group_sender",
      tools: { allow: ["docs"], deny: [] },
    },
  },
  historyLimit: 10,
  textChunkLimit: 4000,
  mediaMaxMb: 20,
  tools: { docs: true, media: true },
  typingIndicator: true,
  resolveSenderNames: true,
  separateSessionByConversation: true,
  sharedMemoryAcrossConversations: false,
  groupSessionScope: "group",
  asyncMode: true,
  ackText: "on it",
  groupReplyMode: "aicard",
  endpoint: "https://api.dingtalk.com",
  debug: true,
  enableMediaUpload: true,
  systemPrompt: "You are helpful.",
  streaming: true,
  name: "Support",
  chatbotUserId: "$:LWCP_v1:$x",
  chatbotCorpId: "ding123",
  gatewayToken: "gateway-token",
  gatewayPassword: "gateway-password",
  dmHistoryLimit: 5,
};

/** The obvious ones of all others, as far as they are not above. */
const OTHERS: Tree = {
  longTaskNoticeDelayMs: 30_000,
  enableAICard: true,
  maxFileSizeMB: 50,
  inboundMedia: { dir: "~/x", keepDays: 7 },
  clientSecretFile: "/run/secrets/x",
  apiBase: "https://api.dingtalk.com",
  openPath: "/v1.0/gateway/connections/open",
  subscriptionsJson: "[]",
  replyMode: "text",
  maxChars: 1800,
  selfUserId: "u0",
  requirePrefix: "!",
  isolateContextPerUserInGroup: true,
  mentionBypassUsers: ["u1"],
  responsePrefix: "[{model}]",
  tableMode: "code",
  coalesce: { enabled: true, minChars: 800, maxChars: 1200, idleMs: 1000 },
  showToolStatus: false,
  showToolResult: false,
  blockStreaming: true,
  thinking: "off",
  aiCard: {
    enabled: true,
    templateId: "x.schema",
    autoReply: true,
    textParamKey: "content",
    defaultCardData: {},
    callbackType: "STREAM",
    updateThrottleMs: 800,
    fallbackReplyMode: "text",
    openSpace: {},
  },
  aliyunMcp: { timeoutSeconds: 60, tools: { webSearch: true } },
  appKey: "dingapp",
  appSecret: "s3cret-value",
  connectionMode: "stream",
  webhookPath: "/dingtalk/events",
  webhookPort: 3000,
  capabilities: [],
  markdown: { mode: "native", tableMode: "ascii" },
  configWrites: true,
  dms: { enabled: true, systemPrompt: "x" },
  chunkMode: "newline",
  blockStreamingCoalesce: { enabled: true, minDelayMs: 1, maxDelayMs: 2 },
  heartbeat: { visibility: "visible", intervalMs: 1 },
  renderMode: "auto",
  aiCardMode: "enabled",
  cooldownMs: 100,
  showThinking: true,
  sessionTimeout: 1_800_000,
  gatewayPort: 18_789,
  commands: { hi: { description: "x", action: "reply", response: "y" } },
  templates: { thinking: { text: "…" } },
  clientIdRef: "DINGTALK_CLIENT_ID",
  clientSecretRef: "DINGTALK_CLIENT_SECRET",
  ownerStaffId: "manager7675",
  senderAccess: "allowlist",
  allowedSenders: ["u1"],
  groupAccess: "allowlist",
  groupAllowlist: ["cidOne=="],
  workspace: "/srv/x",
  markdownTitle: "DSH",
  interactionCardTemplateId: "x",
  maxCardChars: 2000,
  queueAckText: "queued",
  questionTimeoutMs: 300_000,
  approvalTimeoutMs: 300_000,
  imageMode: "auto",
  emotionFirstResponse: true,
  rejectNotice: true,
  client_id: "dingapp",
  client_secret: "s3cret-value",
  robot_code: "dingapp",
  agent_id: 1234567890,
  allow_from: "u1, u2",
  share_session_in_channel: true,
  reaction_emoji: "🤔",
  done_emoji: "✅",
  card_template_id: "x.schema",
  card_template_key: "content",
  card_throttle_ms: 300,
  require_mention: true,
  free_response_chats: ["cidOne=="],
  mention_patterns: ["bot"],
  allowed_users: ["u1"],
  allowed_chats: ["cidOne=="],
  dispatch_workers: 8,
  dispatch_queue_size: 256,
  bot_prefix: "",
  message_type: "card",
  cron_message_type: "card",
  media_dir: "/srv/x",
  dm_policy: "open",
  group_policy: "open",
  deny_message: "no",
  at_sender_on_reply: true,
  streaming_enabled: false,
};

const lists: [name: string, keys: Tree][] = [
  ["soimy's plugin", SOIMY],
  ["the official connector", OFFICIAL],
  ["all others", OTHERS],
];

describe("canonical(), every key of", () => {
  test.each(lists)("%s is known, at the top and in an account", (_, keys) => {
    const { block, notes, from } = canonical({ ...keys, accounts: { work: keys } });
    expect(unknownKeys(block)).toEqual([]);
    // Whatever is gone is spoken of, under the name it has in the file.
    for (const prefix of ["", "accounts.work."]) {
      for (const key of Object.keys(keys)) {
        const told =
          notes.some(({ path }) => `${path}.`.startsWith(`${prefix}${key}.`)) ||
          key in (prefix === "" ? block : ((block["accounts"] as Tree)["work"] as Tree));
        expect({ key, told }).toEqual({ key, told: true });
      }
    }
    for (const origin of from.values()) {
      expect(notes.map(({ path }) => path)).toContain(origin);
    }
  });

  test.each(lists)("%s on its own is known, and alone no reason to refuse a start", (_, keys) => {
    for (const [key, value] of Object.entries(keys)) {
      const { block } = canonical({ [key]: value });
      expect(unknownKeys(block)).toEqual([]);
      // References are resolved by the loader.
      const given = { ...block, clientId: "x", clientSecret: "x", dataDir: "/x" };
      const parsed = v.safeParse(AccountSchema, given);
      expect({ key, issues: parsed.issues?.map((issue) => v.getDotPath(issue)) }).toEqual({
        key,
        issues: undefined,
      });
      expect(v.safeParse(WorkerSchema, given).success).toBe(true);
    }
  });

  test("no note quotes a secret or ends a line", () => {
    const everything = { ...OTHERS, ...OFFICIAL, ...SOIMY };
    for (const block of [everything, OFFICIAL, OTHERS]) {
      for (const { text, kind } of canonical(block).notes) {
        expect(text).not.toMatch(/s3cret|gateway-token|gateway-password|\n/);
        expect(["alias", "understood", "ignored"]).toContain(kind);
      }
    }
  });
});

describe("canonical(), a whole file", () => {
  test("of soimy's plugin is a configuration that can start", () => {
    const { block } = canonical(SOIMY);
    const parsed = v.parse(AccountSchema, { ...block, clientSecret: "x" });
    expect(parsed).toMatchObject({
      dmPolicy: "pairing",
      groupPolicy: "allowlist",
      allowFrom: ["manager7675"],
      groupAllowFrom: ["manager7675"],
      robotCode: "dingclient",
      reply: { mode: "card", tables: "list", reaction: "👀", atSender: true },
      card: { intervalMs: 1000 },
      media: {
        maxMb: 20,
        allowHosts: ["files.example.com", "*.example.org", "host:8080", "10.0.0.5"],
      },
    });
    expect(parsed.agentId).toBeUndefined();
    expect(parsed.groups["cidOne=="]).toMatchObject({ allowFrom: ["u1"], requireMention: true });
    expect(parsed.groups["cidLegacy=="]).toEqual({ enabled: true });
    expect(v.parse(WorkerSchema, { ...block, dataDir: "/x" }).log.level).toBe("debug");
  });

  test("of this bridge passes through, unknown keys too", () => {
    const block = {
      clientId: "x",
      agentId: "main",
      reply: { mode: "auto", direct: { mode: "card" }, colour: "blue" },
      groups: { "*": { requireMention: false, sessionScope: "sender", reply: { mode: "text" } } },
      accounts: { work: { enabled: false, xyzzy: 1 }, constructor: {} },
      aiCard: { plugh: 1 },
      nonsense: [1],
    };
    expect(canonical(block)).toEqual({ block, notes: [], from: new Map() });
  });

  test("of a preferred channel comes first", () => {
    expect(CHANNELS).toEqual(["dingtalk", "dingtalk-connector", "ddingtalk", "clawdbot-dingtalk"]);
  });
});
