import { envelopeOf, isBan } from "./envelope.ts";

/** What to do about a message DingTalk did not take. */
export type SendFailure =
  /** Wait and send it again. */
  | "retry"
  /** This webhook is no good any more; the message itself is. */
  | "expired"
  /** Only a person can mend it; try again now and then. */
  | "blocked"
  /** DingTalk will never take it. */
  | "final";

export interface Verdict {
  readonly failure: SendFailure;
  /** What happened and which setting to look at, for the robot's owner. Holds no secret. */
  readonly reason: string;
  /** Sooner than this, in ms, another try is known to fail. */
  readonly waitMs?: number;
  /** The message may have gone out all the same. */
  readonly uncertain?: true;
  /** A code no document names: nobody knows whether waiting helps. */
  readonly unlisted?: true;
}

export type SendResult = Sent | ({ readonly ok: false } & Verdict);

export interface Sent {
  readonly ok: true;
  /** Names the message for recalling it; only the OpenAPI gives one. */
  readonly processQueryKey?: string;
  /** What the way it went could not carry. */
  readonly leftOut?: readonly string[];
  /** Of several addressees, those who will never get it, by user id. */
  readonly refused?: readonly { readonly userId: string; readonly reason: string }[];
  /** Of several addressees, those who have had too much lately, by user id: to be sent it later. */
  readonly limited?: readonly string[];
}

interface Meaning extends Omit<Verdict, "reason"> {
  readonly meaning: string;
}

const SECOND = 1000;
const MINUTE = 60_000;
const CREDENTIALS =
  "check clientId and clientSecret (Client ID and Client Secret of the app in the developer console; a reset secret must be copied again)";
const ROBOT_CODE =
  "check robotCode (shown on the robot's page of the app in the developer console, usually the Client ID) and that the robot belongs to the app clientId names";
const ALLOW_LIST =
  "this machine's address is not on the app's IP allow-list: add it in the developer console, 开发配置 → 安全中心 → 服务器出口IP";
const QUOTA =
  "the organisation's API calls of this month are used up: a larger DingTalk edition or an add-on pack helps, else the 1st of next month";
const GONE = "the addressee is not, or no longer, a member of the robot's organisation";
const TOO_LONG = "the message is longer than DingTalk takes";

const retry = (meaning: string, waitMs?: number): Meaning => ({
  failure: "retry",
  meaning,
  ...(waitMs === undefined ? {} : { waitMs }),
});
const expired = (meaning: string): Meaning => ({ failure: "expired", meaning });
const blocked = (meaning: string): Meaning => ({ failure: "blocked", meaning });
const final = (meaning: string): Meaning => ({ failure: "final", meaning });

const UNLISTED: Meaning = {
  failure: "retry",
  meaning: "DingTalk did not take it and gives a reason no document names",
  unlisted: true,
};
const BUSY = retry("DingTalk did not take it");
const UNREADABLE: Meaning = {
  ...retry("DingTalk's answer does not say what became of it"),
  uncertain: true,
};
const BANNED = retry(
  "a web page came for an answer: DingTalk bars an IP address for 5 minutes after 10000 calls in 20 s, or a proxy or captive portal is in between",
  5 * MINUTE,
);
const NO_WEBHOOK = expired("the session webhook does not work");
const REDIRECTED = retry("sent elsewhere: is a proxy or captive portal in between?");
const NO_TOKEN = blocked(`DingTalk does not take the app's access token: ${CREDENTIALS}`);

/**
 * Error codes of the OAPI host, which answers HTTP 200 for nearly everything.
 * @see https://open.dingtalk.com/document/development/custom-robots-send-group-messages
 * @see https://open.dingtalk.com/document/development/server-api-error-codes-1
 */
const OAPI_CODES: Readonly<Record<number, Meaning>> = {
  [-1]: retry("DingTalk is busy"),
  33012: final(GONE),
  40035: final("the body has no JSON"),
  43004: final("wrong Content-Type"),
  60020: blocked(ALLOW_LIST),
  60121: final(GONE),
  90002: retry("rate limit of the whole API", SECOND),
  90018: retry("rate limit of the app", SECOND),
  90020: blocked(QUOTA),
  130101: retry("more than 20 messages in a minute", MINUTE),
  300001: expired("the session webhook has expired"),
  300005: expired("the session webhook is not known"),
  310000: final("the robot's security settings refuse it"),
  400013: final("the group has been dissolved"),
  400101: expired("the session webhook is not known"),
  400102: final("the robot has been switched off: see the group's settings"),
  400105: final("message type not supported"),
  400106: final("the robot is not in the group any more"),
  401102: final("a field is missing"),
  410100: retry("sending too fast", MINUTE),
  430101: final("DingTalk considers a link unsafe"),
  430102: final("DingTalk considers the text improper"),
  430103: final("DingTalk considers a picture improper"),
  430104: final("DingTalk considers the content improper"),
  460101: final(`${TOO_LONG} (20000 bytes)`),
};

/**
 * Codes of the OpenAPI, the first that fits counts. Throttling comes as HTTP 403 with a code like that
 * of a missing permission, so it stands first.
 * @see https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
 * @see https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
 * @see https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
 */
const API_CODES: readonly (readonly [RegExp, Meaning])[] = [
  [/\.Qpm/i, retry("the app's rate limit per minute", MINUTE)],
  [/\.QpsLimitForApi$/i, retry("rate limit of the whole API, all organisations together", SECOND)],
  [
    /\.Qps|^qps\./i,
    retry(
      "the app's rate limit per second (limits.perSecond may be above what the edition has)",
      SECOND,
    ),
  ],
  [/^send\.(byToken\.tooFast|too\.fast)$|^too\.many\./i, retry("the robot sends too fast", MINUTE)],
  [/^(system\.?|service)busy$/i, retry("DingTalk is busy")],
  [/^(system\.?error|unknown\.?error|unknown\.send\.result)$/i, UNREADABLE],
  [/\.ApiCountLimitForOrg$/i, blocked(QUOTA)],
  [/\.IpNotInWhiteList$|^ip\.not\.match$/i, blocked(ALLOW_LIST)],
  [/^invalidClientIdOrSecret$/i, blocked(`DingTalk refused the credentials: ${CREDENTIALS}`)],
  [/^InvalidAuthentication$/i, NO_TOKEN],
  [
    /^invalidParameter\.(robotCode|token)(\.|$)|^invalid\.robotCode$|^token\.notExisted$|^(auth\.(error|failed)|unauthorized)$/i,
    blocked(`robot and app do not fit: ${ROBOT_CODE}`),
  ],
  [
    /^chatbotId\.notAllow\.sendOTO$/i,
    blocked(
      "the robot may not begin direct chats: check that it is switched on and that the app version with it is published",
    ),
  ],
  [
    /^send\.forbidden$|^bot\.forbidden\./i,
    blocked("the robot is muted or barred from sending: see the group's settings"),
  ],
  [/^contain\./i, final("DingTalk considers the content improper")],
  [/^invalidParameter\.msgParam\.tooLong$/i, final(TOO_LONG)],
  [/^group\.disbanded$/i, final("the group has been dissolved")],
  [
    /^conversation\.org\.notMatch$/i,
    final("the chat belongs to another organisation than the robot"),
  ],
  [/^staffId\.notExisted$/i, final(GONE)],
  [
    /^robot\.oto\.notExist$|^session\.|^(miss|invalid)\.openConversationId$/i,
    final("there is no such chat with the robot any more"),
  ],
  [
    /^(bot|template)\.|^resource\.(not\.found|unavailable)$/i,
    final("the robot has been switched off or removed: see the group's settings and the app"),
  ],
  [
    /^(invalidParameter|invalid\.param|miss\.param|illegal|receivers)\.|^(keywords|sign|sendMessage\.model)\.(not\.?match)$/i,
    final("DingTalk cannot read the message"),
  ],
];

/** Answers of the OpenAPI's address that have no code. */
const API_STATUSES: Readonly<Record<number, Meaning>> = {
  401: NO_TOKEN,
  404: blocked("there is no such API at this address: check apiUrl (DINGTALK_API_URL)"),
};

/** What an errcode of the OAPI host means. */
export function webhookVerdict(errcode: number, errmsg: string): Verdict {
  const said = `errcode ${errcode}${errmsg && ` ${errmsg.slice(0, 200)}`}`;
  // An unknown code is tried again: to drop a message takes certainty.
  return verdict(OAPI_CODES[errcode] ?? UNLISTED, said);
}

/** What a webhook's answer means that holds no errcode: other paths may still take the message. */
export function webhookStatusVerdict(status: number, body: string): Verdict {
  const refused = status >= 300 && status < 500 && ![403, 408, 429].includes(status);
  return statusVerdict(status, body, refused ? NO_WEBHOOK : BUSY);
}

/** What an answer of the OpenAPI means that is no success. */
export function apiVerdict(status: number, body: string): Verdict {
  const { code, message, requestid, scopes } = envelopeOf(body);
  if (code === "") {
    return statusVerdict(status, body, API_STATUSES[status] ?? (status < 400 ? REDIRECTED : BUSY));
  }
  const said = [`HTTP ${status}`, code, message, requestid && `requestid ${requestid}`]
    .filter(Boolean)
    .join(", ");
  if (/\.AccessTokenPermissionDenied$|^apiPermissionDenied$/i.test(code)) {
    return verdict(blocked(lacks(scopes)), said);
  }
  const known =
    API_CODES.find(([known]) => known.test(code))?.[1] ??
    OAPI_CODES[Number(code)] ??
    (status === 401 ? NO_TOKEN : UNLISTED);
  // A clear limit is a refusal whatever the status; any other failure of theirs may have come too late.
  const open = known.failure === "retry" && known.waitMs === undefined && status >= 500;
  return verdict(open ? { ...known, uncertain: true } : known, said);
}

/** Whether a new access token may help. DingTalk says so with HTTP 400, its SDKs know 401 too. */
export function refusesToken(status: number, body: string): boolean {
  return status === 401 || envelopeOf(body).code === "InvalidAuthentication";
}

/** @see https://open.dingtalk.com/document/development/add-api-permission */
function lacks(scopes: readonly string[]): string {
  const names = scopes.length > 0 ? scopes.join(", ") : "that sending needs (qyapi_robot_sendmsg)";
  return (
    `the app lacks the permission ${names}: add it in the developer console ` +
    "(open-dev.dingtalk.com, the app, 权限管理), publish a version and wait a minute"
  );
}

function statusVerdict(status: number, body: string, otherwise: Meaning): Verdict {
  const said = `HTTP ${status}`;
  if (isBan(status, body)) return verdict(BANNED, said);
  if (status >= 500 || status < 300) return verdict(UNREADABLE, said);
  return verdict(status === 413 ? final(TOO_LONG) : otherwise, said);
}

function verdict(
  { failure, meaning, waitMs, uncertain, unlisted }: Meaning,
  said: string,
): Verdict {
  return {
    failure,
    reason: `${meaning} (${said})`,
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(uncertain === undefined ? {} : { uncertain }),
    ...(unlisted === undefined ? {} : { unlisted }),
  };
}
