import { createParser } from "eventsource-parser";
import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { parseJson } from "../json.ts";
import { readBytes, type ByteReader } from "../read-bytes.ts";
import { errorIn } from "./errors.ts";

const Chunk = v.object({
  id: v.optional(v.string()),
  choices: v.optional(
    v.array(
      v.object({
        delta: v.optional(v.object({ content: v.nullish(v.string()) })),
        finish_reason: v.nullish(v.string()),
      }),
    ),
    [],
  ),
});

/** Longest answer taken, in characters: a dozen messages in a chat. The rest is cut off. */
const MAX_ANSWER_CHARS = 200_000;
/** Most that is read of a stream without an event. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** How long the gateway may take to end the response after `[DONE]`. */
const END_MS = 5000;

/** What a run's stream brought. */
export interface Streamed {
  readonly runId: string | undefined;
  readonly text: string;
  /** The model ran into its output limit, or the answer into ours. */
  readonly truncated: boolean;
  readonly error: { readonly message: string; readonly type: string } | undefined;
  /** `[DONE]` came: without it the connection died and the text may be half an answer. */
  readonly done: boolean;
}

export interface StreamEvents {
  /** The first chunk: the gateway has taken the request. */
  onRun(runId: string): void;
  /** A piece more of the answer: all of it so far. */
  onContent(soFar: string): void;
}

/** Reads the server-sent events of `POST /v1/chat/completions` to their `[DONE]`. Throws if the connection breaks. */
export async function readAnswer(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
  events: StreamEvents,
): Promise<Streamed> {
  let runId: string | undefined;
  let text = "";
  let finish: string | undefined;
  let done = false;
  let error: Streamed["error"];
  let sinceEvent = 0;

  const take = (chunk: v.InferOutput<typeof Chunk>) => {
    if (runId === undefined && chunk.id !== undefined) {
      runId = chunk.id;
      events.onRun(runId);
    }
    for (const { delta, finish_reason } of chunk.choices) {
      const said = delta?.content ?? "";
      text += said.slice(0, MAX_ANSWER_CHARS - text.length);
      if (said !== "") events.onContent(text);
      finish = finish_reason ?? finish;
    }
  };

  const parser = createParser({
    onEvent({ data }) {
      sinceEvent = 0;
      if (data === "[DONE]") {
        done = true;
        return;
      }
      const json = parseJson(data);
      error ??= errorIn(json);
      const chunk = v.safeParse(Chunk, json);
      if (chunk.success) take(chunk.output);
    },
  });
  const decoder = new TextDecoder();
  const reader = readBytes(body);
  for (;;) {
    const { value, done: end } = await reader.read();
    if (end || value === undefined) break;
    sinceEvent += value.byteLength;
    parser.feed(decoder.decode(value, { stream: true }));
    if (done) break;
    if (sinceEvent > MAX_EVENT_BYTES) {
      await reader.cancel().catch(() => undefined);
      break;
    }
  }
  if (done) letItEnd(reader, clock);
  const truncated = finish === "length" || text.length === MAX_ANSWER_CHARS;
  return { runId, text, truncated, error, done };
}

/**
 * After [DONE] the gateway ends the response itself. Hanging up first would look to it like a client
 * that went away in mid-turn, so it gets a moment; the answer does not wait for that.
 */
function letItEnd(reader: ByteReader, clock: Clock): void {
  const hangUp = () => void reader.cancel().catch(() => undefined);
  const timer = clock.after(END_MS, hangUp);
  const rest = async () => {
    while (!(await reader.read()).done);
  };
  void rest()
    .catch(() => undefined)
    .then(() => timer.cancel());
}
