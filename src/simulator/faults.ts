import { hangUp, staySilent, type SocketContext } from "./listen.ts";

/** An answer instead of the work. A text body goes out as HTML, as proxies and gateways send it. */
export interface Fault {
  readonly status: number;
  readonly body: unknown;
}

/** A fault every time, or as often as a function says so: `undefined` lets the call through. */
export type Switch = Fault | ((path: string) => Fault | undefined) | null;

/** A fault for the first calls, and none after them. */
export function times(count: number, fault: Fault): Switch {
  let left = count;
  return () => (left-- > 0 ? fault : undefined);
}

/** More calls a second than an app has to an API. */
export const TOO_MANY_CALLS: Fault = {
  status: 403,
  body: {
    code: "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
    requestid: "3A5F0C4E-QPS",
    message: "应用调用该接口的QPS超过限制",
  },
};

/** The same in the words of the old API. */
export const TOO_MANY_UPLOADS: Fault = {
  status: 200,
  body: { errcode: 90018, errmsg: "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了" },
};

/** What streaming to a card answers with for almost any reason. */
export const UNKNOWN_ERROR: Fault = {
  status: 500,
  body: { code: "unknownError", requestid: "3A5F0C4E-ERR", message: "未知错误" },
};

/** Permissions an app may have. */
export type Scope =
  | "qyapi_robot_sendmsg"
  | "qyapi_base"
  | "Card.Instance.Write"
  | "Card.Streaming.Write";

/** The app has not been given a permission. */
export const permissionDenied = (scope: Scope): Fault => ({
  status: 403,
  body: {
    code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
    requestid: "3A5F0C4E-PERM",
    message: `没有调用该接口的权限，接口权限申请参考：${scope}`,
    accessdenieddetail: { requiredScopes: [scope] },
  },
});

export function faultResponse({ status, body }: Fault): Response {
  return typeof body === "string"
    ? new Response(body, { status, headers: { "content-type": "text/html; charset=utf-8" } })
    : Response.json(body, { status });
}

/** How the robot's message came to DingTalk. */
export type Via = "webhook" | "oTo" | "group";

/** One recipient of a send. */
export interface SendCall<Body = unknown> {
  readonly via: Via;
  readonly conversationId: string;
  /** In the webhook's shape, whichever way it came. */
  readonly body: Body;
}

/**
 * What becomes of a send: `ok` as it should · `swallow` taken, and the connection closed instead of an
 * answer · `hang` not taken, and no answer ever · `drop` not taken, and the connection closed.
 */
export type SendOutcome = "ok" | "swallow" | "hang" | "drop" | Fault;

export interface Delivery<Body> {
  readonly calls: readonly SendCall<Body>[];
  readonly outcome: SendOutcome;
  /** Takes the messages, all or none: false when that is too fast. */
  readonly take: (calls: readonly SendCall<Body>[]) => boolean;
  readonly ok: () => Response;
  readonly tooFast: () => Response;
}

/** Takes the messages of one request, or not, and answers it, or not. */
export async function deliver<Body>(c: SocketContext, delivery: Delivery<Body>): Promise<Response> {
  const { calls, outcome, take } = delivery;
  if (outcome === "drop") return hangUp(c);
  if (outcome === "hang") return await staySilent(c);
  if (typeof outcome === "object") return faultResponse(outcome);
  const answer = take(calls) ? delivery.ok : delivery.tooFast;
  return outcome === "swallow" ? hangUp(c) : answer();
}
