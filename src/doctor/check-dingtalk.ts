import type { AccountConfig } from "../core/config/schema.ts";
import { envelopeOf } from "../core/dingtalk/envelope.ts";
import { post } from "../core/dingtalk/post.ts";
import { createTokenSource, type TokenResult } from "../core/dingtalk/token.ts";
import { idProblem, secretProblem } from "../onboard/shape.ts";
import { finding, type CaseOf, type Finding } from "./codes.ts";
import { brief, step, type Time } from "./step.ts";

export interface TokenOptions {
  readonly config: AccountConfig;
  /** Its name, where there are several. */
  readonly account: string | undefined;
  readonly fetch: typeof fetch;
}

const DOWNLOAD = "/v1.0/robot/messageFiles/download";
const SENDING = "qyapi_robot_sendmsg";

/**
 * Whether DingTalk gives out a token, and what the app may do with it. Asking for one costs no quota and
 * leaves the worker's own alone: DingTalk gives out the same one until it runs out. The permission is
 * tried by asking for a file that nobody has sent, which is one API call of the month's.
 */
export async function credentialFindings(
  options: TokenOptions,
  time: Time,
): Promise<readonly Finding[]> {
  const { config, account, fetch } = options;
  const who = account === undefined ? {} : { account };
  const { clientId } = config;
  const tokens = createTokenSource({ ...config, fetch, clock: time.clock });
  const asked = await step(time, async (signal) => await tokens.get(signal));
  if (asked.ok && asked.value.ok) {
    const accepted = finding("DB401", "accepted", { clientId }, { ...who, ms: asked.ms });
    return [accepted, await permission(options, asked.value.token, time)];
  }
  const said = asked.ok ? reasonIn(asked.value) : asked.said;
  return [
    finding(
      "DB401",
      refusal(said, config),
      { said: brief(said), clientId },
      { ...who, ms: asked.ms },
    ),
    finding("DB404", "unauthorized", {}, who),
  ];
}

const reasonIn = (result: TokenResult): string =>
  result.ok ? "" : result.reason.replace(/^no access token: /, "");

/** DingTalk has one code for both fields; which one it is can only be guessed from what they look like. */
function refusal(said: string, { clientId, clientSecret }: AccountConfig): CaseOf<"DB401"> {
  if (/IpNotInWhiteList|ip\.not\.match|\b60020\b/i.test(said)) return "not-listed";
  if (!/invalidClientIdOrSecret|authFailed|\bHTTP 401\b/i.test(said)) return "unanswered";
  if (idProblem(clientId) !== undefined) return "wrong-id";
  return secretProblem(clientSecret, clientId) === undefined ? "refused" : "wrong-secret";
}

/** @see https://open.dingtalk.com/document/development/download-the-file-content-of-the-robot-receiving-message */
async function permission(
  { config, account, fetch }: TokenOptions,
  token: string,
  time: Time,
): Promise<Finding> {
  const who = account === undefined ? {} : { account };
  const { apiUrl, clientId, robotCode = clientId } = config;
  const hide = (text: string) => text.replaceAll(token, "***");
  const asked = await step(
    time,
    async (signal) =>
      await post({
        url: apiUrl + DOWNLOAD,
        body: JSON.stringify({ downloadCode: "dingbridge-doctor", robotCode }),
        headers: { "x-acs-dingtalk-access-token": token },
        fetch,
        clock: time.clock,
        signal,
        hide,
      }),
  );
  if (!asked.ok) return finding("DB404", "untold", { said: asked.said }, who);
  const { value } = asked;
  if (!value.ok) return finding("DB404", "untold", { said: brief(value.reason) }, who);
  const { code, scopes } = envelopeOf(hide(value.text));
  const said = [`HTTP ${value.status}`, code].filter(Boolean).join(", ");
  const more = { ...who, ms: asked.ms };
  if (/\.AccessTokenPermissionDenied$|^apiPermissionDenied$/i.test(code)) {
    const names = scopes.length === 0 ? [SENDING] : scopes;
    const facts = { scopes: names.join(", "), scope: names[0] ?? SENDING, clientId };
    return finding("DB404", "missing", facts, more);
  }
  // It has looked at the file's code: the permission is there.
  if (/downloadCode/i.test(code)) return finding("DB404", "granted", {}, more);
  return /robotCode|chatbot|^auth\./i.test(code)
    ? finding("DB404", "robot-code", { said }, more)
    : finding("DB404", "untold", { said }, more);
}
