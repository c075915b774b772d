const encoder = new TextEncoder();

export interface FakeStream {
  /** A 200 response whose body is this stream. Aborting `signal` breaks it, as with a real one. */
  response(signal?: AbortSignal): Response;
  write(chunk: string | Uint8Array): void;
  end(): void;
  break(error: Error): void;
  readonly cancelled: () => boolean;
}

/** A server-sent event stream in the test's hands. */
export function createFakeStream(): FakeStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  let over = false;
  const body = new ReadableStream<Uint8Array>({
    start(its) {
      controller = its;
    },
    cancel() {
      cancelled = true;
    },
  });
  const fail = (error: unknown) => {
    if (over || cancelled) return;
    over = true;
    controller?.error(error);
  };
  return {
    response(signal) {
      signal?.addEventListener("abort", () => fail(signal.reason), { once: true });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
    write(chunk) {
      // Nobody is there to read it.
      if (over || cancelled) return;
      controller?.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
    },
    end() {
      if (over || cancelled) return;
      over = true;
      controller?.close();
    },
    break: fail,
    cancelled: () => cancelled,
  };
}

/** A whole stream, in the chunks given, ended or not. */
export function streamOf(...chunks: (string | Uint8Array)[]): FakeStream {
  const stream = createFakeStream();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return stream;
}

export const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
export const DONE = "data: [DONE]\n\n";

/** The first chunk: the gateway has taken the request, and names the run. */
export const opening = (runId = "chatcmpl_1"): string =>
  event({ id: runId, choices: [{ index: 0, delta: { role: "assistant" }, finish_reason: null }] });

/** A content chunk as the gateway sends it. */
export const delta = (content: string, runId = "chatcmpl_1"): string =>
  event({
    id: runId,
    object: "chat.completion.chunk",
    model: "openclaw",
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  });

export const finish = (reason = "stop", runId = "chatcmpl_1"): string =>
  event({ id: runId, choices: [{ index: 0, delta: {}, finish_reason: reason }] });

/** An error as it comes inside a stream that began with 200. */
export const streamError = (message: string, type = "api_error"): string =>
  event({ error: { message, type } });

/** A complete answer. */
export const answerStream = (text: string, runId = "chatcmpl_1"): FakeStream =>
  streamOf(opening(runId), delta(text, runId), finish("stop", runId), DONE);
