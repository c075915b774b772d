import type { Context } from "hono";
import type { Log } from "../log.ts";
import { reasonOf } from "../log.ts";
import type { Submitted } from "../send/sending.ts";

const FULL_SECONDS = 60;
const BROKEN_SECONDS = 10;

/** What a caller hears of a submission. */
export function submitted(c: Context, outcome: Submitted): Response {
  if (outcome.kind === "full") {
    c.header("retry-after", String(FULL_SECONDS));
    return c.json({ error: "too many messages wait to be sent: try again later" }, 429);
  }
  c.header("location", `/v1/messages/${outcome.id}`);
  return c.json({ id: outcome.id }, 202);
}

/** Answers 503 if the store fails: whatever was asked has not happened, or may be asked again. */
export async function orUnavailable(
  c: Context,
  log: Log,
  work: () => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    log.error("a request could not be served", { path: c.req.routePath, reason: reasonOf(error) });
    c.header("retry-after", String(BROKEN_SECONDS));
    return c.json({ error: "the store does not work right now: try again" }, 503);
  }
}
