import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { ROBOT_TOPIC } from "../core/stream/frame.ts";
import { createEventLog } from "./events.ts";
import { listen } from "./listen.ts";
import { createStreamServer } from "./stream-server.ts";

export interface DingTalkOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly redeliverAfterMs?: number;
  readonly disconnectGraceMs?: number;
  readonly webhookTtlMs?: number;
  /** Webhook messages a minute and conversation, then errcode 130101. */
  readonly perMinute?: number;
}

/** What a person says to the robot. Unset fields get the values of a colleague in a direct chat. */
export interface Saying {
  readonly text?: string;
  readonly kind?: "direct" | "group";
  readonly conversationId?: string;
  readonly conversationTitle?: string;
  readonly senderStaffId?: string;
  readonly senderNick?: string;
  /** Fields that replace or join those of the message: another msgtype, a missing id, a forged webhook. */
  readonly override?: Readonly<Record<string, unknown>>;
}

/** A message the robot has sent. */
export interface Sent {
  readonly conversationId: string;
  readonly time: number;
  readonly body: {
    readonly msgtype: string;
    readonly text?: { readonly content: string };
    readonly markdown?: { readonly title: string; readonly text: string };
    readonly at?: { readonly atUserIds?: readonly string[] };
  };
}

/** What the API answers instead of doing its work, until set back to null. */
export interface Faults {
  open: { status: number; body: unknown } | null;
  webhook: { status: number; body: unknown } | null;
}

interface WebhookSession {
  readonly conversationId: string;
  expiresAt: number;
  recent: number[];
}

/** Bytes of a webhook body DingTalk takes. */
const MAX_BODY_BYTES = 20_000;

/**
 * A stand-in for DingTalk on loopback: HTTP API and Stream server, as far as a robot sees them. Errors
 * have the bodies of the real ones.
 */
export async function startDingTalk(options: DingTalkOptions = {}) {
  const {
    clientId = "dingsimulated",
    clientSecret = "simulated-secret",
    redeliverAfterMs = 3000,
    disconnectGraceMs = 10_000,
    webhookTtlMs = 90 * 60_000,
    perMinute = 20,
  } = options;
  const events = createEventLog();
  const faults: Faults = { open: null, webhook: null };
  const sessions = new Map<string, WebhookSession>();
  const sent: Sent[] = [];
  const opens: unknown[] = [];
  let webhooksExpired = false;
  let onChange = () => {};

  const stream = createStreamServer({
    events,
    redeliverAfterMs,
    disconnectGraceMs,
    onLinksChanged: () => onChange(),
  });

  const app = new Hono();

  app.post("/v1.0/gateway/connections/open", async (c) => {
    const request = await c.req.json<{ clientId: string; clientSecret: string }>();
    opens.push(request);
    if (faults.open !== null) return c.json(faults.open.body as object, faults.open.status as 400);
    if (request.clientId !== clientId || request.clientSecret !== clientSecret) {
      return c.json({ requestid: randomUUID(), code: "authFailed", message: "鉴权失败" }, 401);
    }
    return c.json({
      endpoint: `${server.url.replace("http", "ws")}/connect`,
      ticket: stream.issueTicket(),
    });
  });

  app.post("/v1.0/oauth2/accessToken", async (c) => {
    const { appKey, appSecret } = await c.req.json<{ appKey: string; appSecret: string }>();
    if (appKey !== clientId || appSecret !== clientSecret) {
      return c.json(
        { code: "invalidClientIdOrSecret", message: "无效的clientId或者clientSecret" },
        400,
      );
    }
    return c.json({ accessToken: `token-${randomUUID()}`, expireIn: 7200 });
  });

  app.post("/robot/sendBySession", async (c) => {
    if (faults.webhook !== null) {
      return c.json(faults.webhook.body as object, faults.webhook.status as 400);
    }
    const session = sessions.get(c.req.query("session") ?? "");
    if (session === undefined || session.expiresAt < Date.now()) {
      return c.json({ errcode: 300001, errmsg: "session 不存在" });
    }
    const text = await c.req.text();
    if (new TextEncoder().encode(text).length > MAX_BODY_BYTES) {
      return c.json({ errcode: 460101, errmsg: "message too long, exceed 20000 bytes" });
    }
    const now = Date.now();
    session.recent = session.recent.filter((at) => at > now - 60_000);
    if (session.recent.length >= perMinute) {
      return c.json({ errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" });
    }
    session.recent.push(now);
    receive(session.conversationId, JSON.parse(text) as Sent["body"]);
    return c.json({ errcode: 0, errmsg: "ok" });
  });

  const receive = (conversationId: string, body: Sent["body"]) => {
    const time = Date.now();
    sent.push({ conversationId, time, body });
    events.emit({
      type: "message",
      time,
      conversationId,
      from: "robot",
      name: "dingbridge",
      msgtype: body.msgtype,
      title: body.markdown?.title,
      text: body.markdown?.text ?? body.text?.content ?? JSON.stringify(body),
      at: body.at?.atUserIds ?? [],
    });
  };

  const server = await listen((request) => app.fetch(request), { onUpgrade: stream.onUpgrade });

  /** The same URL for a conversation as long as it lives; each message extends it. */
  const webhookFor = (conversationId: string) => {
    const known = [...sessions].find(
      ([, session]) => session.conversationId === conversationId && session.expiresAt > Date.now(),
    );
    const id = known?.[0] ?? randomUUID().replaceAll("-", "");
    const expiresAt = Date.now() + webhookTtlMs;
    sessions.set(id, { conversationId, recent: known?.[1].recent ?? [], expiresAt });
    return { url: `${server.url}/robot/sendBySession?session=${id}`, expiresAt };
  };

  const messageFor = (saying: Saying) => {
    const { kind = "direct", senderStaffId = "user01", senderNick = "小明" } = saying;
    const conversationId = saying.conversationId ?? `cid${kind}Simulated==`;
    webhooksExpired = false;
    const webhook = webhookFor(conversationId);
    const group = {
      conversationTitle: saying.conversationTitle ?? "演示群",
      isInAtList: true,
      atUsers: [{ dingtalkId: "$:LWCP_v1:$robot" }],
    };
    return {
      msgId: `msg${randomUUID()}==`,
      conversationId,
      conversationType: kind === "group" ? "2" : "1",
      ...(kind === "group" ? group : {}),
      senderId: `$:LWCP_v1:$${senderStaffId}`,
      senderStaffId,
      senderNick,
      senderCorpId: "dingcorp",
      chatbotCorpId: "dingcorp",
      chatbotUserId: "$:LWCP_v1:$robot",
      robotCode: clientId,
      isAdmin: false,
      createAt: Date.now(),
      sessionWebhook: webhook.url,
      sessionWebhookExpiredTime: webhook.expiresAt,
      msgtype: "text",
      // In a group DingTalk cuts "@robot" out and leaves the blank.
      text: { content: kind === "group" ? ` ${saying.text ?? ""}` : (saying.text ?? "") },
      ...saying.override,
    };
  };

  return {
    url: server.url,
    clientId,
    clientSecret,
    events,
    faults,
    stream,
    /** All the robot has sent, in order. */
    sent,
    /** All requests to open a connection. */
    opens,
    messageFor,
    /** Says something to the robot. Resolves when the worker has acked it. */
    async say(saying: Saying) {
      const message = messageFor(saying);
      events.emit({
        type: "message",
        time: message.createAt,
        conversationId: message.conversationId,
        from: "person",
        name: message.senderNick,
        msgtype: message.msgtype,
        title: undefined,
        text: saying.text ?? "",
        at: [],
      });
      await stream.push(ROBOT_TOPIC, JSON.stringify(message));
      return message;
    },
    /** Every session webhook handed out so far stops working. */
    expireWebhooks() {
      for (const session of sessions.values()) session.expiresAt = 0;
      webhooksExpired = true;
      onChange();
    },
    get webhooks(): "valid" | "expired" {
      return webhooksExpired ? "expired" : "valid";
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
