import type { Chat } from "../inbound/session.ts";
import { reasonOf } from "../log.ts";
import type { CardText, Mention, Message, Words } from "../message.ts";
import { createCardWriter, type CardTools, type CardWriter, type Face } from "./card-writer.ts";

/**
 * One answer, shown while it is written: in a card, and in further ones where it grows too long for that.
 * Nothing here throws, and no trouble with a card costs the answer.
 */
export interface LiveCard {
  /** Of all its cards that are, or may be, in the chat. */
  readonly outTrackIds: readonly string[];
  /** Whether something of it is in the chat for certain. */
  readonly visible: boolean;
  /**
   * The answer so far; the card is made at the first call. Returns at once. The latest text wins: those in
   * between may never be shown.
   */
  show(text: string): void;
  /**
   * Nothing more will be shown. What has still to be sent so that the answer is there whole: last states of
   * cards, and messages for pieces that have none. Undefined: no card came about, and all of it should go
   * as messages. Waits for calls in flight and makes the cards that are still missing.
   *
   * Of a card that may have been made although DingTalk never said so, the text goes as a message too: to
   * be read twice is better than not at all. Its last state comes at the very end and may fail in silence.
   */
  finish(text: string, signal: AbortSignal): Promise<readonly Message[] | undefined>;
  /** Stops everything and leaves the cards as they are: the store remembers them. */
  abandon(): void;
}

export interface LiveCardOptions {
  readonly chat: Chat;
  readonly asker: Mention | undefined;
  /** Whether one more card may be made now. */
  readonly allowed: () => boolean;
  /** Cuts a text into what single cards can hold. */
  readonly pieces: (text: string) => readonly string[];
  /** What stands for a piece that no card shows. */
  readonly words: (piece: string) => Words;
  /** Shown under a text that is not finished; "": nothing. */
  readonly hint: string;
}

/** What a card says that the answer, after all, needs no more. */
const NOTHING = "…";
/** A whole answer waits this long for its card to be made; then it goes as a message, for one call less. */
const PATIENCE_MS = 3000;

export function createLiveCard(tools: CardTools, options: LiveCardOptions): LiveCard {
  const { log, store } = tools;
  const { chat, asker } = options;
  const writers: CardWriter[] = [];
  const life = new AbortController();
  /** Aborted when the answer has waited long enough for its card. */
  const late = new AbortController();
  let newest: string | undefined;
  let ended = false;
  let cut: { readonly text: string; readonly pieces: readonly string[] } | undefined;

  /** The newest text's; cutting is dear, so only when a call is about to leave. */
  const pieces = (): readonly string[] => {
    const text = newest ?? "";
    if (cut?.text !== text) cut = { text, pieces: options.pieces(text) };
    return cut.pieces.length > 0 ? cut.pieces : [""];
  };

  const faceOf = (index: number): Face => {
    const all = pieces();
    const last = index < all.length - 1;
    // Cards come one after the other, or they would stand in the chat in any order.
    const next = last && index === writers.length - 1 && writers[index]?.state === "shown";
    if (next && !ended && options.allowed()) add();
    const text = all[index] ?? NOTHING;
    return { text: last || ended ? text : withHint(text, options.hint), last };
  };

  const add = (): CardWriter => {
    const index = writers.length;
    // What goes on in a next card does so, however long that takes.
    const giveUp = index === 0 ? late.signal : life.signal;
    const writer = createCardWriter(tools, {
      chat,
      // Once is enough.
      asker: index === 0 ? asker : undefined,
      look: () => faceOf(index),
      giveUp,
      signal: life.signal,
    });
    writers.push(writer);
    return writer;
  };

  const complete = async (signal: AbortSignal): Promise<void> => {
    const patience = tools.clock.after(PATIENCE_MS, () => late.abort());
    await Promise.all(writers.map((writer) => writer.rest()));
    patience.cancel();
    while (writers.length < pieces().length && !signal.aborted && options.allowed()) {
      if (writers.at(-1)?.state !== "shown") return;
      await add().rest();
    }
  };

  const messageOf = async (
    piece: string,
    writer: CardWriter | undefined,
  ): Promise<Message | undefined> => {
    if (writer?.state !== "shown") return options.words(piece);
    if (writer.confirmed === piece && (await isClosed(writer))) return undefined;
    return { ...lastState(writer, piece), key: writer.key, instead: options.words(piece) };
  };

  /** A card that needs no last state any more leaves the store. */
  const isClosed = async ({ outTrackId }: CardWriter): Promise<boolean> => {
    try {
      await store.cardGone(outTrackId);
      return true;
    } catch (error) {
      log.debug("card is finished once more", { reason: reasonOf(error) });
      return false;
    }
  };

  const rest = async (): Promise<Message[]> => {
    const all = pieces();
    const messages: Message[] = [];
    for (const [index, piece] of all.entries()) {
      const message = await messageOf(piece, writers[index]);
      if (message !== undefined) messages.push(message);
    }
    for (const writer of writers.slice(all.length)) {
      if (writer.state === "shown") messages.push(lastState(writer, NOTHING));
    }
    for (const [index, writer] of writers.entries()) {
      if (writer.state === "doubtful") messages.push(lastState(writer, all[index] ?? NOTHING));
    }
    return messages;
  };

  return {
    get outTrackIds() {
      return writers.filter(({ state }) => state !== "gone").map(({ outTrackId }) => outTrackId);
    },
    get visible() {
      return writers.some(({ state }) => state === "shown");
    },
    show(text) {
      if (ended || text === newest) return;
      newest = text;
      if (writers.length === 0) add();
      else for (const writer of writers) writer.poke();
    },
    async finish(text, signal) {
      if (ended) return undefined;
      ended = true;
      newest = text;
      const stop = () => life.abort();
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      try {
        await complete(signal);
        return writers.every(({ state }) => state === "gone") ? undefined : await rest();
      } catch (error) {
        log.error("cards could not be finished: the answer goes as messages", {
          reason: reasonOf(error),
        });
        return undefined;
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
    abandon() {
      ended = true;
      life.abort();
    },
  };
}

const lastState = ({ outTrackId }: CardWriter, text: string): CardText => ({
  format: "card",
  outTrackId,
  text,
});

/** In a block of code that is still open the hint would be code. */
function withHint(text: string, hint: string): string {
  if (hint === "") return text;
  if (text.trim() === "") return hint;
  let fence = "";
  for (const line of text.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (mark === null) continue;
    const [, ticks = "", rest = ""] = mark;
    if (fence === "") fence = ticks;
    else if (ticks.startsWith(fence) && rest.trim() === "") fence = "";
  }
  return `${text.trimEnd()}${fence === "" ? "" : `\n${fence}`}\n\n${hint}`;
}
