import * as v from "valibot";
import { parseJson } from "../json.ts";

/** What an answer of the OpenAPI that is no success says. Fields that are missing are empty. */
export interface Envelope {
  readonly code: string;
  readonly message: string;
  readonly requestid: string;
  /** Permissions the app lacks for this call. */
  readonly scopes: readonly string[];
}

const text = (chars: number) =>
  v.fallback(
    v.pipe(
      v.union([v.string(), v.number()]),
      v.transform((value) => String(value).slice(0, chars)),
    ),
    "",
  );

const Fields = v.object({
  code: text(200),
  message: text(200),
  requestid: text(100),
  accessdenieddetail: v.fallback(v.object({ requiredScopes: v.array(text(100)) }), {
    requiredScopes: [],
  }),
});

/**
 * `{"code": "…", "message": "…", "requestid": "…", "accessdenieddetail": {"requiredScopes": […]}}`, the
 * keys in small letters on the wire and in `CamelCase` in what DingTalk's document shows.
 * @see https://open.dingtalk.com/document/development/add-api-permission
 */
export function envelopeOf(body: string): Envelope {
  const json = parseJson(body);
  const lower =
    typeof json === "object" && json !== null
      ? Object.fromEntries(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value]))
      : {};
  const { accessdenieddetail, ...fields } = v.parse(Fields, lower);
  return {
    ...fields,
    scopes: accessdenieddetail.requiredScopes.filter((scope) => scope !== "").slice(0, 10),
  };
}

/**
 * Whether DingTalk has barred this machine's address for a while: a web page instead of the API's
 * answer, or what it holds, `{"status":1111,"wait":5,"source":"x5","punish":"deny"}`.
 * @see https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
 */
export function isBan(status: number, body: string): boolean {
  if (/"status"\s*:\s*1111\b|"punish"\s*:/.test(body)) return true;
  // Other refusals and the failures of a proxy are often written in HTML as well.
  const mayBe = status < 400 || [403, 405, 429].includes(status);
  return mayBe && /^\s*<(!doctype html|html)\b/i.test(body);
}
