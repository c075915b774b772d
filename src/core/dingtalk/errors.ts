/** What to do about a message DingTalk did not take. */
export type SendFailure =
  /** Wait and send it again. */
  | "retry"
  /** This webhook is no good any more; the message itself is. */
  | "expired"
  /** DingTalk will never take it. */
  | "final";

/**
 * Error codes of the webhook endpoints on the OAPI host, which answer HTTP 200 for nearly everything.
 * @see https://open.dingtalk.com/document/orgapp/custom-robot-access
 */
const WEBHOOK_CODES: Readonly<Record<number, { failure: SendFailure; meaning: string }>> = {
  [-1]: { failure: "retry", meaning: "DingTalk is busy" },
  40035: { failure: "final", meaning: "the body has no JSON" },
  43004: { failure: "final", meaning: "wrong Content-Type" },
  90002: { failure: "retry", meaning: "rate limit of the whole API" },
  90018: { failure: "retry", meaning: "rate limit of the app" },
  130101: { failure: "retry", meaning: "more than 20 messages in a minute" },
  300001: { failure: "expired", meaning: "the session webhook has expired" },
  300005: { failure: "expired", meaning: "the session webhook is not known" },
  310000: { failure: "final", meaning: "the robot's security settings refuse it" },
  400013: { failure: "final", meaning: "the group has been dissolved" },
  400101: { failure: "expired", meaning: "the session webhook is not known" },
  400102: { failure: "final", meaning: "the robot has been switched off" },
  400105: { failure: "final", meaning: "message type not supported" },
  400106: { failure: "final", meaning: "the robot does not exist" },
  401102: { failure: "final", meaning: "a field is missing" },
  410100: { failure: "retry", meaning: "sending too fast" },
  430101: { failure: "final", meaning: "DingTalk considers a link unsafe" },
  430102: { failure: "final", meaning: "DingTalk considers the text improper" },
  430103: { failure: "final", meaning: "DingTalk considers a picture improper" },
  430104: { failure: "final", meaning: "DingTalk considers the content improper" },
  460101: { failure: "final", meaning: "longer than 20000 bytes" },
};

export interface Verdict {
  readonly failure: SendFailure;
  readonly reason: string;
}

export function webhookVerdict(errcode: number, errmsg: string): Verdict {
  const known = WEBHOOK_CODES[errcode];
  const said = `errcode ${errcode}${errmsg && ` ${errmsg.slice(0, 200)}`}`;
  // An unknown code is tried again: to drop a message takes certainty.
  return known === undefined
    ? { failure: "retry", reason: `DingTalk did not take it (${said})` }
    : { failure: known.failure, reason: `${known.meaning} (${said})` };
}

export function httpVerdict(status: number): Verdict {
  const retry = status === 403 || status === 408 || status === 429 || status >= 500;
  return { failure: retry ? "retry" : "final", reason: `DingTalk answered HTTP ${status}` };
}
