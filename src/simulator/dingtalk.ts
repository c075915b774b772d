import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { ROBOT_TOPIC } from "../core/stream/frame.ts";
import { DEFAULTS, type DingTalkOptions, type Faults } from "./dingtalk-options.ts";
import { createEventLog } from "./events.ts";
import { deliver, faultResponse, type SendCall } from "./faults.ts";
import { createFiles } from "./files.ts";
import type { Kind } from "./kinds.ts";
import { listen } from "./listen.ts";
import { createOpenApi } from "./openapi.ts";
import { createOutbox, type SentBody } from "./outbox.ts";
import { completed, robotMessage, type Saying } from "./robot-message.ts";
import { createDirectory, createWebhooks } from "./sessions.ts";
import { createStreamServer } from "./stream-server.ts";
import { createTokens } from "./tokens.ts";

export type { DingTalkOptions, Faults } from "./dingtalk-options.ts";
export type { SendOutcome, Via } from "./faults.ts";
export type { Sent, SentBody, Violation } from "./outbox.ts";
export type { FileOptions, FileRequest, Misbehaviour } from "./files.ts";
export type { Saying } from "./robot-message.ts";
export type { Delivery } from "./stream-server.ts";

/** Bytes of a webhook body DingTalk takes. */
const MAX_BODY_BYTES = 20_000;

/**
 * A stand-in for DingTalk on loopback: HTTP API and Stream server, as far as a robot sees them. Errors
 * have the bodies of the real ones.
 */
export async function startDingTalk(options: DingTalkOptions = {}) {
  const settings = { ...DEFAULTS, ...options };
  const { clientId, clientSecret } = settings;
  const events = createEventLog();
  const faults: Faults = {
    open: null,
    webhook: null,
    api: null,
    token: null,
    download: null,
    sends: null,
  };
  const webhooks = createWebhooks(settings.webhookTtlMs);
  const directory = createDirectory();
  const tokens = createTokens(settings.tokenTtlMs);
  const outbox = createOutbox({ events, ...settings });
  const files = createFiles(() => server.url);
  const invalidStaff = new Set<string>();
  const flowControlled = new Set<string>();
  const opens: unknown[] = [];
  let overQuota = false;
  let onChange = () => {};

  const stream = createStreamServer({ events, ...settings, onLinksChanged: () => onChange() });

  const app = new Hono<{ Bindings: HttpBindings }>();

  app.post("/v1.0/gateway/connections/open", async (c) => {
    const request = await c.req.json<{ clientId: string; clientSecret: string }>();
    opens.push(request);
    if (faults.open !== null) return faultResponse(faults.open);
    if (request.clientId !== clientId || request.clientSecret !== clientSecret) {
      return c.json({ requestid: randomUUID(), code: "authFailed", message: "鉴权失败" }, 401);
    }
    return c.json({
      endpoint: `${(settings.streamUrl ?? server.url).replace("http", "ws")}/connect`,
      ticket: stream.issueTicket(),
    });
  });

  app.post("/robot/sendBySession", async (c) => {
    if (faults.webhook !== null) return faultResponse(faults.webhook);
    const conversationId = webhooks.conversationOf(c.req.query("session") ?? "");
    if (conversationId === undefined) {
      return c.json({ errcode: 300001, errmsg: "session 不存在" });
    }
    const text = await c.req.text();
    if (new TextEncoder().encode(text).length > MAX_BODY_BYTES) {
      return c.json({ errcode: 460101, errmsg: "message too long, exceed 20000 bytes" });
    }
    const body = JSON.parse(text) as SentBody;
    const call: SendCall<SentBody> = { via: "webhook", conversationId, body };
    return await deliver(c, {
      calls: [call],
      outcome: faults.sends?.(call) ?? "ok",
      take: outbox.take,
      ok: () => c.json({ errcode: 0, errmsg: "ok" }),
      tooFast: () =>
        c.json({ errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" }),
    });
  });

  const ports = { settings, faults, tokens, outbox, directory, files };
  app.route("/", createOpenApi({ ...ports, invalidStaff, flowControlled }));
  app.route("/", files.app);

  const server = await listen((request, env) => app.fetch(request, env), {
    onUpgrade: stream.onUpgrade,
  });

  const messageFor = (said: Saying) => {
    const saying = completed(said);
    const { kind, conversationId, senderStaffId } = saying;
    directory.heard(kind, conversationId, senderStaffId);
    const { session, expiresAt } = webhooks.issue(conversationId);
    const webhook = { url: `${server.url}/robot/sendBySession?session=${session}`, expiresAt };
    return robotMessage(saying, { robotCode: clientId, webhook, overQuota });
  };

  /** Says something to the robot. Resolves when the worker has acked it. */
  const say = async (saying: Saying) => {
    const message = messageFor(saying);
    events.emit({
      type: "message",
      time: message.createAt,
      conversationId: message.conversationId,
      from: "person",
      name: message.senderNick,
      msgtype: message.msgtype,
      title: undefined,
      text: saying.text ?? saying.said?.shown.text ?? "",
      at: [],
      shown: saying.said?.shown,
    });
    await stream.push(ROBOT_TOPIC, JSON.stringify(message));
    return message;
  };

  return {
    url: server.url,
    port: server.port,
    clientId,
    clientSecret,
    events,
    faults,
    stream,
    /** All the robot has sent, in order. */
    sent: outbox.sent,
    /** Every call and message that came too fast. */
    violations: outbox.violations,
    /** All requests to open a connection. */
    opens,
    /** Users a batchSend does not find. */
    invalidStaff,
    /** Users a batchSend is kept from for now. */
    flowControlled,
    /** Groups that can be written to without a webhook: those the robot has heard from, and any added. */
    groups: directory.groups,
    messageFor,
    say,
    /** Says something of any kind: `sayKind(picture(code), { kind: "group" })`. */
    sayKind: async (said: Kind, saying: Saying = {}) => await say({ ...saying, said }),
    /** What people have to send. */
    files,
    /** Pushes an earlier message again, as it was or under a new id. Resolves when it is acked. */
    async pushAgain<M extends object>(message: M, { newMsgId = false } = {}) {
      const again = newMsgId ? { ...message, msgId: `msg${randomUUID()}==` } : message;
      await stream.push(ROBOT_TOPIC, JSON.stringify(again));
      return again;
    },
    /** Every session webhook handed out so far stops working. */
    expireWebhooks() {
      webhooks.expireAll();
      onChange();
    },
    get webhooks(): "valid" | "expired" {
      return webhooks.state;
    },
    /** The access token handed out stops working; the next one asked for is new. */
    expireTokens: () => tokens.expire(),
    /** How many different access tokens there were. */
    get mints() {
      return tokens.mints;
    },
    /** The monthly quota is used up: messages come without what was said. */
    get overQuota() {
      return overQuota;
    },
    set overQuota(used: boolean) {
      overQuota = used;
    },
    set onChange(listener: () => void) {
      onChange = listener;
    },
    async close() {
      stream.close();
      await server.close();
    },
  };
}

export type DingTalk = Awaited<ReturnType<typeof startDingTalk>>;
