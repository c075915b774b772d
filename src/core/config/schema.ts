import * as v from "valibot";
import { isHostPattern } from "../media/allow-list.ts";
import { proxyProblem } from "../proxy.ts";
import { COMMANDS, ROLES } from "../roles.ts";
import {
  address,
  agentId,
  choice,
  flag,
  id,
  ids,
  integer,
  milliseconds,
  secret,
  text,
  token,
} from "./values.ts";

const replyMode = choice(["text", "markdown", "card", "auto"]);

const people = ids('a user id like "manager7675", or "*" for everyone');

/** What `reply` holds and a group may have its own of. */
const replyEntries = {
  /**
   * `markdown`: as DingTalk renders it, plain text where the answer uses none · `text`: always plain ·
   * `card`: an AI card that fills while the agent writes · `auto`: a card for answers that take long.
   */
  mode: replyMode,
  /** Older clients show a table as it is written: `code` aligns it in a code block, `list` spells it out. */
  tables: choice(["keep", "code", "list"]),
  /** Longest message, in characters; DingTalk's limit in bytes holds besides. */
  chunkChars: integer("a whole number from 200 to 20000", 200, 20_000),
  /** @-mentions in a group whom the answer is for. */
  atSender: flag,
};

const sessionScope = choice(["group", "sender"]);

/** One group, or all that have no block of their own ("*"). */
const GroupSchema = v.object({
  enabled: v.optional(flag),
  /** Only messages that @ the robot: DingTalk can be told to deliver all of a group's. */
  requireMention: v.optional(flag),
  /** Who may talk to the robot there. Empty: nobody. */
  allowFrom: v.optional(people),
  agentId: v.optional(agentId),
  /** What the agent is told besides, on every turn there. */
  systemPrompt: v.optional(text("what the agent is told")),
  sessionScope: v.optional(sessionScope),
  reply: v.optional(
    v.object({
      mode: v.optional(replyEntries.mode),
      tables: v.optional(replyEntries.tables),
      chunkChars: v.optional(replyEntries.chunkChars),
      atSender: v.optional(replyEntries.atSender),
    }),
  ),
});

/** What a role differs in from what it is by itself. */
const RoleSchema = v.object({
  agentId: v.optional(agentId),
  commands: v.optional(
    v.array(choice(COMMANDS), `expected a list of commands like ${JSON.stringify(COMMANDS)}`),
  ),
  media: v.optional(flag),
  files: v.optional(flag),
  proactive: v.optional(choice(["none", "own", "any"])),
});

/**
 * Every key of one robot, with its default: under `channels.dingtalk` for all of them, under
 * `channels.dingtalk.accounts.<id>` for one. Durations end in `Ms`.
 */
export const AccountSchema = v.object({
  enabled: v.optional(flag, true),
  clientId: id('the app\'s Client ID, like "dinge9fjs5bijaq65z3m"'),
  clientSecret: secret,
  apiUrl: v.optional(
    address('an http(s) address like "https://api.dingtalk.com"'),
    "https://api.dingtalk.com",
  ),
  oapiUrl: v.optional(
    address('an http(s) address like "https://oapi.dingtalk.com"'),
    "https://oapi.dingtalk.com",
  ),
  /** DingTalk documents it as a value of its own; for an app's own robot it equals the Client ID. */
  robotCode: v.optional(id("the robot's code, which usually is the Client ID")),
  /** A name to show, in /status and the log. */
  name: v.optional(text("a name")),
  /** The agent that answers where nothing more specific names one. */
  agentId: v.optional(agentId),
  locale: v.optional(choice(["zh", "en"]), "zh"),
  /** Who may talk to the robot directly. */
  dmPolicy: v.optional(choice(["open", "pairing", "allowlist", "disabled"]), "open"),
  /** People let in where `dmPolicy` asks for it, and known as members. Empty: nobody. */
  allowFrom: v.optional(people),
  /** In which groups the robot answers; `allowlist`: those under `groups`. */
  groupPolicy: v.optional(choice(["open", "allowlist", "disabled"]), "open"),
  /** People who may talk to the robot in groups. Empty: nobody; not set: everyone there. */
  groupAllowFrom: v.optional(people),
  requireMention: v.optional(flag, true),
  groups: v.optional(
    v.record(v.string(), GroupSchema, 'expected an object of groups, by conversation id or "*"'),
    {},
  ),
  /** Whose robot it is. */
  owners: v.optional(people, []),
  members: v.optional(people, []),
  users: v.optional(
    v.record(
      v.string(),
      v.object({ role: v.optional(choice(ROLES)), agentId: v.optional(agentId) }),
      "expected an object of people, by user id",
    ),
    {},
  ),
  roles: v.optional(
    v.object({
      owner: v.optional(RoleSchema, {}),
      member: v.optional(RoleSchema, {}),
      guest: v.optional(RoleSchema, {}),
    }),
    {},
  ),
  /** Who is not let in is told so, with the ids an owner needs. */
  denialNotice: v.optional(flag, true),
  /** Groups: one session for all, or one for each who asks. */
  sessionScope: v.optional(sessionScope, "group"),
  /** Direct chats: a session of their own each, or for owners the agent's main session. */
  dmScope: v.optional(choice(["user", "main"]), "user"),
  /** What the agent is told besides, on every turn. */
  systemPrompt: v.optional(text("what the agent is told")),
  /** Turns that senders who are no people may start in one chat. */
  loopGuard: v.optional(
    v.object({
      turns: v.optional(integer("a whole number from 1 to 1000", 1, 1000), 10),
      windowMs: v.optional(milliseconds(1000, 3_600_000), 60_000),
    }),
    {},
  ),
  stream: v.optional(
    v.object({
      pingIntervalMs: v.optional(milliseconds(1000, 600_000), 5000),
      pingMisses: v.optional(integer("a whole number from 1 to 20", 1, 20), 2),
      /** Links held at the same time; DingTalk gives each push to one of them. */
      links: v.optional(integer("1 or 2", 1, 2), 1),
    }),
    {},
  ),
  gateway: v.optional(
    v.object({
      url: v.optional(
        address('an http(s) address like "http://127.0.0.1:18789"'),
        "http://127.0.0.1:18789",
      ),
      token: v.optional(token),
      // Not below 20 s: hanging up on the gateway earlier can disable it for everyone.
      timeoutMs: v.optional(milliseconds(20_000, 86_400_000), 30 * 60_000),
      maxInFlight: v.optional(integer("a whole number from 1 to 100000", 1, 100_000), 1000),
      /** How long a message waits for a gateway that cannot be reached, while dingbridge runs. */
      holdMs: v.optional(milliseconds(0, 7 * 86_400_000), 3_600_000),
    }),
    {},
  ),
  limits: v.optional(
    v.object({
      /** Messages to one user or one group in any 60 s. */
      perMinute: v.optional(integer("a whole number from 1 to 100000", 1, 100_000), 20),
      /** Calls in any second, per app and API. */
      perSecond: v.optional(integer("a whole number from 1 to 100000", 1, 100_000), 20),
    }),
    {},
  ),
  burst: v.optional(
    v.object({
      /** How long a message without words waits for the same person's next one. */
      windowMs: v.optional(milliseconds(0, 60_000), 3000),
    }),
    {},
  ),
  media: v.optional(
    v.object({
      /** Largest picture or file taken. */
      maxMb: v.optional(integer("a whole number of megabytes from 1 to 100", 1, 100), 20),
      /** Folders on this machine from which the agent and the send API may send files. */
      roots: v.optional(
        v.array(
          v.pipe(
            text("a folder's absolute path"),
            v.regex(
              /^(?:\/|~(?:\/|$)|[a-z]:[\\/])/i,
              'expected absolute paths like "/srv/reports"',
            ),
            // Whoever talks to the agent may make it send what is there.
            v.regex(
              /^(?!(?:\/+|~\/*|[a-z]:[\\/]*)$)/i,
              'must be a folder of its own, like "/srv/reports": not the whole disk or home folder',
            ),
          ),
          'expected a list of folders like ["/srv/reports"]',
        ),
        [],
      ),
      /** Hosts files may come from although their addresses are not public. */
      allowHosts: v.optional(
        v.array(
          v.pipe(
            text('hosts like "files.example.com", "host:8080" or "*.example.com"'),
            v.check(
              isHostPattern,
              'expected hosts like "files.example.com", "host:8080" or "*.example.com"',
            ),
          ),
          'expected a list of hosts like ["files.example.com"]',
        ),
        [],
      ),
    }),
    {},
  ),
  /** How answers look and what people see while they wait. */
  reply: v.optional(
    v.object({
      mode: v.optional(replyEntries.mode, "markdown"),
      /** For direct chats and groups where it differs. */
      direct: v.optional(v.object({ mode: v.optional(replyMode) }), {}),
      group: v.optional(v.object({ mode: v.optional(replyMode) }), {}),
      tables: v.optional(replyEntries.tables, "keep"),
      chunkChars: v.optional(replyEntries.chunkChars, 3500),
      atSender: v.optional(replyEntries.atSender, true),
      /** Put on the message while the agent works; empty: none. Costs two API calls. */
      reaction: v.optional(
        v.pipe(
          v.string('expected a few characters, or "" for none'),
          v.trim(),
          v.maxLength(20, "expected at most 20 characters"),
        ),
        "🤔思考中",
      ),
      reactionAfterMs: v.optional(milliseconds(0, 600_000), 1500),
      /** When a turn without a card says that it takes time; 0: never. */
      slowNoticeMs: v.optional(milliseconds(0, 86_400_000), 30_000),
    }),
    {},
  ),
  /** AI cards, where `reply.mode` asks for them. */
  card: v.optional(
    v.object({
      templateId: v.optional(
        id('a card template\'s id, ending in ".schema"'),
        "382e4302-551d-4880-bf29-a30acfab2e71.schema",
      ),
      /** The template's streaming variable. */
      contentKey: v.optional(id("the name of a variable of the template"), "msgContent"),
      /** Between two updates of one card. */
      intervalMs: v.optional(milliseconds(100, 60_000), 800),
      /** More than this goes on in a new card; longer ones show up blank. */
      maxChars: v.optional(integer("a whole number from 200 to 3000", 200, 3000), 2500),
      /** The action id of the template's stop button, if it has one. */
      stopAction: v.optional(id("an action's id")),
    }),
    {},
  ),
  /** Tells the agent how to send links, buttons, pictures and files. */
  agentHints: v.optional(flag, true),
  /** Tells the agent who speaks, where and when, before the message itself. */
  messageContext: v.optional(flag, true),
  budget: v.optional(
    v.object({
      /** What the organisation's edition includes a month; the defaults are the standard edition's. */
      apiCalls: v.optional(integer("a whole number", 1, 1_000_000_000), 5000),
      stream: v.optional(integer("a whole number", 1, 1_000_000_000), 3000),
    }),
    {},
  ),
});

/** Every key of the worker as a whole: under `channels.dingtalk` only. */
export const WorkerSchema = v.object({
  dataDir: text("a folder's path"),
  /** The way out of a company's network, for all but this machine; wins over HTTPS_PROXY. Empty: none. */
  proxy: v.optional(
    v.pipe(
      v.string('expected an address like "http://proxy.example.com:3128", or "" for none'),
      v.trim(),
      v.check(
        (url) => url === "" || proxyProblem(url) === undefined,
        'expected an http(s) address like "http://proxy.example.com:3128", or "" for none',
      ),
    ),
  ),
  /** Certificates (PEM) of authorities to trust besides those everybody does. */
  caFile: v.optional(text("a file's path")),
  /** Starts with OpenClaw's gateway, where its plugin for dingbridge is installed. */
  autostart: v.optional(flag, true),
  /** Which robot the send API uses when it is not told. */
  defaultAccount: v.optional(id("an id under accounts")),
  audit: v.optional(
    v.object({
      /** Keeps what was written beside each decision. */
      content: v.optional(flag, false),
      keepDays: v.optional(integer("a whole number of days from 1 to 3650", 1, 3650), 90),
      /** One day's file; more than that is not written. */
      maxMb: v.optional(integer("a whole number of megabytes from 1 to 1000", 1, 1000), 50),
    }),
    {},
  ),
  store: v.optional(
    v.object({
      /** Syncs every commit to the disk: what was acked survives a power loss too. */
      fsync: v.optional(flag, false),
      /** What the database may grow to before messages are no longer taken in. */
      maxMb: v.optional(
        integer("a whole number of megabytes from 16 to 1000000", 16, 1_000_000),
        1024,
      ),
    }),
    {},
  ),
  http: v.optional(
    v.object({
      host: v.optional(text('a host name or address, like "127.0.0.1"'), "127.0.0.1"),
      port: v.optional(integer("a port from 0 to 65535", 0, 65_535), 18_780),
      token: v.optional(token),
    }),
    {},
  ),
  log: v.optional(
    v.object({
      level: v.optional(choice(["debug", "info", "warning", "error"]), "info"),
      /** Of the console: `auto` is text on a terminal and JSON lines otherwise. */
      format: v.optional(choice(["auto", "text", "json"]), "auto"),
      /** Where OpenClaw's daily log is, which gets every line too. "off": it does not. */
      dir: v.optional(text('a folder\'s path, or "off"'), "/tmp/openclaw"),
    }),
    {},
  ),
});

/** One robot. */
export type AccountConfig = v.InferOutput<typeof AccountSchema> & {
  /** "default", or its name under `accounts`. */
  readonly id: string;
  /** OpenClaw's agents and which of them its `bindings` give this robot. */
  readonly agents: Agents;
};

/** What OpenClaw's own file says about agents. */
export interface Agents {
  /** Ids in the file's order; empty: the file does not say. */
  readonly known: readonly string[];
  /** The one OpenClaw itself would take. */
  readonly default: string | undefined;
  /** By `bindings`, for this robot: all its chats, or those of one channel. */
  readonly account: string | undefined;
  readonly channel: string | undefined;
  /** By `bindings`, for one peer: user ids and conversation ids. */
  readonly direct: Readonly<Record<string, string>>;
  readonly group: Readonly<Record<string, string>>;
}

export type Config = v.InferOutput<typeof WorkerSchema> & {
  /** The enabled ones, at least one, in the file's order. */
  readonly accounts: readonly AccountConfig[];
};

/** Keys whose values are secrets: never printed, may be written as references. */
export const SECRET_PATHS: readonly string[] = [
  "clientSecret",
  "gateway.token",
  "http.token",
  // It may hold a password.
  "proxy",
];

/** Keys whose values are paths of this machine, or lists of them: `~` at the beginning is the home folder. */
export const PATH_KEYS: readonly string[] = ["dataDir", "caFile", "log.dir", "media.roots"];

/** Environment variables and the keys they win over. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  DINGTALK_CLIENT_ID: "clientId",
  DINGTALK_CLIENT_SECRET: "clientSecret",
  DINGTALK_API_URL: "apiUrl",
  DINGTALK_OAPI_URL: "oapiUrl",
  OPENCLAW_GATEWAY_URL: "gateway.url",
  OPENCLAW_GATEWAY_TOKEN: "gateway.token",
  DINGBRIDGE_AGENT: "agentId",
  DINGBRIDGE_DATA_DIR: "dataDir",
  DINGBRIDGE_HOST: "http.host",
  DINGBRIDGE_PORT: "http.port",
  DINGBRIDGE_API_TOKEN: "http.token",
  DINGBRIDGE_LOG_LEVEL: "log.level",
  DINGBRIDGE_LOG_DIR: "log.dir",
};
