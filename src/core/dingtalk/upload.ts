import * as v from "valibot";
import { deadline, type Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { reasonOf } from "../log.ts";
import { NOT_CONNECTED } from "../network.ts";
import { readText } from "../read-text.ts";
import { apiVerdict, refusesToken, webhookVerdict, type Verdict } from "./errors.ts";
import type { Posted } from "./post.ts";
import type { Throttle } from "./throttle.ts";
import type { TokenSource } from "./token.ts";

export type UploadType = "image" | "voice" | "video" | "file";

export interface UploadFile {
  /** DingTalk takes a format only under its own type. */
  readonly type: UploadType;
  /** With the extension DingTalk is to go by. */
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
}

/**
 * `mediaId` works in any chat of the app, any number of times; its leading `@` or `$` belongs to it. A
 * failure is never "expired" or `uncertain`: nobody sees an upload.
 */
export type Uploaded =
  | { readonly ok: true; readonly mediaId: string }
  | ({ readonly ok: false } & Verdict);

/** Never throws; if `signal` breaks it off, it is to be tried again. */
export type Upload = (file: UploadFile, signal: AbortSignal) => Promise<Uploaded>;

export interface UploadOptions {
  /** `https://oapi.dingtalk.com`, without a trailing slash. */
  readonly oapiUrl: string;
  readonly tokens: TokenSource;
  readonly throttle: Pick<Throttle, "take">;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Counts one API call. Never rejects. */
  readonly spend: () => Promise<void>;
}

/** DingTalk's rate limits are per app and API: what `throttle.take` is told. */
export const UPLOAD_API = "/media/upload";

/** Up to 20 MB, over a home's uplink. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const CREDENTIALS =
  "DingTalk does not take the app's access token: check clientId and clientSecret (Client ID and Client Secret of the app in the developer console)";
const LACKS_PERMISSION =
  "the app may not upload files: add the permission in the developer console (open-dev.dingtalk.com, the app, 权限管理) and publish a version";
const WRONG_TYPE = "DingTalk does not take a file of this type";
const WRONG_SIZE = "DingTalk does not take a file of this size";
const NO_BYTES = "DingTalk finds no file in what it was sent";

/** Invalid, expired, and "authentication failed" without a sub code. */
const TOKEN_CODES: ReadonlySet<number> = new Set([40001, 40014, 42001, 88]);

/**
 * What an upload can be answered besides what all of the OAPI host's calls can.
 * @see https://open.dingtalk.com/document/development/server-api-error-codes-1
 */
const UPLOAD_CODES: Readonly<Record<number, readonly [Verdict["failure"], string]>> = {
  40001: ["blocked", CREDENTIALS],
  40004: ["final", WRONG_TYPE],
  40005: ["final", WRONG_TYPE],
  40006: ["final", WRONG_SIZE],
  40009: ["final", WRONG_SIZE],
  40010: ["final", WRONG_SIZE],
  40011: ["final", WRONG_SIZE],
  40014: ["blocked", CREDENTIALS],
  41005: ["final", NO_BYTES],
  42001: ["blocked", CREDENTIALS],
  44001: ["final", NO_BYTES],
  45001: ["final", WRONG_SIZE],
  60011: ["blocked", LACKS_PERMISSION],
  88: ["blocked", CREDENTIALS],
};

const code = v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/), v.transform(Number))]);
const Answer = v.object({
  errcode: code,
  errmsg: v.fallback(v.string(), ""),
  /** Beside errcode 88. */
  sub_code: v.optional(v.fallback(v.optional(code), undefined)),
  media_id: v.fallback(v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,1000}$/)), ""),
});

/** @see https://open.dingtalk.com/document/development/upload-media-files */
export function createUpload(options: UploadOptions): Upload {
  const { oapiUrl, tokens, throttle, fetch, clock, spend } = options;

  const attempt = async (
    { type, boundary, body }: { type: UploadType; boundary: string; body: Uint8Array<ArrayBuffer> },
    token: string,
    signal: AbortSignal,
  ): Promise<Posted> => {
    try {
      await throttle.take(UPLOAD_API, signal);
    } catch {
      return STOPPED;
    }
    await spend();
    if (signal.aborted) return STOPPED;
    const limit = deadline(clock, TIMEOUT_MS, signal);
    // This host takes the token nowhere but in the URL, which runtimes quote in their errors.
    const encoded = encodeURIComponent(token);
    const hide = (said: string) =>
      said
        .replaceAll(token, "***")
        .replaceAll(encoded, "***")
        .replaceAll(/access_token=[^\s&)"']+/g, "access_token=***");
    try {
      const response = await fetch(`${oapiUrl}${UPLOAD_API}?access_token=${encoded}&type=${type}`, {
        method: "POST",
        headers: {
          "content-type": `multipart/form-data; boundary=${boundary}`,
          accept: "application/json",
        },
        body,
        // A redirect would carry the file elsewhere, and the token in the Referer.
        redirect: "manual",
        signal: limit.signal,
      });
      const text = await readText(response, MAX_ANSWER_BYTES);
      return { ok: true, status: response.status, text: hide(text) };
    } catch (error) {
      if (signal.aborted) return STOPPED;
      const said = hide(reasonOf(error));
      const { host } = new URL(oapiUrl);
      const reason = NOT_CONNECTED.test(said)
        ? `cannot reach ${host} (${said}): check the network, DNS and proxy`
        : `the upload to ${host} did not come to its end (${said})`;
      return { ok: false, failure: "retry", reason };
    } finally {
      limit.clear();
    }
  };

  return async (file, signal) => {
    const first = await tokens.get(signal);
    if (!first.ok) return first;
    const form = { type: file.type, ...formOf(file) };
    const posted = await attempt(form, first.token, signal);
    if (!posted.ok || !refusesThis(posted)) return resultOf(posted);
    tokens.drop(first.token);
    const second = await tokens.get(signal);
    if (!second.ok) return second;
    return resultOf(await attempt(form, second.token, signal));
  };
}

const STOPPED: Posted = { ok: false, failure: "retry", reason: "stopped before it was uploaded" };

const encoder = new TextEncoder();

/**
 * One field, `media`. Made by hand: the runtimes' `FormData` and `fetch` need not be of one family.
 * @see https://www.rfc-editor.org/rfc/rfc7578#section-4.2 (file names in UTF-8)
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data (what is escaped)
 */
function formOf({ name, mime, bytes }: UploadFile): {
  boundary: string;
  body: Uint8Array<ArrayBuffer>;
} {
  // Nobody who writes a file can know it, so no file can hold it.
  const boundary = `dingbridge-${crypto.randomUUID()}`;
  const escaped = name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
  const head = encoder.encode(
    `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="media"; filename="${escaped}"\r\n` +
      `Content-Type: ${mime}\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const body = new Uint8Array(head.length + bytes.length + tail.length);
  body.set(head);
  body.set(bytes, head.length);
  body.set(tail, head.length + bytes.length);
  return { boundary, body };
}

interface Said {
  readonly errcode: number;
  readonly errmsg: string;
  readonly mediaId: string;
}

/** What this host's own kind of answer says, or undefined if it is of another kind. */
function saidIn(text: string): Said | undefined {
  const parsed = v.safeParse(Answer, parseJson(text));
  if (!parsed.success) return undefined;
  const { errcode, errmsg, sub_code, media_id: mediaId } = parsed.output;
  if (errcode !== 88) return { errcode, errmsg, mediaId };
  // "ding talk error[subcode=60011,submsg=…]": the sub code alone tells what is wrong.
  const quoted = /\bsubcode=(\d+)/.exec(errmsg)?.[1];
  return { errcode: sub_code ?? Number(quoted ?? errcode), errmsg, mediaId };
}

/** Whether a new access token may help. */
function refusesThis({ status, text }: { status: number; text: string }): boolean {
  const said = saidIn(text);
  return said === undefined ? refusesToken(status, text) : TOKEN_CODES.has(said.errcode);
}

function resultOf(posted: Posted): Uploaded {
  if (!posted.ok) return posted;
  const { status, text } = posted;
  const said = saidIn(text);
  if (said === undefined) return failed(answerVerdict(status, text));
  const { errcode, errmsg, mediaId } = said;
  if (errcode === 0 && status < 300 && mediaId !== "") return { ok: true, mediaId };
  if (errcode === 0) {
    const reason = `DingTalk's answer names no media id (HTTP ${status})`;
    return { ok: false, failure: "retry", reason };
  }
  const known = UPLOAD_CODES[errcode];
  if (known === undefined) return failed(webhookVerdict(errcode, errmsg));
  const [failure, meaning] = known;
  const reason = `${meaning} (errcode ${errcode}${errmsg && ` ${errmsg.slice(0, 200)}`})`;
  return { ok: false, failure, reason };
}

/** Proxies, and DingTalk's newer gateway, answer in their own ways. */
function answerVerdict(status: number, text: string): Verdict {
  if (status === 413) return { failure: "final", reason: `${WRONG_SIZE} (HTTP ${status})` };
  if (status === 404) {
    const reason =
      "there is no such API at this address: check oapiUrl (DINGTALK_OAPI_URL) (HTTP 404)";
    return { failure: "blocked", reason };
  }
  return apiVerdict(status, text);
}

function failed({ failure, reason, waitMs, unlisted }: Verdict): Uploaded {
  return {
    ok: false,
    failure: failure === "expired" ? "retry" : failure,
    reason,
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(unlisted === undefined ? {} : { unlisted }),
  };
}
