import * as v from "valibot";

/** An entry of a session's history, cut down to what tells turns apart. */
export interface Entry {
  readonly role: string;
  readonly text: string;
  /** Assistant entries only. A turn that the gateway resumes has another one than it began with. */
  readonly runId: string | undefined;
  /** When the gateway took the message, ms since the epoch on its clock. */
  readonly timestamp: number;
  /** Missing on commentary between tool calls. */
  readonly stopReason: string | undefined;
  /** Written by the gateway itself: the notice of a resumed turn, or of one it gave up. */
  readonly own: boolean;
}

/** How a run ended. */
export interface Final {
  readonly text: string;
  /** The model ran into its output limit. */
  readonly truncated: boolean;
  /** The history has only the beginning of it. */
  readonly shortened: boolean;
  readonly runId: string | undefined;
  /** Files to send along, by path or address. */
  readonly media: readonly string[];
}

const optional = <T extends v.GenericSchema>(schema: T) => v.fallback(v.nullish(schema), undefined);

const Details = v.object({
  messages: v.array(
    v.object({
      role: v.string(),
      content: v.optional(v.unknown()),
      timestamp: v.fallback(v.number(), 0),
      stopReason: optional(v.string()),
      model: optional(v.string()),
      provenance: v.optional(v.unknown()),
      __openclaw: optional(v.object({ runId: optional(v.string()) })),
    }),
  ),
});
const NoSession = v.object({
  status: v.literal("error"),
  error: v.pipe(v.string(), v.startsWith("No session found")),
});
const TextPart = v.object({ type: v.literal("text"), text: v.string() });

/** What the gateway puts where it cuts a text after 4 000 characters. */
const CUT = "\n…(truncated)…";
/** How it hides what looks like a secret, in people's messages too. */
const HIDDEN = /\*\*\*|…redacted…|…/;
/** Lines that name files to send: no words for anybody. */
const MEDIA = /^MEDIA:[ \t]*(.*?)[ \t]*$\n?/gm;

/** The entries in `details` of `sessions_history`; undefined if there are none to be read. */
export function entriesOf(details: unknown): Entry[] | undefined {
  if (v.is(NoSession, details)) return [];
  const parsed = v.safeParse(Details, details);
  if (!parsed.success) return undefined;
  return parsed.output.messages.map((message) => ({
    role: message.role,
    text: textOf(message.content),
    runId: message.__openclaw?.runId ?? undefined,
    timestamp: message.timestamp,
    stopReason: message.stopReason ?? undefined,
    own: message.provenance !== undefined || message.model === "delivery-mirror",
  }));
}

/** A person's message. */
export function isUser(entry: Entry): boolean {
  return entry.role === "user" && !entry.own;
}

/**
 * Whether this is the question as it was sent: the gateway trims it, takes a date in brackets off its
 * beginning, cuts it and hides what looks like a secret.
 */
export function isOurs(entry: Entry, sent: string, since: number): boolean {
  if (!isUser(entry) || entry.timestamp < since) return false;
  const asked = sent.trim();
  const { text } = entry;
  const withoutHead = asked.replace(/^\[[^\]]*\]\s*/, "");
  const whole = [asked, withoutHead].filter((each) => each !== "");
  const cut = text.endsWith(CUT);
  const pieces = (cut ? text.slice(0, -CUT.length) : text).split(HIDDEN);
  return whole.some((each) => isMadeOf(each, pieces, cut));
}

/** Whether a text consists of these pieces in order, with something hidden between them; `open`: and more. */
function isMadeOf(text: string, pieces: readonly string[], open: boolean): boolean {
  const [head = "", ...rest] = pieces;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return open || (text.endsWith(pieces.at(-1) ?? "") && (rest.length > 0 || at === text.length));
}

/** The end of a turn among its entries: undefined if it has none. */
export function finalAnswerOf(
  entries: readonly Entry[],
): ({ kind: "answered" } & Final) | { kind: "failed" } | undefined {
  let failed = false;
  for (const { role, own, stopReason, text, runId } of entries) {
    if (role !== "assistant" || own) continue;
    // The gateway may try the model again: only the last word counts.
    failed = stopReason === "error";
    if (stopReason !== "stop" && stopReason !== "length") continue;
    const shortened = text.endsWith(CUT);
    const whole = shortened ? text.slice(0, -CUT.length) : text;
    return {
      kind: "answered",
      text: whole.replace(MEDIA, "").trim(),
      truncated: stopReason === "length",
      shortened,
      runId,
      media: [...whole.matchAll(MEDIA)].map(([, named = ""]) => named).filter(Boolean),
    };
  }
  return failed ? { kind: "failed" } : undefined;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part) => {
      const text = v.safeParse(TextPart, part);
      return text.success ? [text.output.text] : [];
    })
    .join("");
}
