import type { Clock, Timer } from "../clock.ts";
import { reasonOf, type Log } from "../log.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import type { Chat } from "../inbound/session.ts";
import type { Mention, Message } from "../message.ts";
import { cleanPartial } from "../reply/directives.ts";
import type { InboxEntry, Store } from "../store.ts";
import type { Cards } from "./cards.ts";
import type { LiveCard } from "./live-card.ts";
import type { Reactions } from "./reactions.ts";

/** Looking at a long answer again for every word of it would cost the square of its length. */
const LOOK_EVERY_MS = 100;
/** `auto`: an answer that is still being written after this long gets a card. */
const AUTO_AFTER_MS = 3000;

export interface ShowingsOptions {
  readonly mode: (chat: Chat) => "text" | "markdown" | "card" | "auto";
  readonly cards: Cards;
  readonly reactions: Reactions;
  readonly store: Pick<Store, "notify">;
  /** Said once when a turn without a card has run for `slowNoticeMs`; 0: never. */
  readonly slow: Message;
  readonly slowNoticeMs: number;
  readonly onNotice: (chat: Chat) => void;
  readonly clock: Clock;
}

/** What people see of a turn before it ends: a card that fills, a reaction, a notice. It never costs an answer. */
export interface Showing {
  /** The gateway is being asked. */
  asked(): void;
  /** The answer so far, as it came from the gateway. */
  text(soFar: string): void;
  /** What of the answer people have seen, or are about to. */
  readonly shown: string;
  readonly cards: readonly string[];
  /** The turn waits for something: what it has put into the chat stays. */
  pause(): void;
  /** The worker stops: the next one finds what is in the chat. */
  leave(): void;
  /**
   * The turn is over. What is still to be sent so that its cards hold `words`; undefined: there are none,
   * and the words go as messages. Never throws.
   */
  end(words: string, signal: AbortSignal): Promise<readonly Message[] | undefined>;
}

/** The turns people see something of, each by its first message. */
export interface Showings {
  of(turn: Shown): Showing;
  readonly size: number;
}

export interface Shown {
  readonly entry: InboxEntry;
  /** The newest message it answers: people look there. */
  readonly message: RobotMessage;
  readonly chat: Chat;
  readonly mention: Mention | undefined;
  /** Its lines say which message they are about. */
  readonly log: Log;
}

export function createShowings(options: ShowingsOptions): Showings {
  const { clock } = options;
  const showings = new Map<number, Showing>();

  const create = ({ entry, message, chat, mention, log }: Shown): Showing => {
    const { conversationId, msgId } = message;
    const mode = options.mode(chat);
    let raw = "";
    let shown = "";
    let card: LiveCard | undefined;
    let firstTextAt: number | undefined;
    let look: Timer | undefined;
    let slow: Timer | undefined;
    let over = false;
    const to = msgId === undefined ? undefined : { conversationId, msgId };
    // Put there before a crash: nobody else would take it off.
    if (to !== undefined && entry.asks > 0) void options.reactions.forget(to);
    let reaction: ReturnType<Reactions["begin"]> | undefined;

    const tell = async () => {
      if (over || card?.visible === true) return;
      const told = await options.store.notify(
        entry.session,
        { chat, message: options.slow },
        // Once a message, also when the worker has been restarted meanwhile.
        entry.receivedAt,
        clock.now(),
      );
      if (told) options.onNotice(chat);
    };

    const wantsCard = (now: number) => {
      if (mode === "card") return true;
      return mode === "auto" && firstTextAt !== undefined && now - firstTextAt >= AUTO_AFTER_MS;
    };

    const showNow = () => {
      look = undefined;
      if (over) return;
      const before = raw;
      shown = cleanPartial(raw);
      const now = clock.monotonic();
      if (shown !== "") {
        firstTextAt ??= now;
        if (card === undefined && wantsCard(now)) card = options.cards.begin(chat, mention, log);
        card?.show(shown);
        // Who sees the answer grow needs no other sign.
        if (card !== undefined) reaction?.end();
      }
      look = clock.after(LOOK_EVERY_MS, () => {
        look = undefined;
        if (raw !== before || (mode === "auto" && card === undefined)) showNow();
      });
    };

    return {
      asked() {
        if (to !== undefined) reaction ??= options.reactions.begin(to);
        if (options.slowNoticeMs === 0 || slow !== undefined) return;
        slow = clock.after(options.slowNoticeMs, () => {
          tell().catch((error: unknown) => {
            log.warn("notice could not be stored", { reason: reasonOf(error) });
          });
        });
      },
      text(soFar) {
        raw = soFar;
        if (mode === "card" || mode === "auto") {
          if (look === undefined) showNow();
        }
      },
      get shown() {
        return card === undefined ? "" : shown;
      },
      get cards() {
        return card?.outTrackIds ?? [];
      },
      pause() {
        slow?.cancel();
        slow = undefined;
      },
      leave() {
        over = true;
        look?.cancel();
        slow?.cancel();
        card?.abandon();
      },
      async end(words, signal) {
        over = true;
        look?.cancel();
        slow?.cancel();
        showings.delete(entry.id);
        reaction?.end();
        return await card?.finish(words, signal);
      },
    };
  };

  return {
    of(turn) {
      const known = showings.get(turn.entry.id);
      if (known !== undefined) return known;
      const showing = create(turn);
      showings.set(turn.entry.id, showing);
      return showing;
    },
    get size() {
      return showings.size;
    },
  };
}
