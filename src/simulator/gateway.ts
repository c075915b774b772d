import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { stream } from "hono/streaming";
import { listen, type Listening } from "./listen.ts";

/** A request as the gateway saw it. */
export interface Asked {
  readonly time: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly session: string;
  readonly body: {
    readonly model: string;
    readonly stream: boolean;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
  /** The user's message. */
  readonly text: string;
}

/** Pieces of the answer's text, or a whole response where something is to go wrong. */
export type Responder = (asked: Asked) => AsyncIterable<string> | Response;

export interface GatewayOptions {
  readonly token?: string;
  readonly respond?: Responder;
  /** Called with the answer so far, each time it grows and once when it is complete. */
  readonly onStreaming?: (session: string, text: string, done: boolean) => void;
}

const ECHO = {
  zh: ["你说的是：", "我是**回声网关**，接上真正的 OpenClaw 后，回答就来自你的智能体。"],
  en: ["You said:", "I am the **echo gateway**. With a real OpenClaw your agent answers here."],
} as const;

/** Says back what was said, in pieces, with enough markdown to look at. */
export function createEcho(locale: "zh" | "en"): Responder {
  const [before, after] = ECHO[locale];
  return async function* ({ text }) {
    const answer = `${before}\n\n> ${text.replaceAll("\n", "\n> ")}\n\n${after}`;
    // In about two seconds, however long it is.
    const size = Math.max(4, Math.ceil(answer.length / 50));
    for (let at = 0; at < answer.length; at += size) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      yield answer.slice(at, at + size);
    }
  };
}

/** A stand-in for the OpenClaw gateway's HTTP API: one endpoint that streams, and its health pages. */
export async function startGateway(options: GatewayOptions = {}) {
  const { token = "simulated-token", onStreaming } = options;
  let respond = options.respond ?? createEcho("zh");
  const asked: Asked[] = [];
  let inFlight = 0;

  const app = new Hono();
  app.get("/healthz", (c) => c.json({ ok: true, status: "live" }));
  app.get("/readyz", (c) => c.json({ ready: true, failing: [] }));
  app.post("/v1/chat/completions", async (c) => {
    if (c.req.header("authorization") !== `Bearer ${token}`) {
      return c.json({ error: { message: "Unauthorized", type: "unauthorized" } }, 401);
    }
    const body = await c.req.json<Asked["body"]>();
    const session = c.req.header("x-openclaw-session-key") ?? "";
    const text = body.messages.findLast(({ role }) => role === "user")?.content ?? "";
    const request: Asked = { time: Date.now(), headers: c.req.header(), session, body, text };
    asked.push(request);
    const answer = respond(request);
    if (answer instanceof Response) return answer;

    c.header("content-type", "text/event-stream; charset=utf-8");
    c.header("cache-control", "no-cache");
    const id = `chatcmpl_${randomUUID()}`;
    const chunk = (delta: object, finish_reason: string | null) =>
      `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created: Math.floor(Date.now() / 1000), model: "openclaw", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    return stream(c, async (out) => {
      inFlight++;
      out.onAbort(() => {
        inFlight--;
      });
      await out.write(chunk({ role: "assistant" }, null));
      let said = "";
      for await (const piece of answer) {
        if (out.aborted) return;
        said += piece;
        onStreaming?.(session, said, false);
        await out.write(chunk({ content: piece }, null));
      }
      onStreaming?.(session, said, true);
      await out.write(chunk({}, "stop"));
      await out.write("data: [DONE]\n\n");
      inFlight--;
    });
  });

  let server: Listening | undefined = await listen((request) => app.fetch(request));
  const { url, port } = server;
  return {
    url,
    token,
    /** All questions, in order of arrival. */
    asked,
    set respond(next: Responder) {
      respond = next;
    },
    get inFlight() {
      return inFlight;
    },
    get running() {
      return server !== undefined;
    },
    /** Goes away without a word: running answers break off, new requests are refused. */
    async stop() {
      const stopping = server;
      server = undefined;
      await stopping?.close();
    },
    /** Comes back under the same address. */
    async start() {
      server ??= await listen((request) => app.fetch(request), { port });
    },
  };
}

export type EchoGateway = Awaited<ReturnType<typeof startGateway>>;
