/** When what arrived, on the clock of `performance.now()`. */
export interface Marks {
  /** The gateway request. */
  readonly asked: number;
  /** The gateway's last byte left. */
  readonly done: number;
  /** The webhook request. */
  readonly replied: number;
  /** The reply as it was sent to the webhook. */
  readonly body: string;
}

export interface AnsweringOptions {
  /** Holds the gateway's answer back, before its headers or after its first chunk. */
  readonly hold?: (text: string) => {
    readonly headers?: Promise<void>;
    readonly body?: Promise<void>;
  };
}

export const ANSWER = "收到";

const chunk = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ id: "chatcmpl_bench", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const HEAD = chunk({ role: "assistant" }, null);
const REST = chunk({ content: ANSWER }, null) + chunk({}, "stop") + "data: [DONE]\n\n";

/** The gateway and DingTalk's webhook in one server that answers at once, unless told to hold back. */
export function startAnswering({ hold }: AnsweringOptions = {}) {
  const waiting = new Map<string, (marks: Marks) => void>();
  let asked = 0;
  let done = 0;

  const gateway = async (request: Request) => {
    asked = performance.now();
    const { messages } = (await request.json()) as { messages?: { content: string }[] };
    const held = hold?.(messages?.at(-1)?.content ?? "");
    await held?.headers;
    const body = new ReadableStream<string>({
      async start(controller) {
        controller.enqueue(HEAD);
        await held?.body;
        done = performance.now();
        controller.enqueue(REST);
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };

  const webhook = async (request: Request, session: string) => {
    const replied = performance.now();
    const body = await request.text();
    waiting.get(session)?.({ asked, done, replied, body });
    return Response.json({ errcode: 0, errmsg: "ok" });
  };

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/v1/chat/completions") return gateway(request);
      return webhook(request, searchParams.get("session") ?? "");
    },
  });
  const url = server.url.origin;

  return {
    url,
    gateway: `${url}/v1/chat/completions`,
    webhook: (session: string) => `${url}/robot/sendBySession?session=${session}`,
    /** Resolves when something is said to this session. */
    reply: (session: string) =>
      new Promise<Marks>((resolve) => {
        waiting.set(session, resolve);
      }),
    stop: () => server.stop(true),
  };
}

/** A gateway that takes questions and never says a word. */
export function startEndless() {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: () => new Promise<Response>(() => {}),
  });
  return { url: server.url.origin, stop: () => server.stop(true) };
}

/** The address of a gateway that is away: connections are refused. */
export async function awayUrl(): Promise<string> {
  const server = startEndless();
  await server.stop();
  return server.url;
}

/** Said after so many ms; until then the gateway has begun its answer, as the real one does, and is silent. */
export const silentFor = (ms: () => number): AnsweringOptions => ({
  hold: () => ({ body: Bun.sleep(ms()) }),
});
