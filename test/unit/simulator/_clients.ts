import { STOPPABLE, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { CARD_TOPIC, ROBOT_TOPIC } from "../../../src/core/stream/frame.ts";
import type { EchoGateway } from "../../../src/simulator/gateway.ts";
import { until } from "../../support/until.ts";

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = "POST",
) {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const answer: Answer = {
    status: response.status,
    body: (await response.json()) as Answer["body"],
  };
  return answer;
}

/** A robot: it can call the OpenAPI, and acks what is pushed to it. */
export function createRobot(dingtalk: DingTalk) {
  const pushed: Record<string, unknown>[] = [];
  const token = async (): Promise<string> => {
    const { clientId: appKey, clientSecret: appSecret } = dingtalk;
    const { body } = await post(`${dingtalk.url}/v1.0/oauth2/accessToken`, { appKey, appSecret });
    return String(body["accessToken"]);
  };
  const call = async (path: string, body: object, accessToken: string) =>
    await post(
      `${dingtalk.url}/v1.0/robot/${path}`,
      { robotCode: dingtalk.clientId, ...body },
      { "x-acs-dingtalk-access-token": accessToken },
    );
  /** Calls any API with a good token and the robot's code. */
  const api = async (path: string, body: object, method = "POST") =>
    await post(
      dingtalk.url + path,
      { robotCode: dingtalk.clientId, ...body },
      { "x-acs-dingtalk-access-token": await token() },
      method,
    );
  const upload = async (type: string, file: File | undefined, accessToken?: string) => {
    const form = new FormData();
    if (file !== undefined) form.set("media", file);
    const query = new URLSearchParams({ access_token: accessToken ?? (await token()), type });
    const url = `${dingtalk.url}/media/upload?${query.toString()}`;
    const response = await fetch(url, { method: "POST", body: form });
    return (await response.json()) as Answer["body"];
  };
  const text = (content: string) => ({
    msgKey: "sampleText",
    msgParam: JSON.stringify({ content }),
  });
  return {
    /** What was pushed, in order. */
    pushed,
    token,
    text,
    call,
    api,
    upload,
    /** Puts a card into a chat with a user, or into a group. Fields replace those of the body. */
    card: async (outTrackId: string, where: { user: string } | { group: string }, fields = {}) =>
      await api("/v1.0/card/instances/createAndDeliver", {
        ...cardBody(outTrackId, where, dingtalk.clientId),
        ...fields,
      }),
    frame: async (outTrackId: string, content: string, fields: object = {}) =>
      await api(
        "/v1.0/card/streaming",
        {
          outTrackId,
          guid: crypto.randomUUID(),
          key: "content",
          content,
          isFull: true,
          isFinalize: false,
          isError: false,
          ...fields,
        },
        "PUT",
      ),
    toUsers: async (userIds: readonly string[], content = "hi", fields: object = {}) =>
      await call("oToMessages/batchSend", { userIds, ...text(content), ...fields }, await token()),
    toGroup: async (openConversationId: string, content = "hi", fields: object = {}) =>
      await call(
        "groupMessages/send",
        { openConversationId, ...text(content), ...fields },
        await token(),
      ),
    toWebhook: async (message: { readonly sessionWebhook: string }, content = "hi") =>
      await post(message.sessionWebhook, { msgtype: "text", text: { content } }),
    async connect() {
      const { clientId, clientSecret } = dingtalk;
      const { body } = await post(`${dingtalk.url}/v1.0/gateway/connections/open`, {
        clientId,
        clientSecret,
        subscriptions: [ROBOT_TOPIC, CARD_TOPIC].map((topic) => ({ type: "CALLBACK", topic })),
      });
      const url = new URL(String(body["endpoint"]));
      url.searchParams.set("ticket", String(body["ticket"]));
      const socket = new WebSocket(url);
      socket.addEventListener("message", ({ data }) => {
        const frame = JSON.parse(String(data)) as {
          type: string;
          headers: { messageId: string };
          data: string;
        };
        if (frame.type === "CALLBACK") {
          pushed.push(JSON.parse(frame.data) as Record<string, unknown>);
        }
        socket.send(JSON.stringify({ code: 200, headers: frame.headers, data: frame.data }));
      });
      await until("the link", () => dingtalk.stream.links === 1);
    },
  };
}

function cardBody(outTrackId: string, where: { user: string } | { group: string }, code: string) {
  const common = {
    cardTemplateId: STOPPABLE.id,
    outTrackId,
    callbackType: "STREAM",
    cardData: { cardParamMap: {} },
    userIdType: 1,
  };
  if ("user" in where) {
    return {
      ...common,
      openSpaceId: `dtv1.card//IM_ROBOT.${where.user}`,
      imRobotOpenSpaceModel: { supportForward: true },
      imRobotOpenDeliverModel: { spaceType: "IM_ROBOT", robotCode: code },
    };
  }
  return {
    ...common,
    openSpaceId: `dtv1.card//IM_GROUP.${where.group}`,
    imGroupOpenSpaceModel: { supportForward: true },
    imGroupOpenDeliverModel: { robotCode: code },
  };
}

/** A question under way. */
export interface Asking {
  /** Undefined when there was no answer. */
  readonly status: Promise<number | undefined>;
  /** The stream so far, as it came. */
  readonly raw: () => string;
  /** Its content deltas, joined. */
  readonly text: () => string;
  /** Resolves when the stream has ended, as it should or not. */
  readonly ended: Promise<void>;
  hangUp(): void;
}

/** Someone who asks the gateway. */
export function createAsker(gateway: EchoGateway) {
  const authorization = `Bearer ${gateway.token}`;
  const ask = (session: string, text: string): Asking => {
    const hook = new AbortController();
    const decoder = new TextDecoder();
    let raw = "";
    const response = fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization, "x-openclaw-session-key": session },
      body: JSON.stringify({
        model: "openclaw/main",
        stream: true,
        messages: [{ role: "user", content: text }],
      }),
      signal: hook.signal,
    });
    const read = async () => {
      for await (const bytes of (await response).body ?? []) raw += decoder.decode(bytes);
    };
    return {
      status: response.then(({ status }) => status).catch(() => undefined),
      raw: () => raw,
      text: () => [...raw.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join(""),
      ended: read().catch(() => undefined),
      hangUp: () => hook.abort(),
    };
  };
  return {
    ask,
    /** The whole answer, as the stream has it. */
    async answerTo(session: string, text: string): Promise<Asking> {
      const asking = ask(session, text);
      await asking.ended;
      return asking;
    },
    tool: async (tool: string, args: object = {}) =>
      await post(`${gateway.url}/tools/invoke`, { tool, args }, { authorization }),
    async ready() {
      const response = await fetch(`${gateway.url}/readyz`);
      const { failing } = (await response.json()) as { failing: string[] };
      return { status: response.status, failing };
    },
  };
}

/** An answer in the test's hands: nothing comes until it is released. */
export function createHeld() {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  return { held, release };
}
