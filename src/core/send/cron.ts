import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { foldedKey, type Chat } from "../inbound/session.ts";
import { cleanAnswer } from "../reply/directives.ts";
import type { Store } from "../store.ts";
import type { Texts } from "../texts.ts";
import type { Address } from "./address.ts";
import type { Content } from "./content.ts";
import type { Sending, Submitted } from "./sending.ts";

export type CronOutcome =
  | Submitted
  /** There is nothing to say. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** Nobody knows which chat is meant. */
  | { readonly kind: "unknown-chat"; readonly reason: string };

export interface CronOptions {
  readonly store: Pick<Store, "chatByFoldedKey">;
  readonly sending: Pick<Sending, "submit">;
  readonly texts: Pick<Texts, "jobFailed">;
  readonly clock: Clock;
}

/** Brings what the gateway's scheduled jobs have to say into a chat. Rejects if the store fails. */
export interface CronDelivery {
  /** `to`: addressees instead of the chat the session key names; empty: none given. */
  deliver(event: CronEvent, to: readonly Address[]): Promise<CronOutcome>;
}

const text = v.optional(v.nullable(v.string("expected a string")));
const id = v.optional(v.nullable(v.union([v.string(), v.number()], "expected a string or number")));

/**
 * The body of the gateway's cron webhook (a job with `delivery.mode: "webhook"`), as far as it matters
 * here. A run has `runId` and `runAtMs` in newer gateways only.
 */
export const CronEventSchema = v.object(
  {
    jobId: v.pipe(v.string("expected the job's id"), v.minLength(1, "is empty")),
    action: v.string("expected a string"),
    job: v.optional(v.nullable(v.object({ name: text, sessionKey: text }, "expected an object"))),
    status: text,
    summary: text,
    error: text,
    sessionKey: text,
    sessionId: id,
    runId: id,
    runAtMs: id,
  },
  "expected an object",
);

export type CronEvent = v.InferOutput<typeof CronEventSchema>;

const NAME_CHARS = 100;
const ERROR_CHARS = 1000;
const MINUTE = 60_000;

export function createCronDelivery(options: CronOptions): CronDelivery {
  const { store, sending, texts, clock } = options;

  /**
   * A job that was made in a chat ("remind me") runs in a session of its own, which stands in front: the
   * chat's is the job's. Seen with OpenClaw 2026.9.6.
   */
  const chatNamedBy = async ({ sessionKey, job }: CronEvent): Promise<Chat | undefined> => {
    for (const key of [sessionKey, job?.sessionKey]) {
      const chat = key ? await store.chatByFoldedKey(foldedKey(key)) : undefined;
      if (chat !== undefined) return chat;
    }
    return undefined;
  };

  return {
    async deliver(event, to) {
      if (event.action !== "finished") return ignored("only finished runs are delivered");
      const content = contentOf(event, texts);
      if (typeof content === "string") return ignored(content);
      const chat = to.length > 0 ? to : await chatNamedBy(event);
      const sessionKey = event.job?.sessionKey ?? event.sessionKey ?? "";
      if (chat === undefined) return { kind: "unknown-chat", reason: reasonFor(sessionKey) };
      const idempotencyKey = await keyOf(event, to, clock.now());
      return await sending.submit({
        to: "account" in chat ? chatOf(chat) : chat,
        content,
        idempotencyKey,
      });
    },
  };
}

const ignored = (reason: string): CronOutcome => ({ kind: "ignored", reason });

/** What there is to say, or why there is nothing. */
function contentOf(event: CronEvent, texts: Pick<Texts, "jobFailed">): Content | string {
  if (event.status === "error") {
    const name = oneLine(event.job?.name || event.jobId).slice(0, NAME_CHARS);
    const error = oneLine(event.error || "?").slice(0, ERROR_CHARS);
    return { kind: "text", text: texts.jobFailed(name, error) };
  }
  const cleaned = cleanAnswer(event.summary ?? "");
  return cleaned.kind === "text" ? { kind: "markdown", text: cleaned.text } : cleaned.kind;
}

const oneLine = (said: string) => said.replace(/\s+/g, " ").trim();

const chatOf = ({ account, kind, conversationId, userId }: Chat): Chat => ({
  account,
  kind,
  conversationId,
  userId,
});

function reasonFor(sessionKey: string): string {
  return /^agent:[^:]+:dingtalk:(user|group):/.test(sessionKey)
    ? "nobody has written in this session's chat yet, and the gateway gives session keys in small letters only, from which the id cannot be told: name the chat by ?to=user:<user id> or ?to=group:<conversation id>"
    : "this session belongs to no DingTalk chat: name one by ?to=user:<user id> or ?to=group:<conversation id>";
}

/**
 * The same run reported twice is one message. A session lasts for many runs, so where nothing else names
 * the run, its words and the minute do. The blank keeps it apart from the keys callers may choose.
 */
async function keyOf(event: CronEvent, to: readonly Address[], now: number): Promise<string> {
  const { jobId, runId, runAtMs, sessionId, status, summary, error } = event;
  const run =
    (runId ?? runAtMs ?? undefined) === undefined
      ? [sessionId, status, summary, error, Math.floor(now / MINUTE)]
      : [runId, runAtMs, sessionId];
  const identity = new TextEncoder().encode(JSON.stringify([jobId, run, to]));
  const digest = await crypto.subtle.digest("SHA-256", identity);
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
  return `cron ${hex.join("")}`;
}
