import { mediaIn } from "../inbound/carried.ts";
import { describePart, describeQuote } from "../inbound/describe.ts";
import { mentionedIn } from "../inbound/mentions.ts";
import type { MediaPart, Quote, Said } from "../inbound/model.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import { userIdOf } from "../inbound/session.ts";
import { base64Of } from "../media/bytes.ts";
import { isFetched, type Fetched, type Shelf } from "../media/shelf.ts";
import type { Store } from "../store.ts";
import type { Waiting } from "./burst.ts";

/** What the gateway is asked: text, and pictures as data URLs. */
export interface Asking {
  readonly text: string;
  readonly images: readonly string[];
}

/** Text out of a file somebody sent. Never rejects. */
export type ExtractText = (
  bytes: Uint8Array,
  kind: { readonly mime: string; readonly family: string; readonly extension: string },
  name: string,
) => Promise<
  | { readonly ok: true; readonly text: string; readonly truncated: boolean }
  | { readonly ok: false; readonly reason: string }
>;

export interface QuestionOptions {
  readonly shelf: Shelf;
  readonly extractText: ExtractText;
  readonly store: Pick<Store, "nickOf" | "sentText">;
  /** Say who speaks, where and when. */
  readonly context: boolean;
  /** The agent may read files on this machine: the gateway runs on it. */
  readonly sameMachine: boolean;
}

/** Makes the question of a turn out of its messages. Without `media` what people sent is named, and not handed on. */
export type Compose = (burst: readonly Waiting[], media: boolean) => Promise<Asking>;

/** What the gateway takes in one request; one too many fails the whole turn. */
const MAX_IMAGES = 8;
const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
/** The body may have 20 MiB, and base64 makes four bytes of three. */
const MAX_IMAGES_BYTES = 14 * 1024 * 1024;
const IMAGE_TYPES = new Set(
  ["jpeg", "png", "gif", "webp", "heic", "heif"].map((type) => `image/${type}`),
);

export function createCompose(options: QuestionOptions): Compose {
  const { shelf, store } = options;

  return async (burst, mayShow) => {
    const images: string[] = [];
    let imageBytes = 0;
    const counts = new Map<string, number>();

    const label = ({ media, name }: MediaPart) => {
      const count = (counts.get(media) ?? 0) + 1;
      counts.set(media, count);
      return `${media} ${count}${name === undefined ? "" : `: ${name}`}`;
    };

    const picture = async (fetched: Fetched & { ok: true }, named: string): Promise<string> => {
      const { kind, size } = fetched;
      if (!IMAGE_TYPES.has(kind.mime)) return `[${named}, ${about(fetched)}, cannot be shown]`;
      if (images.length >= MAX_IMAGES) {
        return `[${named}, left out: only ${MAX_IMAGES} pictures can be shown at once]`;
      }
      if (size > MAX_IMAGE_BYTES || imageBytes + size > MAX_IMAGES_BYTES) {
        return `[${named}, ${about(fetched)}, left out: too large]`;
      }
      images.push(`data:${kind.mime};base64,${base64Of(await fetched.bytes())}`);
      imageBytes += size;
      return `[${named}]`;
    };

    const file = async (
      part: MediaPart,
      fetched: Fetched & { ok: true },
      named: string,
    ): Promise<string> => {
      const read =
        fetched.size === 0
          ? ({ ok: false, reason: "it is empty" } as const)
          : await options.extractText(await fetched.bytes(), fetched.kind, part.name ?? "");
      if (read.ok) {
        const end = read.truncated ? `[only the beginning of ${named}]` : `[end of ${named}]`;
        return `[${named}]\n${read.text}\n${end}`;
      }
      // Only where the agent could go and look; the file is there as long as the turn.
      const isThere = options.sameMachine && fetched.path !== undefined;
      const where = isThere ? `, saved as ${fetched.path} while you answer` : "";
      return `[${named}, ${about(fetched)}, no text could be read from it (${read.reason})${where}]`;
    };

    const describe = async (part: MediaPart, fetched: Fetched | undefined): Promise<string> => {
      const named = label(part);
      const length =
        part.durationMs === undefined ? "" : `, ${Math.round(part.durationMs / 1000)} s`;
      if (part.recognition !== undefined) return `[${named}${length}] ${part.recognition}`;
      if (!mayShow) return `[${named}${length}, left out: this person may not send files here]`;
      if (fetched === undefined) return `[${named}${length}]`;
      if (!fetched.ok) return `[${named}${length}, could not be fetched: ${fetched.reason}]`;
      if (fetched.kind.family === "image") return await picture(fetched, named);
      return await file(part, fetched, `${named}${length}`);
    };

    /** Each message's parts in words, its files in the order of `mediaIn`. */
    const wordsOf = async ({ entry, said }: Waiting): Promise<string> => {
      const media = mediaIn(said);
      const words = new Map<MediaPart, string>();
      for (const [at, part] of media.entries()) {
        const fetched = mayShow && isFetched(part) ? await shelf.take(entry, media, at) : undefined;
        words.set(part, await describe(part, fetched));
      }
      const nameOf = (part: MediaPart) => words.get(part) ?? "";
      const quote = await completed(said.quote, entry.account);
      // A quote is kept short: of a quoted file it has the first line, and the whole stands below it.
      const below = media
        .slice(mediaIn({ parts: said.parts }).length)
        .map(nameOf)
        .filter((text) => text.includes("\n"));
      const headOf = (part: MediaPart) => nameOf(part).split("\n", 1)[0] ?? "";
      const own = [...below, ...said.parts.map((part) => describePart(part, nameOf))]
        .filter((text) => text !== "")
        .join("\n");
      // After a blank line: in markdown what follows a quote at once belongs to it.
      return [quote === undefined ? "" : describeQuote(quote, headOf), own]
        .filter((text) => text !== "")
        .join("\n\n");
    };

    /** A quote of the robot's own words may come as nothing but their key, or their writer as an id. */
    const completed = async (quote: Said["quote"], account: string): Promise<Quote | undefined> => {
      if (quote === undefined) return undefined;
      const { processQueryKey: key, senderId, fromRobot } = quote;
      const own = key === undefined ? undefined : await store.sentText(account, key);
      const who =
        quote.who ??
        (senderId === undefined || fromRobot ? undefined : await store.nickOf(account, senderId));
      return {
        ...quote,
        who: who === undefined ? undefined : oneLine(who),
        parts: own === undefined ? quote.parts : [{ kind: "text", text: own }],
        quote: await completed(quote.quote, account),
      };
    };

    const namesIn = async ({ message, entry }: Waiting): Promise<string[]> => {
      const names = mentionedIn(message).map(async ({ userId, dingtalkId }) => {
        const id = userId ?? dingtalkId ?? "";
        const nick =
          (userId && (await store.nickOf(entry.account, userId))) ||
          (dingtalkId && (await store.nickOf(entry.account, dingtalkId)));
        return nick ? person(nick, userId) : oneLine(id);
      });
      return await Promise.all(names);
    };

    const contextOf = async ({ message, entry }: Waiting): Promise<string> => {
      const names = new Set((await Promise.all(burst.map(namesIn))).flat());
      return [
        `From: ${senderOf(message)}`,
        ...(message.kind === "group" ? [`Group: ${groupOf(message)}`] : []),
        ...(names.size > 0 ? [`Mentioned: ${[...names].join(", ")}`] : []),
        `Time: ${timeOf(message.createAt ?? entry.receivedAt)}`,
      ].join("\n");
    };

    const texts: string[] = [];
    for (const waiting of burst) texts.push(await wordsOf(waiting));
    const text = texts.join("\n\n");
    const [head] = burst;
    return {
      text: options.context && head !== undefined ? `${await contextOf(head)}\n\n${text}` : text,
      images,
    };
  };
}

/** Names come from people: one line, nothing invisible, and not endless. */
function oneLine(text: string): string {
  return text
    .replace(/[\s\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 100)
    .toWellFormed();
}

function person(nick: string, id: string | undefined): string {
  return id === undefined ? oneLine(nick) : `${oneLine(nick)} (${oneLine(id)})`;
}

function senderOf(message: RobotMessage): string {
  const id = userIdOf(message);
  const named = person(message.senderNick || "someone", id === "" ? undefined : id);
  return message.isAdmin === true ? `${named}, admin of the organisation` : named;
}

function groupOf({ conversationTitle, conversationId }: RobotMessage): string {
  return person(conversationTitle || "without a name", conversationId);
}

/** On the worker's clock, as people write it: "2026-11-22 20:01 UTC+08:00". */
function timeOf(ms: number): string {
  const offset = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offset * 60_000).toISOString();
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
  return `${local.slice(0, 10)} ${local.slice(11, 16)} UTC${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
}

function about({ kind, size }: Fetched & { ok: true }): string {
  const kilobytes = size / 1024;
  const amount =
    kilobytes < 1024 ? `${Math.ceil(kilobytes)} kB` : `${(kilobytes / 1024).toFixed(1)} MB`;
  return `${kind.mime}, ${amount}`;
}
