import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { apiError, bytesIn, invalidParam, jsonOf, objectIn, wrongRobot } from "./api-shapes.ts";
import type { Cards } from "./cards.ts";
import type { Faults } from "./dingtalk-options.ts";
import { deliver, type SendCall } from "./faults.ts";
import type { Guard } from "./guard.ts";
import type { SocketContext } from "./listen.ts";
import { isMsgKey, paramFits, textIn } from "./msg-keys.ts";
import type { SentBody } from "./model.ts";
import type { Outbox } from "./outbox.ts";
import { recallAll } from "./recalls.ts";
import type { Directory } from "./sessions.ts";
import type { Uploads } from "./uploads.ts";

const OTO_PATH = "/v1.0/robot/oToMessages/batchSend";
const GROUP_PATH = "/v1.0/robot/groupMessages/send";
/** Lower case, unlike the one that sends. */
const OTO_RECALL_PATH = "/v1.0/robot/otoMessages/batchRecall";
const GROUP_RECALL_PATH = "/v1.0/robot/groupMessages/recall";

/** Bytes of msgParam. The one for a direct chat is not documented: it is refused above about this. */
const MAX_PARAM_BYTES = { oTo: 20_000, group: 15_000 };
const MAX_USERS = 20;
const MAX_KEYS = 20;

const Send = v.object({
  robotCode: v.optional(v.string(), ""),
  msgKey: v.optional(v.string(), ""),
  msgParam: v.optional(v.unknown()),
  userIds: v.optional(v.array(v.string()), []),
  openConversationId: v.optional(v.string(), ""),
});
type Send = v.InferOutput<typeof Send>;

const Recall = v.object({
  robotCode: v.optional(v.string(), ""),
  openConversationId: v.optional(v.string(), ""),
  processQueryKeys: v.optional(v.array(v.string()), []),
});

export interface RobotApiPorts {
  readonly robotCode: string;
  readonly faults: Faults;
  readonly guard: Guard["guard"];
  readonly outbox: Outbox;
  readonly directory: Directory;
  readonly uploads: Uploads;
  readonly cards: Cards;
  readonly invalidStaff: ReadonlySet<string>;
  readonly flowControlled: ReadonlySet<string>;
}

/** Sending without a webhook, and taking back what was sent. */
export function createRobotApi(ports: RobotApiPorts): Hono<{ Bindings: HttpBindings }> {
  const { robotCode, faults, guard, outbox, directory, uploads, cards } = ports;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const scope = "qyapi_robot_sendmsg";

  for (const path of [OTO_PATH, GROUP_PATH]) {
    app.use(path, guard({ path, fault: ({ api }) => api, scope }));
  }
  for (const path of [OTO_RECALL_PATH, GROUP_RECALL_PATH]) {
    app.use(path, guard({ path, fault: ({ recall }) => recall, scope }));
  }

  /** What both sends have in common: who calls, what it is, and whether it has a form. */
  const send = async (c: SocketContext, via: "oTo" | "group", answer: Answer) => {
    const parsed = v.safeParse(Send, await jsonOf(c));
    if (!parsed.success) return invalidParam();
    const request = parsed.output;
    if (request.robotCode !== robotCode) return wrongRobot();
    const read = readBody(request, MAX_PARAM_BYTES[via], uploads);
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
      const refusal = groupRefusal(conversationId, directory);
      return refusal ?? (await pass(c, [{ via: "group", conversationId, body }], {}));
    }),
  );

  const recall = async (c: SocketContext, via: "oTo" | "group") => {
    const parsed = v.safeParse(Recall, await jsonOf(c));
    if (!parsed.success) return invalidParam();
    const { openConversationId, processQueryKeys: keys } = parsed.output;
    if (parsed.output.robotCode !== robotCode) return wrongRobot();
    if (via === "group") {
      const refusal = groupRefusal(openConversationId, directory);
      if (refusal !== undefined) return refusal;
    }
    if (keys.length === 0) {
      return apiError(400, "invalidParameter.processQueryKeys.empty", "processQueryKeys不能为空");
    }
    if (keys.length > MAX_KEYS) {
      return apiError(400, "invalidParameter.processQueryKeys.overMax", "超过最大数量");
    }
    const where = via === "group" ? openConversationId : undefined;
    return c.json(
      recallAll(keys, (key) => (cards.recall(key) ? undefined : outbox.recall(key, via, where))),
    );
  };
  app.post(OTO_RECALL_PATH, (c) => recall(c, "oTo"));
  app.post(GROUP_RECALL_PATH, (c) => recall(c, "group"));

  return app;
}

type Answer = (request: Send, body: SentBody) => Promise<Response>;

function groupRefusal(conversationId: string, { groups }: Directory): Response | undefined {
  if (conversationId === "") {
    return apiError(400, "miss.openConversationId", "缺少openConversationId");
  }
  if (groups.has(conversationId)) return undefined;
  return apiError(400, "invalid.openConversationId", "无效的openConversationId");
}

/** The message in the webhook's shape, or what is wrong with it. */
function readBody(request: Send, maxBytes: number, uploads: Uploads): SentBody | Response {
  const { msgKey, msgParam } = request;
  if (msgKey === "") return apiError(400, "invalidParameter.msgKey.empty", "msgKey不能为空");
  if (!isMsgKey(msgKey)) return apiError(400, "invalidParameter.msgKey.invalid", "msgKey无效");
  const param = typeof msgParam === "string" ? objectIn(msgParam) : undefined;
  if (typeof msgParam !== "string" || param === undefined) return invalidMsgParam();
  if (bytesIn(msgParam) > maxBytes) {
    return apiError(400, "invalidParameter.msgParam.tooLong", "msgParam超过长度限制");
  }
  if (!paramFits(msgKey, param, uploads.find)) return invalidMsgParam();
  if (msgKey === "sampleText") {
    return { msgtype: "text", text: { content: textIn(param, "content") } };
  }
  if (msgKey === "sampleMarkdown") {
    const markdown = { title: textIn(param, "title"), text: textIn(param, "text") };
    return { msgtype: "markdown", markdown };
  }
  return { ...param, msgtype: msgKey };
}

const invalidMsgParam = () =>
  apiError(400, "invalidParameter.msgParam.invalid", "msgParam不是合法的json字符串");
