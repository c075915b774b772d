import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { deliver, faultResponse, type SendCall } from "./faults.ts";
import type { DingTalkSettings, Faults } from "./dingtalk-options.ts";
import type { Files } from "./files.ts";
import type { SocketContext } from "./listen.ts";
import type { Outbox, SentBody } from "./outbox.ts";
import type { Directory } from "./sessions.ts";
import type { Tokens } from "./tokens.ts";

const TOKEN_PATH = "/v1.0/oauth2/accessToken";
const OTO_PATH = "/v1.0/robot/oToMessages/batchSend";
const GROUP_PATH = "/v1.0/robot/groupMessages/send";
const DOWNLOAD_PATH = "/v1.0/robot/messageFiles/download";

const MSG_KEYS = new Set([
  "sampleText",
  "sampleMarkdown",
  "sampleImageMsg",
  "sampleLink",
  "sampleActionCard",
  "sampleActionCard2",
  "sampleActionCard3",
  "sampleActionCard4",
  "sampleActionCard5",
  "sampleActionCard6",
  "sampleAudio",
  "sampleFile",
  "sampleVideo",
]);
/** Bytes of msgParam. The one for a direct chat is not documented: it is refused above about this. */
const MAX_PARAM_BYTES = { oTo: 20_000, group: 15_000 };
const MAX_USERS = 20;

const Credentials = v.object({ appKey: v.string(), appSecret: v.string() });
const Send = v.object({
  robotCode: v.optional(v.string(), ""),
  msgKey: v.optional(v.string(), ""),
  msgParam: v.optional(v.unknown()),
  userIds: v.optional(v.array(v.string()), []),
  openConversationId: v.optional(v.string(), ""),
});
const Download = v.object({
  downloadCode: v.optional(v.string(), ""),
  robotCode: v.optional(v.string(), ""),
});
type Send = v.InferOutput<typeof Send>;

export interface OpenApiPorts {
  readonly settings: Pick<DingTalkSettings, "clientId" | "clientSecret">;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly outbox: Outbox;
  readonly directory: Directory;
  readonly files: Files;
  readonly invalidStaff: ReadonlySet<string>;
  readonly flowControlled: ReadonlySet<string>;
}

/** The error envelope of the OpenAPI. */
export function apiError(status: number, code: string, message: string): Response {
  return Response.json({ code, requestid: randomUUID().toUpperCase(), message }, { status });
}

/** DingTalk's OpenAPI as far as a robot needs it: its token, sending without a webhook, files. */
export function createOpenApi(ports: OpenApiPorts): Hono<{ Bindings: HttpBindings }> {
  const { settings, faults, tokens, outbox, directory } = ports;
  const app = new Hono<{ Bindings: HttpBindings }>();

  for (const path of [TOKEN_PATH, OTO_PATH, GROUP_PATH, DOWNLOAD_PATH]) {
    app.use(path, async (_c, next) => {
      if (outbox.call(path)) return await next();
      return apiError(
        403,
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "应用调用该接口的QPS超过限制",
      );
    });
  }

  app.post(TOKEN_PATH, async (c) => {
    if (faults.token !== null) return faultResponse(faults.token);
    const asked = v.safeParse(Credentials, await jsonOf(c));
    if (!asked.success) {
      return apiError(400, "Missingbody", "body is mandatory for this action");
    }
    const { appKey, appSecret } = asked.output;
    if (appKey !== settings.clientId || appSecret !== settings.clientSecret) {
      return apiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
    }
    return c.json(tokens.issue());
  });

  /** What both sends have in common: who calls, what it is, and whether it has a form. */
  const send = async (c: SocketContext, via: "oTo" | "group", answer: Answer) => {
    if (faults.api !== null) return faultResponse(faults.api);
    if (!tokens.valid(c.req.header("x-acs-dingtalk-access-token"))) return unauthenticated();
    const parsed = v.safeParse(Send, await jsonOf(c));
    if (!parsed.success) return apiError(400, "invalidParameter.param.invalid", "参数无效");
    const request = parsed.output;
    const read = readBody(request, MAX_PARAM_BYTES[via], settings.clientId);
    return read instanceof Response ? read : await answer(request, read);
  };

  const pass = async (
    c: SocketContext,
    calls: readonly SendCall<SentBody>[],
    lists: Readonly<Record<string, unknown>>,
  ) => {
    const processQueryKey = `zcx${randomUUID()}`;
    return await deliver(c, {
      calls,
      outcome: calls.map((call) => faults.sends?.(call) ?? "ok").find((it) => it !== "ok") ?? "ok",
      take: (batch) => outbox.take(batch, processQueryKey),
      ok: () => c.json({ processQueryKey, ...lists }),
      tooFast: () => apiError(400, "send.too.fast", "发送速度太快"),
    });
  };

  app.post(OTO_PATH, (c) =>
    send(c, "oTo", async ({ userIds }, body) => {
      if (userIds.length === 0) {
        return apiError(400, "invalidParameter.userIds.empty", "userIds不能为空");
      }
      if (userIds.length > MAX_USERS) {
        return apiError(400, "invalidParameter.userIds.overMax", "userIds超过最大数量");
      }
      // Opaque ids are no staffIds, however much they look like a user's.
      if (userIds.some((id) => id.startsWith("$:LWCP"))) {
        return apiError(400, "staffId.notExisted", "staffId不存在");
      }
      const invalid = userIds.filter((id) => ports.invalidStaff.has(id));
      const controlled = userIds.filter((id) => ports.flowControlled.has(id));
      const calls = userIds
        .filter((id) => !invalid.includes(id) && !controlled.includes(id))
        .map((id) => ({ via: "oTo" as const, conversationId: directory.directOf(id), body }));
      const lists = { invalidStaffIdList: invalid, flowControlledStaffIdList: controlled };
      return await pass(c, calls, lists);
    }),
  );

  app.post(GROUP_PATH, (c) =>
    send(c, "group", async ({ openConversationId: conversationId }, body) => {
      if (conversationId === "") {
        return apiError(400, "miss.openConversationId", "缺少openConversationId");
      }
      if (!directory.groups.has(conversationId)) {
        return apiError(400, "invalid.openConversationId", "无效的openConversationId");
      }
      return await pass(c, [{ via: "group", conversationId, body }], {});
    }),
  );

  app.post(DOWNLOAD_PATH, async (c) => {
    if (faults.download !== null) return faultResponse(faults.download);
    if (!tokens.valid(c.req.header("x-acs-dingtalk-access-token"))) return unauthenticated();
    const parsed = v.safeParse(Download, await jsonOf(c));
    if (!parsed.success) return apiError(400, "invalidParameter.param.invalid", "参数无效");
    const { downloadCode, robotCode } = parsed.output;
    if (robotCode === "") {
      return apiError(400, "invalidParameter.robotCode.empty", "robotCode不能为空");
    }
    if (robotCode !== settings.clientId) return wrongRobot();
    const downloadUrl = ports.files.sign(downloadCode);
    if (downloadUrl !== undefined) return c.json({ downloadUrl });
    return apiError(
      400,
      "invalidParameter.robotCode.downloadCode",
      "downloadCode错误或已过期，或robotCode与downloadCode不匹配",
    );
  });

  return app;
}

const unauthenticated = () => apiError(400, "InvalidAuthentication", "不合法的access_token");

const wrongRobot = () =>
  apiError(
    400,
    "invalidParameter.robotCode.auth",
    "机器人权限校验不通过，请检查机器人是否归属于token对应的主应用名下",
  );

type Answer = (request: Send, body: SentBody) => Promise<Response>;

async function jsonOf(c: SocketContext): Promise<unknown> {
  return await c.req.json().catch(() => undefined);
}

/** The message in the webhook's shape, or what is wrong with it. */
function readBody(request: Send, maxBytes: number, robotCode: string): SentBody | Response {
  const { msgKey, msgParam } = request;
  if (request.robotCode !== robotCode) return wrongRobot();
  if (msgKey === "") return apiError(400, "invalidParameter.msgKey.empty", "msgKey不能为空");
  if (!MSG_KEYS.has(msgKey)) return apiError(400, "invalidParameter.msgKey.invalid", "msgKey无效");
  const param = typeof msgParam === "string" ? parsed(msgParam) : undefined;
  if (typeof msgParam !== "string" || param === undefined) {
    return apiError(400, "invalidParameter.msgParam.invalid", "msgParam不是合法的json字符串");
  }
  if (new TextEncoder().encode(msgParam).length > maxBytes) {
    return apiError(400, "invalidParameter.msgParam.tooLong", "msgParam超过长度限制");
  }
  if (msgKey === "sampleText") {
    return { msgtype: "text", text: { content: textIn(param, "content") } };
  }
  if (msgKey === "sampleMarkdown") {
    const markdown = { title: textIn(param, "title"), text: textIn(param, "text") };
    return { msgtype: "markdown", markdown };
  }
  return { msgtype: msgKey, ...param };
}

function textIn(param: Readonly<Record<string, unknown>>, name: string): string {
  const value = param[name];
  return typeof value === "string" ? value : "";
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined;
}
