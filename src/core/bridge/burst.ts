import { commandIn } from "../desk/command.ts";
import { mediaIn } from "../inbound/carried.ts";
import type { MediaPart, Said } from "../inbound/model.ts";
import { saidIn } from "../inbound/parts.ts";
import { parseRobotMessage, type RobotMessage } from "../inbound/robot-message.ts";
import { userIdOf } from "../inbound/session.ts";
import type { InboxEntry } from "../store.ts";
import { traceOf } from "../trace.ts";

/** Messages in one turn, and characters of what people wrote in them. */
export const MAX_MESSAGES = 8;
const MAX_CHARS = 4000;

/** A message in the inbox, read. */
export interface Waiting {
  readonly entry: InboxEntry;
  readonly message: RobotMessage;
  readonly said: Said;
  /**
   * `words` ask something · `wordless` a picture, file or forward · `empty` a mention of the robot and no
   * more · `over-quota` DingTalk kept the content back.
   */
  readonly kind: "words" | "wordless" | "empty" | "over-quota";
}

/** Undefined if it cannot be read: only what could be was ever stored, but a newer version may be stricter. */
export function readEntry(entry: InboxEntry): Waiting | undefined {
  const parsed = parseRobotMessage(entry.data);
  if (!parsed.ok) return undefined;
  const { message } = parsed;
  const said = askedIn(message);
  return { entry, message, said, kind: kindOf(message, said) };
}

/** Those that can be read, up to the first that cannot: nothing passes another. */
export function readEntries(entries: readonly InboxEntry[]): readonly Waiting[] {
  const readable: Waiting[] = [];
  for (const entry of entries) {
    const waiting = readEntry(entry);
    if (waiting === undefined) break;
    readable.push(waiting);
  }
  return readable;
}

/** What the agent is to read of it: the word that asks it beside the running answer is the bridge's. */
function askedIn(message: RobotMessage): Said {
  const command = commandIn(message);
  return command?.name === "btw"
    ? { parts: [{ kind: "text", text: command.rest }] }
    : saidIn(message);
}

function kindOf(message: RobotMessage, said: Said): Waiting["kind"] {
  if (said.parts.length === 0 && message.overQuota) return "over-quota";
  if (said.parts.length === 0 && said.quote === undefined) return "empty";
  return wordsOf(said) > 0 ? "words" : "wordless";
}

/** Characters somebody wrote or spoke. */
function wordsOf({ parts }: Said): number {
  return parts.reduce((sum, part) => {
    if (part.kind === "text") return sum + part.text.length;
    return sum + (part.kind === "media" ? (part.recognition?.length ?? 0) : 0);
  }, 0);
}

/**
 * The first messages that make one turn: one person's in a row, which came while another turn ran, or a
 * picture and the question about it. `waitMs`: it may not be complete before.
 */
export function nextBurst(
  waiting: readonly Waiting[],
  now: number,
  windowMs: number,
): { readonly burst: readonly Waiting[]; readonly waitMs: number } {
  const [head] = waiting;
  if (head === undefined) return { burst: [], waitMs: 0 };
  const { asked } = head.entry;
  if (asked !== undefined) {
    // What was asked together is looked for together.
    const end = waiting.findIndex(({ entry }) => entry.asked?.at !== asked.at);
    return { burst: end < 0 ? waiting : waiting.slice(0, end), waitMs: 0 };
  }
  if (!joins(head)) return { burst: [head], waitMs: 0 };
  const burst = [head];
  let chars = wordsOf(head.said);
  for (const next of waiting.slice(1, MAX_MESSAGES)) {
    chars += wordsOf(next.said);
    const sender = userIdOf(next.message);
    const sameSender = sender !== "" && sender === userIdOf(head.message);
    if (!joins(next) || !sameSender || chars > MAX_CHARS || next.entry.asked !== undefined) break;
    burst.push(next);
  }
  const open = burst.length === waiting.length && burst.length < MAX_MESSAGES;
  const wordless = burst.every(({ kind }) => kind === "wordless");
  const age = now - (burst.at(-1)?.entry.receivedAt ?? 0);
  // A clock that was set back makes it look younger than it can be.
  const rest = Math.min(windowMs, Math.max(0, windowMs - age));
  return { burst, waitMs: open && wordless ? rest : 0 };
}

function joins({ kind }: Waiting): boolean {
  return kind === "words" || kind === "wordless";
}

/** For the log, where there are several: whoever follows one of them finds all. */
export function tracesOf(burst: readonly Waiting[]): { readonly traces?: readonly string[] } {
  if (burst.length < 2) return {};
  return { traces: burst.map(({ entry }) => traceOf(entry.account, entry.msgId)) };
}

/** Whether there is something to fetch. */
export function carriesMedia({ said }: Waiting): boolean {
  return mediaIn(said).length > 0;
}

/** What a robot frame's `data` carries. Most of it is plain text, and costs no second look here. */
export function mediaOf(data: string): readonly MediaPart[] {
  if (!data.includes("ownloadCode")) return [];
  const parsed = parseRobotMessage(data);
  return parsed.ok ? mediaIn(saidIn(parsed.message)) : [];
}
