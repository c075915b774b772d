import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { foldedKey, type Chat } from "../inbound/session.ts";
import { cleanAnswer } from "../reply/directives.ts";
import type { KnownChat, Store } from "../store.ts";
import type { Texts } from "../texts.ts";
import { nameOf, type Address } from "./address.ts";
import type { Content } from "./content.ts";
import { accountFor, addressOf } from "./recipients.ts";
import type { Sending, Submitted } from "./sending.ts";

export type CronOutcome =
  | Submitted
  /** There is nothing to say. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** Nobody knows which chat is meant, or which robot. */
  | { readonly kind: "unknown-chat"; readonly reason: string }
  /** Whoever has ordered the job may not have it write there. */
  | { readonly kind: "refused"; readonly reason: string };

export type MayDeliver = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface CronOptions {
  readonly store: Pick<Store, "chatByFoldedKey">;
  readonly sending: Pick<Sending, "accounts" | "submit" | "refused">;
  /** What a robot says for itself. */
  readonly textsOf: (account: string) => Pick<Texts, "jobFailed">;
  /**
   * Whether a job may write to these addressees of this robot. `chat` is where it was ordered; a job that
   * was not ordered in any chat is not asked about: the gateway's owner has made it.
   */
  readonly mayDeliver: (chat: SessionChat, to: readonly Address[], account: string) => MayDeliver;
  readonly clock: Clock;
}

/** A chat, and the session by which it is known. */
export type SessionChat = KnownChat;

/** Brings what the gateway's scheduled jobs have to say into a chat. Rejects if the store fails. */
export interface CronDelivery {
  /** Whose session a job's words come from decides where they go, unless somebody has said so. */
  deliver(event: CronEvent, given: CronTarget): Promise<CronOutcome>;
}

export interface CronTarget {
  /** Addressees instead of the chat the session key names; empty: none given. */
  readonly to: readonly Address[];
  /** The robot that writes to them; one of `Sending.accounts`. */
  readonly account?: string | undefined;
}

const text = v.optional(v.nullable(v.string("expected a string")));
const id = v.optional(v.nullable(v.union([v.string(), v.number()], "expected a string or number")));

/**
 * The session a job was made in. Whoever makes one may choose its `sessionKey`, and one of a session of its
 * own has none; this is the gateway's to write. Seen with OpenClaw 2026.9.6.
 */
const Owner = v.optional(v.nullable(v.object({ sessionKey: text }, "expected an object")));

/**
 * The body of the gateway's cron webhook (a job with `delivery.mode: "webhook"`), as far as it matters
 * here. A run has `runId` and `runAtMs` in newer gateways only.
 */
export const CronEventSchema = v.object(
  {
    jobId: v.pipe(v.string("expected the job's id"), v.minLength(1, "is empty")),
    action: v.string("expected a string"),
    job: v.optional(
      v.nullable(v.object({ name: text, sessionKey: text, owner: Owner }, "expected an object")),
    ),
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
  const { store, sending, textsOf, mayDeliver, clock } = options;

  const chatNamedBy = async (key: string | null | undefined) =>
    key ? await store.chatByFoldedKey(foldedKey(key)) : undefined;

  /** Where the words go, and whose wish that is. */
  const wayOf = async (event: CronEvent, { to, account }: CronTarget): Promise<Way | string> => {
    // A job that was made in a chat ("remind me") runs in a session of its own, which stands in front:
    // the chat's is the job's. Seen with OpenClaw 2026.9.6.
    const own = await chatNamedBy(event.sessionKey);
    const jobs = await chatNamedBy(event.job?.sessionKey);
    const maker = event.job?.owner?.sessionKey;
    const makers = await chatNamedBy(maker);
    if (makers === undefined && isOurs(maker)) {
      return "the chat this job was made in is not known here, so nobody can say where it may write";
    }
    const orderedIn = makers ?? jobs ?? own;
    if (to.length === 0) {
      const chat = own ?? jobs ?? makers;
      if (chat === undefined) return reasonFor(event.job?.sessionKey ?? event.sessionKey ?? "");
      return { account: chat.account, to: chatOf(chat), addresses: [addressOf(chat)], orderedIn };
    }
    const chosen = accountFor(account ?? orderedIn?.account, sending.accounts);
    return chosen.ok
      ? { account: chosen.account, to, addresses: to, orderedIn }
      : `name the robot that is to write by ?account=<id>: ${chosen.reason}`;
  };

  return {
    async deliver(event, given) {
      if (event.action !== "finished") return ignored("only finished runs are delivered");
      const said = saidBy(event);
      if (typeof said === "string") return ignored(said);
      const way = await wayOf(event, given);
      if (typeof way === "string") return { kind: "unknown-chat", reason: way };
      const { account, to, addresses, orderedIn } = way;
      if (!sending.accounts.ids.includes(account)) {
        return { kind: "unknown-chat", reason: `the robot ${account} does not run here` };
      }
      const content = said(textsOf(account));
      const verdict = orderedIn && mayDeliver(orderedIn, addresses, account);
      if (orderedIn !== undefined && verdict?.ok === false) {
        const { reason } = verdict;
        const targets = addresses.map(nameOf);
        const what = event.jobId;
        sending.refused({ account, by: BY, chat: orderedIn, targets, what, reason, content });
        return { kind: "refused", reason };
      }
      const idempotencyKey = await keyOf(event, given.to, clock.now());
      return await sending.submit({ account, to, content, idempotencyKey, by: BY });
    },
  };
}

interface Way {
  readonly account: string;
  readonly to: readonly Address[] | Chat;
  /** The same as a caller would name them. */
  readonly addresses: readonly Address[];
  readonly orderedIn: SessionChat | undefined;
}

const BY = "gateway";

const ignored = (reason: string): CronOutcome => ({ kind: "ignored", reason });

/** What there is to say, a failure in the robot's own words; or why there is nothing. */
function saidBy(event: CronEvent): ((texts: Pick<Texts, "jobFailed">) => Content) | string {
  if (event.status === "error") {
    const name = oneLine(event.job?.name || event.jobId).slice(0, NAME_CHARS);
    const error = oneLine(event.error || "?").slice(0, ERROR_CHARS);
    return (texts) => ({ kind: "text", text: texts.jobFailed(name, error) });
  }
  const cleaned = cleanAnswer(event.summary ?? "");
  if (cleaned.kind !== "text") return cleaned.kind;
  return () => ({ kind: "markdown", text: cleaned.text });
}

const oneLine = (said: string) => said.replace(/\s+/g, " ").trim();

const chatOf = ({ account, kind, conversationId, userId }: Chat): Chat => ({
  account,
  kind,
  conversationId,
  userId,
});

const isOurs = (sessionKey: string | null | undefined) =>
  /^agent:[^:]+:dingtalk:(?:user|group):/i.test(sessionKey ?? "");

function reasonFor(sessionKey: string): string {
  return isOurs(sessionKey)
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
