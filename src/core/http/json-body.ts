import type { Context } from "hono";
import type { Problem } from "../send/problems.ts";

/** A body's JSON, or the answer to whoever sent something else. */
export type JsonBody =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly answer: Response };

const MAX_BODY_BYTES = 1024 * 1024;
const JSON_TYPE = /^application\/json *(;|$)/i;

/** 415 if the body says to be something else than JSON, 413 if it is over 1 MiB, 400 if it is no JSON. */
export async function readJson(c: Context): Promise<JsonBody> {
  if (!JSON_TYPE.test(c.req.header("content-type") ?? "")) {
    return refused(c.json({ error: "expected Content-Type: application/json" }, 415));
  }
  const text = await readBody(c.req.raw.body);
  if (text === undefined) {
    return refused(c.json({ error: "expected a body of at most 1 MiB" }, 413));
  }
  try {
    return { ok: true, json: JSON.parse(text) };
  } catch {
    return refused(invalid(c, [{ path: "", reason: "expected JSON" }]));
  }
}

export const invalid = (c: Context, problems: readonly Problem[]) =>
  c.json({ error: "invalid request", problems }, 400);

const refused = (answer: Response): JsonBody => ({ ok: false, answer });

/**
 * Counted while it comes, as it may not say its length, or a wrong one. Not by hono's `bodyLimit`: where
 * the length is missing that makes a new `Request`, which the Node server's own kind does not bear.
 */
async function readBody(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY_BYTES) break;
    text += decoder.decode(value, { stream: true });
  }
  return undefined;
}
