import * as read from "./aliases-read.ts";
import type { Read } from "./aliases-read.ts";

/** Another bridge's key, the canonical one, and how its values are translated if they are not the same. */
export type Renamed = readonly [name: string, to: string, read?: Read];
/** Why keys mean nothing here, and these keys. */
export type Ignored = readonly [why: string, ...names: readonly string[]];

export interface Table {
  readonly renamed: readonly Renamed[];
  readonly ignored: readonly Ignored[];
}

const modes = read.words({
  text: "text",
  markdown: "markdown",
  card: "card",
  auto: "auto",
  aicard: "card",
});

const scopes = read.words({
  group: "group",
  "per-group": "group",
  group_sender: "sender",
  "per-user": "sender",
});

const ownScopes: Read = (value) =>
  read.words({ chat: "group", "chat-sender": "sender" })(value) ?? "later";

const card = read.either("card", "markdown");

/**
 * Keys of one robot. Of several that mean the same the first counts. A row whose key is canonical itself
 * is about values other bridges give it.
 */
const renamed: readonly Renamed[] = [
  ["appKey", "clientId"],
  ["app_key", "clientId"],
  ["client_id", "clientId"],
  ["clientIdRef", "clientId", read.variable],
  ["appSecret", "clientSecret"],
  ["app_secret", "clientSecret"],
  ["client_secret", "clientSecret"],
  ["clientSecretFile", "clientSecret", read.file],
  ["clientSecretRef", "clientSecret", read.variable],
  ["robot_code", "robotCode"],
  ["agentId", "agentId", read.appNumber],
  ["endpoint", "apiUrl", read.apiAddress],
  ["apiBase", "apiUrl", read.apiAddress],
  ["gatewayToken", "gateway.token"],
  ["gatewayPassword", "gateway.token"],
  ["gatewayPort", "gateway.url", read.localPort],

  ["ownerStaffId", "owners", read.one],
  ["dm_policy", "dmPolicy"],
  [
    "senderAccess",
    "dmPolicy",
    read.words({ all: "open", owner: "allowlist", allowlist: "allowlist" }),
  ],
  ["group_policy", "groupPolicy"],
  [
    "groupAccess",
    "groupPolicy",
    read.words({ all: "open", none: "disabled", allowlist: "allowlist" }),
  ],
  ["allow_from", "allowFrom", read.list],
  ["allowed_users", "allowFrom", read.list],
  ["allowedSenders", "allowFrom", read.list],
  ["require_mention", "requireMention"],
  ["rejectNotice", "denialNotice"],

  ["sessionScope", "sessionScope", ownScopes],
  ["groupSessionScope", "sessionScope", scopes],
  ["isolateContextPerUserInGroup", "sessionScope", read.either("sender", "group")],
  ["share_session_in_channel", "sessionScope", read.either("group", "sender")],

  // Cards that are switched on win over the mode of what is sent without them.
  ["aiCard.enabled", "reply.mode", read.only(true, "card")],
  ["enableAICard", "reply.mode", read.only(true, "card")],
  ["aiCardMode", "reply.mode", read.only("enabled", "card")],
  ["messageType", "reply.mode", modes],
  ["message_type", "reply.mode", modes],
  ["replyMode", "reply.mode", modes],
  ["renderMode", "reply.mode", read.words({ auto: "auto", raw: "text", card: "card" })],
  ["aiCard.enabled", "reply.mode", card],
  ["enableAICard", "reply.mode", card],
  ["aiCardMode", "reply.mode", read.words({ enabled: "card", disabled: "markdown" })],
  ["replyMode.direct", "reply.direct.mode", modes],
  ["replyMode.group", "reply.group.mode", modes],
  ["groupReplyMode", "reply.group.mode", modes],
  // Rows without a grid, as plain lines: of what there is here a list comes closest.
  ["convertMarkdownTables", "reply.tables", read.either("list", "keep")],
  ["tableMode", "reply.tables", read.words({ code: "code", off: "keep" })],
  [
    "markdown.tableMode",
    "reply.tables",
    read.words({ native: "keep", ascii: "code", simple: "list" }),
  ],
  ["markdown.tables", "reply.tables", read.words({ off: "keep", code: "code", bullets: "list" })],
  ["textChunkLimit", "reply.chunkChars", read.within(200, 20_000)],
  ["maxChars", "reply.chunkChars", read.within(200, 20_000)],
  ["at_sender_on_reply", "reply.atSender"],
  ["cardAtSender", "reply.atSender", read.mentionText],
  ["ackReaction", "reply.reaction", read.reaction],
  ["reaction_emoji", "reply.reaction", read.reaction],
  ["typingIndicator", "reply.reaction", read.reactionSwitch],
  ["showThinking", "reply.reaction", read.reactionSwitch],
  ["emotionFirstResponse", "reply.reaction", read.reactionSwitch],
  ["longTaskNoticeDelayMs", "reply.slowNoticeMs", read.within(0, 86_400_000)],

  ["aiCard.templateId", "card.templateId"],
  ["card_template_id", "card.templateId"],
  ["aiCard.textParamKey", "card.contentKey"],
  ["card_template_key", "card.contentKey"],
  ["cardStreamInterval", "card.intervalMs", read.within(100, 60_000)],
  ["aiCard.updateThrottleMs", "card.intervalMs", read.within(100, 60_000)],
  ["streaming.throttleMs", "card.intervalMs", read.within(100, 60_000)],
  ["card_throttle_ms", "card.intervalMs", read.within(100, 60_000)],
  ["maxCardChars", "card.maxChars", read.within(200, 3000)],
  ["streaming.maxCardChars", "card.maxChars", read.within(200, 3000)],

  ["mediaMaxMb", "media.maxMb", read.within(1, 100)],
  ["maxFileSizeMB", "media.maxMb", read.within(1, 100)],
  ["mediaUrlAllowlist", "media.allowHosts", read.hosts],
];

const ignored: readonly Ignored[] = [
  [
    "dingbridge never gives up reconnecting",
    "maxConnectionAttempts",
    "maxReconnectCycles",
    "reconnectDeadlineMs",
  ],
  [
    "dingbridge chooses its own pauses between attempts",
    "initialReconnectDelay",
    "maxReconnectDelay",
    "reconnectJitter",
  ],
  [
    "dingbridge watches its connection itself: stream.pingIntervalMs and stream.pingMisses",
    "useConnectionManager",
    "keepAlive",
  ],
  [
    "DingTalk is always reached over a Stream connection, to be chosen as the robot's message mode in DingTalk's console",
    "connectionMode",
    "webhookPath",
    "webhookPort",
  ],
  ["what a Stream connection asks for is fixed", "openPath", "subscriptionsJson"],
  ["nothing is sent through a proxy of the robot's own", "bypassProxyForSend"],
  [
    "DingTalk does not ask for it",
    "corpId",
    "chatbotCorpId",
    "chatbotUserId",
    "selfUserId",
    "agent_id",
  ],

  [
    "two chats never share a session",
    "separateSessionByConversation",
    "sharedMemoryAcrossConversations",
  ],
  ["a session goes on until somebody writes /new", "sessionTimeout"],
  ["the agent's session holds what was said before", "historyLimit", "dmHistoryLimit"],
  ["the agent sees the message and what it quotes, nothing else of the chat", "contextVisibility"],
  ["messageContext tells the agent who speaks", "resolveSenderNames"],
  ["people are named by their ids", "displayNameResolution"],
  ["what quotes need is kept for 7 days", "journalTTLDays"],
  [
    "dingbridge learns nothing by itself: that is the agent's",
    "learningEnabled",
    "learningAutoApply",
    "learningNoteTtlMs",
    "feedbackLearningEnabled",
    "feedbackLearningAutoApply",
    "feedbackLearningNoteTtlMs",
  ],

  [
    "requireMention of a group says whether everybody has to mention the robot there",
    "mentionBypassUsers",
    "free_response_chats",
  ],
  ["only an @ counts as a mention", "mention_patterns", "requirePrefix"],
  ["one person's direct chat cannot be set apart: dmPolicy and allowFrom say who may write", "dms"],
  ["who is not let in is told in fixed words: denialNotice", "deny_message"],
  ["bindings and groups.<id>.agentId say which agent answers where", "supportCaseRouter"],

  [
    'an AI card always fills while the agent writes; reply.mode "markdown" sends the answer at once',
    "cardStreamingMode",
    "cardRealTimeStream",
    "streaming",
    "streaming.enabled",
    "streaming_enabled",
    "blockStreaming",
  ],
  [
    "only the agent's answer is shown",
    "cardStreamReasoning",
    "verboseRealtimeStream",
    "showThinkingStream",
    "showToolStatus",
    "showToolResult",
  ],
  [
    "card templates are not taken from this key, which its own bridge ignores too: card.templateId and card.contentKey",
    "cardTemplateId",
    "cardTemplateKey",
  ],
  [
    "the card's other fields are the template's",
    "aiCard.autoReply",
    "aiCard.defaultCardData",
    "aiCard.callbackType",
    "aiCard.openSpace",
  ],
  ["where a card fails the answer comes as markdown", "aiCard.fallbackReplyMode"],
  ["cards pause and come back by themselves", "aicardDegradeMs"],
  ["there is no status line: /status says what goes on", "cardStatusLine"],
  [
    "answers stand as the agent writes them",
    "responsePrefix",
    "bot_prefix",
    "markdownTitle",
    "markdown.mode",
    "chunkMode",
  ],
  ["an answer that is no card comes when it is complete", "coalesce", "blockStreamingCoalesce"],
  [
    "slow turns and waiting messages are told in fixed words: reply.slowNoticeMs",
    "asyncMode",
    "ackText",
    "queueAckText",
    "thinkingMessage",
  ],
  ["the reaction goes when the turn ends, and no other follows", "done_emoji"],
  ["scheduled messages look like answers: reply.mode", "cron_message_type"],
  [
    "dingbridge keeps to DingTalk's limits itself: limits.perMinute and limits.perSecond",
    "cooldownMs",
  ],
  ["the bridge's own words are fixed; locale chooses their language", "templates"],

  ["missing permissions are told whenever DingTalk reports them", "proactivePermissionHint"],
  ["files go to the agent and are not collected in a folder", "inboundMedia", "media_dir"],
  ["pictures and files of an answer are sent from media.roots", "enableMediaUpload"],
  ["pictures go to the agent, whatever its model", "imageMode", "attachImages"],
  ["tools are the agent's: set them for it in OpenClaw", "tools", "aliyunMcp", "capabilities"],
  ["how much the agent thinks is set for it in OpenClaw", "thinking"],
  [
    "the commands are fixed: /help lists them, roles.<role>.commands says whose they are",
    "commands",
  ],
  [
    "questions and approvals wait as long as the gateway lets them, without cards of their own",
    "questionTimeoutMs",
    "approvalTimeoutMs",
    "interactionCardTemplateId",
  ],
  ["chats never change the configuration", "configWrites"],
  ["heartbeats are the gateway's", "heartbeat", "healthMonitor"],
  ["the agent's folder is set in OpenClaw", "workspace"],
  [
    "every message waits for its turn: gateway.maxInFlight says how many run at a time",
    "dispatch_workers",
    "dispatch_queue_size",
  ],
];

/** For the top level, which speaks of the worker as a whole too. */
export const TOP: Table = {
  renamed: [...renamed, ["debug", "log.level", read.debugLevel]],
  ignored,
};

export const ACCOUNT: Table = {
  renamed,
  ignored: [...ignored, ["the log is the whole worker's: log.level at the top", "debug"]],
};

export const GROUP: Table = {
  renamed: [
    ["groupAllowFrom", "allowFrom"],
    ["allow_from", "allowFrom", read.list],
    ["require_mention", "requireMention"],
    ["sessionScope", "sessionScope", ownScopes],
    ["groupSessionScope", "sessionScope", scopes],
  ],
  ignored: [
    [
      "tools and skills are the agent's: give the group an agent of its own with agentId",
      "tools",
      "toolsBySender",
      "skills",
    ],
    ["the agent's session holds what was said before", "historyLimit"],
  ],
};
