import * as v from "valibot";
import { isHostPattern } from "../media/allow-list.ts";

const text = (expected: string) =>
  v.pipe(
    v.string(`expected ${expected}`),
    v.trim(),
    v.minLength(1, `is empty: expected ${expected}`),
  );

const integer = (expected: string, min: number, max: number) =>
  v.pipe(
    // A number from an environment variable is text.
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))],
      `expected ${expected}`,
    ),
    v.integer(`expected ${expected}`),
    v.minValue(min, `expected ${expected}`),
    v.maxValue(max, `expected ${expected}`),
  );

const milliseconds = (min: number, max: number) =>
  integer(`a whole number of milliseconds from ${min} to ${max}`, min, max);

const address = (expected: string) =>
  v.pipe(
    text(expected),
    v.check((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ""), `expected ${expected}`),
    v.check((url) => {
      const parsed = URL.parse(url);
      return parsed === null || (parsed.username === "" && parsed.password === "");
    }, "must not hold a user name or password"),
    v.check((url) => !/[?#]/.test(url), "must not hold a query or fragment"),
    v.transform((url) => url.replace(/\/+$/, "")),
  );

const flag = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((word) => word === "true"),
    ),
  ],
  "expected true or false",
);

const choice = <const T extends readonly string[]>(words: T) =>
  v.picklist(words, `expected ${words.map((word) => JSON.stringify(word)).join(" or ")}`);

const replyMode = choice(["text", "markdown", "card", "auto"]);

const id = (expected: string) =>
  v.pipe(
    // Some files hold numeric ids.
    v.union(
      [text(expected), v.pipe(v.number(), v.safeInteger(), v.transform(String))],
      `expected ${expected}`,
    ),
  );

/** A secret that travels in an HTTP header, so only what a header can hold. */
const token = v.pipe(
  v.string('expected a string, "${ENV_NAME}" or {source: "env" | "file", …}'),
  v.trim(),
  v.regex(
    /^[\x21-\x7e]+$/,
    "expected visible ASCII characters only, without blanks and line breaks",
  ),
);

const secret = v.pipe(
  v.string('expected a string, "${ENV_NAME}" or {source: "env" | "file", …}'),
  v.trim(),
  v.minLength(1, "is empty"),
);

/**
 * Every key under `channels.dingtalk`, with its default. This is the one place that knows them: the
 * loader's unknown-key warnings come from it. Durations end in `Ms`.
 */
export const ConfigSchema = v.object({
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
  agentId: v.optional(
    v.pipe(
      id('an agent\'s id, like "main"'),
      v.regex(/^[^:/\s]+$/, 'expected an agent\'s id without blanks, ":" and "/", like "main"'),
    ),
    "main",
  ),
  locale: v.optional(choice(["zh", "en"]), "zh"),
  dataDir: text("a folder's path"),
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
      /**
       * `markdown`: as DingTalk renders it, plain text where the answer uses none · `text`: always plain ·
       * `card`: an AI card that fills while the agent writes · `auto`: a card for answers that take long.
       */
      mode: v.optional(replyMode, "markdown"),
      /** For direct chats and groups where it differs. */
      direct: v.optional(v.object({ mode: v.optional(replyMode) }), {}),
      group: v.optional(v.object({ mode: v.optional(replyMode) }), {}),
      /** Older clients show a table as it is written: `code` aligns it in a code block, `list` spells it out. */
      tables: v.optional(choice(["keep", "code", "list"]), "keep"),
      /** Longest message, in characters; DingTalk's limit in bytes holds besides. */
      chunkChars: v.optional(integer("a whole number from 200 to 20000", 200, 20_000), 3500),
      /** @-mentions in a group whom the answer is for. */
      atSender: v.optional(flag, true),
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
    v.object({ level: v.optional(choice(["debug", "info", "warning", "error"]), "info") }),
    {},
  ),
});

export type Config = v.InferOutput<typeof ConfigSchema>;

/** Keys whose values are secrets: never printed, may be written as references. */
export const SECRET_PATHS: readonly string[] = ["clientSecret", "gateway.token", "http.token"];

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
};
