import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import * as v from "valibot";
import type { DingTalk, Saying } from "./dingtalk.ts";
import type { SimulatorEvent } from "./events.ts";
import { WORDS, type EchoWord } from "./echo-words.ts";
import { echoWords, type EchoGateway } from "./gateway.ts";
import { listen } from "./listen.ts";
import { sampleOf } from "./samples.ts";

/** The two chats of the page. */
export const CHATS = [
  { id: "direct", title: "dingbridge", conversationId: "ciddirectSimulated==" },
  { id: "group", title: "演示群", conversationId: "cidgroupSimulated==" },
] as const;

const Action = v.variant("action", [
  v.object({
    action: v.literal("say"),
    chat: v.picklist(["direct", "group"]),
    text: v.pipe(v.string(), v.maxLength(10_000)),
  }),
  v.object({
    action: v.literal("send"),
    chat: v.picklist(["direct", "group"]),
    sample: v.picklist(["picture", "file", "voice", "quote"]),
    text: v.pipe(v.string(), v.maxLength(10_000)),
    language: v.picklist(["zh", "en"]),
  }),
  v.object({ action: v.literal("press"), outTrackId: v.string(), actionId: v.string() }),
  v.object({ action: v.literal("drop") }),
  v.object({ action: v.literal("disconnect") }),
  v.object({ action: v.literal("expire") }),
  v.object({ action: v.literal("gateway"), running: v.boolean() }),
]);
type Act = v.InferOutput<typeof Action>;

const chatOf = (id: "direct" | "group") => CHATS.find((chat) => chat.id === id) ?? CHATS[0];

const asset = (name: string) =>
  readFileSync(fileURLToPath(new URL(`page/${name}`, import.meta.url)), "utf8");
const SCRIPT = "text/javascript; charset=utf-8";
const SCRIPTS = [
  "page",
  "texts",
  "dom",
  "markdown",
  "links",
  "bubble",
  "posts",
  "cards",
  "marks",
  "frames",
  "tries",
  "attach",
];
const ASSETS: readonly (readonly [path: string, type: string, read: () => string])[] = [
  ["/", "text/html; charset=utf-8", () => asset("index.html")],
  ...["style", "posts"].map(
    (name) => [`/${name}.css`, "text/css; charset=utf-8", () => asset(`${name}.css`)] as const,
  ),
  ...SCRIPTS.map((name) => [`/${name}.js`, SCRIPT, () => asset(`${name}.js`)] as const),
  ["/marked.js", SCRIPT, () => readFileSync(fileURLToPath(import.meta.resolve("marked")), "utf8")],
];

export interface ChatPageOptions {
  readonly dingtalk: DingTalk;
  /** Undefined when a real gateway answers: it cannot be stopped from here. */
  readonly gateway: EchoGateway | undefined;
  /** Words the gateway answers in some special way: buttons that say them. */
  readonly tries?: readonly EchoWord[];
  /** 0: any free port. */
  readonly port: number;
}

/**
 * The demo's chat page: `GET /` the page · `GET /info` its chats · `GET /events` what happens, as
 * server-sent events, the past first · `GET /picture/<code>` what somebody sent · `GET /media/<id>` what
 * the robot has uploaded · `POST /act` what a person does. On loopback only, and only for pages of its own origin.
 */
export async function startChatPage(options: ChatPageOptions) {
  const { dingtalk, gateway, port } = options;
  const { tries = gateway === undefined ? [] : echoWords() } = options;
  const { events } = dingtalk;
  const app = new Hono();

  for (const [path, type, read] of ASSETS) {
    app.get(path, (c) =>
      c.body(read(), 200, { "content-type": type, "cache-control": "no-store" }),
    );
  }
  app.get("/info", (c) =>
    c.json({
      chats: CHATS,
      gateway: gatewayState(),
      tries: WORDS.filter(({ word }) => tries.includes(word)).map(({ word, zh }) => ({
        word,
        zh,
      })),
    }),
  );

  app.get("/picture/:code", (c) => {
    const file = dingtalk.files.find(c.req.param("code"));
    if (file?.mime?.startsWith("image/") !== true) return c.notFound();
    return c.body(file.bytes, 200, {
      "content-type": file.mime,
      "x-content-type-options": "nosniff",
    });
  });

  app.get("/media/:id", (c) => {
    const upload = dingtalk.upload(c.req.param("id"));
    if (upload === undefined) return c.notFound();
    const { mime, name, bytes } = upload;
    const shown = mime !== undefined && c.req.query("download") === undefined;
    return c.body(bytes, 200, {
      "content-type": shown ? mime : "application/octet-stream",
      "content-disposition": shown
        ? "inline"
        : `attachment; filename*=UTF-8''${encodeURIComponent(c.req.query("download") || name)}`,
      "content-security-policy": "sandbox",
      "x-content-type-options": "nosniff",
    });
  });
  app.get("/media/:id/about", (c) => {
    const upload = dingtalk.upload(c.req.param("id"));
    if (upload === undefined) return c.notFound();
    return c.json({ name: upload.name, bytes: upload.bytes.length, mime: upload.mime ?? "" });
  });

  app.get("/events", (c) =>
    streamSSE(c, async (out) => {
      const queue: SimulatorEvent[] = [...events.past(), state()];
      let wake = () => {};
      const unsubscribe = events.subscribe((event) => {
        queue.push(event);
        wake();
      });
      out.onAbort(() => {
        unsubscribe();
        wake();
      });
      while (!out.aborted) {
        for (const event of queue.splice(0)) await out.writeSSE({ data: JSON.stringify(event) });
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (queue.length > 0 || out.aborted) resolve();
        });
      }
    }),
  );

  app.post("/act", async (c) => {
    const origin = c.req.header("origin");
    if (
      origin !== undefined &&
      origin !== server.url &&
      origin !== `http://localhost:${server.port}`
    ) {
      return c.json({ error: "not from here" }, 403);
    }
    const parsed = v.safeParse(Action, await c.req.json().catch(() => undefined));
    if (!parsed.success) return c.json({ error: "unknown action" }, 400);
    const done = await act(parsed.output);
    changed();
    return done === false ? c.json({ error: "not in this chat" }, 400) : c.json({ ok: true });
  });

  // Not waited for: without a link a message lies here until there is one.
  const say = (chat: (typeof CHATS)[number], saying: Saying) =>
    void dingtalk.say({
      kind: chat.id,
      conversationId: chat.conversationId,
      conversationTitle: chat.title,
      ...saying,
    });

  /** What the robot has said last in a chat: a message, or a card as it is now. */
  const lastIn = (conversationId: string) => {
    const isHere = (it: { readonly conversationId: string; readonly recalledAt?: unknown }) =>
      it.conversationId === conversationId && it.recalledAt === undefined;
    const sent = dingtalk.sent.findLast(isHere);
    const card = dingtalk.cards().findLast(isHere);
    if (card !== undefined && card.time >= (sent?.time ?? 0)) {
      const markdown = { title: "", text: card.text };
      return { body: { msgtype: "markdown", markdown }, key: card.carrierId };
    }
    return sent === undefined ? undefined : { body: sent.body, key: sent.processQueryKey };
  };

  const send = (action: Extract<Act, { action: "send" }>): boolean => {
    const chat = chatOf(action.chat);
    const said = sampleOf(action.sample, {
      files: dingtalk.files,
      group: chat.id === "group",
      language: action.language,
      words: action.text,
      last: lastIn(chat.conversationId),
      robotId: dingtalk.robotId,
    });
    if (said !== undefined) say(chat, { said });
    return said !== undefined;
  };

  // Not waited for: a robot that does not ack it is shown by the frames.
  const press = ({ outTrackId, actionId }: Extract<Act, { action: "press" }>): boolean => {
    const card = dingtalk.cards().find((it) => it.outTrackId === outTrackId);
    if (card?.template.stopAction !== actionId) return false;
    dingtalk.press({ outTrackId, actionId }).catch(() => undefined);
    return true;
  };

  /** False if a person could not do that. */
  const act = async (action: Act): Promise<boolean | void> => {
    switch (action.action) {
      case "say":
        return say(chatOf(action.chat), { text: action.text });
      case "send":
        return send(action);
      case "press":
        return press(action);
      case "drop":
        return dingtalk.stream.drop();
      case "disconnect":
        return dingtalk.stream.disconnect();
      case "expire":
        return dingtalk.expireWebhooks();
      case "gateway":
        return await (action.running ? gateway?.start() : gateway?.stop());
    }
  };

  const gatewayState = () =>
    gateway === undefined ? "real" : gateway.running ? "echo" : "stopped";
  const state = (): SimulatorEvent => ({
    type: "state",
    time: Date.now(),
    links: dingtalk.stream.links,
    gateway: gatewayState(),
    webhooks: dingtalk.webhooks,
  });
  const changed = () => events.emit(state());
  dingtalk.onChange = changed;

  const server = await listen((request) => app.fetch(request), { port });
  return server;
}
