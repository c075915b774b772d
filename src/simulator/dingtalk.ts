import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { ROBOT_TOPIC } from "../core/stream/frame.ts";
import { bytesIn, objectIn, oldError } from "./api-shapes.ts";
import { createCardApi } from "./card-api.ts";
import { createPresses } from "./card-press.ts";
import { createCards } from "./cards.ts";
import { DEFAULTS, noFaults, type DingTalkOptions } from "./dingtalk-options.ts";
import { createRegistrations } from "./device-flow.ts";
import { createEventLog } from "./events.ts";
import { deliver, faultResponse, type Scope, type SendCall } from "./faults.ts";
import { createFiles } from "./files.ts";
import { createGuard } from "./guard.ts";
import { robotIdOf, type Kind } from "./kinds.ts";
import { listen } from "./listen.ts";
import { createOpenApi } from "./openapi.ts";
import type { SentBody } from "./model.ts";
import { createOutbox } from "./outbox.ts";
import { createReactions } from "./reactions.ts";
import { createRobotApi } from "./robot-api.ts";
import { completed, robotMessage, type Saying } from "./robot-message.ts";
import { chart } from "./samples.ts";
import { createDirectory, createWebhooks } from "./sessions.ts";
import { createStreamServer } from "./stream-server.ts";
import { createTokens } from "./tokens.ts";
import { createUploads } from "./uploads.ts";
import { webhookRefusal } from "./webhook-body.ts";

export { STOPPABLE, type Template } from "./card-templates.ts";
export type { Card } from "./cards.ts";
export type { Press, PressOptions } from "./card-press.ts";
export {
  permissionDenied,
  times,
  TOO_MANY_CALLS,
  TOO_MANY_UPLOADS,
  UNKNOWN_ERROR,
} from "./faults.ts";
export type { ApiCall } from "./guard.ts";
export type { Reaction } from "./reactions.ts";

export type { DingTalkOptions, Faults } from "./dingtalk-options.ts";
export type { Scope, SendOutcome, Switch, Via } from "./faults.ts";
export type { CardState, SentBody, Upload } from "./model.ts";
export type { Send, Sent, Violation } from "./outbox.ts";
export type { FileOptions, FileRequest, Misbehaviour } from "./files.ts";
export { PERSON, type Saying, type Speaker } from "./robot-message.ts";
export type { Delivery } from "./stream-server.ts";

/** A request to open a connection. */
interface Opening {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptions?: readonly { readonly type: string; readonly topic: string }[];
}

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
  const faults = noFaults();
  const webhooks = createWebhooks(settings.webhookTtlMs);
  const directory = createDirectory();
  const tokens = createTokens(settings.tokenTtlMs);
  const outbox = createOutbox({ events, ...settings });
  const files = createFiles(() => server.url);
  const invalidStaff = new Set<string>();
  const flowControlled = new Set<string>();
  const denied = new Set<Scope>();
  const saidIn = new Map<string, string>();
  const opens: Opening[] = [];
  let overQuota = false;
  let onChange = () => {};

  const stream = createStreamServer({ events, ...settings, onLinksChanged: () => onChange() });

  const app = new Hono<{ Bindings: HttpBindings }>();

  app.post("/v1.0/gateway/connections/open", async (c) => {
    const request = await c.req.json<Opening>();
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
    if (conversationId === undefined) return oldError(300001, "session 不存在");
    if (c.req.header("content-type")?.includes("json") !== true) {
      return oldError(43004, "无效的HTTP HEADER Content-Type");
    }
    const text = await c.req.text();
    if (bytesIn(text) > MAX_BODY_BYTES) {
      return oldError(460101, "message too long, exceed 20000 bytes");
    }
    const body = objectIn(text) as SentBody | undefined;
    if (body === undefined) return oldError(40035, "缺少参数 json");
    // Taken, and nothing is said.
    if (body.msgtype === "empty") return c.json({ errcode: 0, errmsg: "ok" });
    const refusal = webhookRefusal(body);
    if (refusal !== undefined) return refusal;
    const call: SendCall<SentBody> = { via: "webhook", conversationId, body };
    return await deliver(c, {
      calls: [call],
      outcome: faults.sends?.(call) ?? "ok",
      take: outbox.take,
      ok: () => c.json({ errcode: 0, errmsg: "ok" }),
      tooFast: () => oldError(130101, "send too fast, exceed 20 times per minute"),
    });
  });

  const robotCode = clientId;
  const ports = { robotCode, faults, tokens, outbox, directory, denied, invalidStaff, files };
  const { guard, calls } = createGuard(ports);
  const cards = createCards(events);
  const uploads = createUploads(ports);
  const conversationOf = (msgId: string) => saidIn.get(msgId);
  const reactions = createReactions({ guard, robotCode, events, conversationOf });
  const subscribed = (topic: string) =>
    opens.at(-1)?.subscriptions?.some((wanted) => wanted.topic === topic) === true;
  const presses = createPresses({ cards, stream, subscribed });
  const registrations = createRegistrations(settings, () => server.url);
  app.route("/", createOpenApi({ ...ports, guard, settings }));
  app.route("/", createRobotApi({ ...ports, guard, cards, uploads, flowControlled }));
  app.route("/", createCardApi({ ...ports, guard, cards, templates: settings.templates }));
  for (const part of [files, uploads, reactions, registrations]) app.route("/", part.app);
  // For answers of the echo: a picture that anybody may fetch.
  app.get("/samples/chart.png", (c) =>
    c.body(chart(), 200, { "content-type": "image/png", "x-content-type-options": "nosniff" }),
  );

  const server = await listen((request, env) => app.fetch(request, env), {
    onUpgrade: stream.onUpgrade,
  });

  const messageFor = (said: Saying) => {
    const saying = completed(said);
    const { kind, conversationId, from, senderStaffId } = saying;
    // Nobody else has a staff id to be written to by.
    if (kind === "group" || from === "colleague") {
      directory.heard(kind, conversationId, senderStaffId);
    }
    const { session, expiresAt } = webhooks.issue(conversationId);
    const webhook = { url: `${server.url}/robot/sendBySession?session=${session}`, expiresAt };
    const message = robotMessage(saying, { robotCode: clientId, webhook, overQuota });
    saidIn.set(message.msgId, message.conversationId);
    return message;
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
      id: message.msgId,
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
    /** DingTalk's opaque id of the robot. */
    robotId: robotIdOf(clientId),
    events,
    faults,
    stream,
    /** All the robot has sent, in order. */
    sent: outbox.sent,
    /** The same with what each carries, and whether it was taken back. */
    sends: outbox.sends,
    /** Every card, in order, with all that came for it. */
    cards: cards.all,
    /** What the robot has put on people's messages. */
    reactions: reactions.all,
    /** What the robot has uploaded, in order. */
    uploads: uploads.all,
    /** An upload by its media id. */
    upload: uploads.find,
    /** Presses of cards' buttons, in order. */
    presses: presses.all,
    /** Somebody presses a button. */
    press: presses.press,
    /** Every call of the OpenAPI, in order. */
    calls,
    /** Every call and message that came too fast. */
    violations: outbox.violations,
    /** All requests to open a connection. */
    opens,
    /** Robots created by a QR code: it is always this one. */
    registrations,
    /** Users a batchSend does not find. */
    invalidStaff,
    /** Users a batchSend is kept from for now. */
    flowControlled,
    /** Permissions the app has not been given. */
    denied,
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
