/** How an answer is written. */
export interface Writing {
  readonly chunks: readonly string[];
  /** Before the first chunk, and between two. */
  readonly everyMs: number;
}

export interface StreamingOptions {
  /** What is written to a question. */
  readonly write: (question: string) => Writing;
  /** A chunk is about to leave, at `performance.now()`. */
  readonly onChunk: (question: string, chunk: number, at: number) => void;
}

const event = (delta: object, finish_reason: string | null) =>
  `data: ${JSON.stringify({ id: "chatcmpl_bench", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

/** A gateway whose answers come chunk by chunk. */
export function startStreaming({ write, onChunk }: StreamingOptions) {
  const answer = async (request: Request) => {
    const { messages } = (await request.json()) as { messages?: { content: string }[] };
    const question = messages?.at(-1)?.content ?? "";
    const { chunks, everyMs } = write(question);
    const body = new ReadableStream<string>({
      async start(controller) {
        controller.enqueue(event({ role: "assistant" }, null));
        for (const [at, content] of chunks.entries()) {
          await Bun.sleep(everyMs);
          onChunk(question, at, performance.now());
          controller.enqueue(event({ content }, null));
        }
        controller.enqueue(`${event({}, "stop")}data: [DONE]\n\n`);
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/v1/chat/completions") return answer(request);
      return new Response(null, { status: pathname === "/readyz" ? 200 : 404 });
    },
  });
  return { url: server.url.origin, stop: () => server.stop(true) };
}
