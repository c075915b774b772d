import { randomUUID } from "node:crypto";
import type { Template } from "./card-templates.ts";
import type { EventLog } from "./events.ts";
import { STATES, type CardState } from "./model.ts";

/** A frame of the streaming API. */
export interface Frame {
  readonly guid: string;
  readonly content: string;
  readonly isFinalize: boolean;
  readonly isError: boolean;
}

/** A card in a chat. Times are ms since the epoch. */
export interface Card {
  readonly outTrackId: string;
  readonly conversationId: string;
  readonly spaceType: "IM_GROUP" | "IM_ROBOT";
  readonly template: Template;
  /** What a quote or a recall names it by. */
  readonly carrierId: string;
  readonly time: number;
  /** Its buttons report to the robot over Stream. */
  readonly callsBack: boolean;
  /** Names of the people it mentions, by user id. */
  readonly at: Readonly<Record<string, string>>;
  readonly state: CardState;
  readonly params: Readonly<Record<string, string>>;
  /** Of the variable that is streamed. */
  readonly text: string;
  /** Clients show nothing: there is more in it than they can. */
  readonly blank: boolean;
  /** Streamed; `repeated`: its guid had been used before, and nothing came of it. */
  readonly frames: readonly (Frame & { readonly time: number; readonly repeated: boolean })[];
  /** Changed otherwise; `ignored`: it had ended, and nothing came of it. */
  readonly updates: readonly {
    readonly time: number;
    readonly params: Readonly<Record<string, string>>;
    readonly ignored: boolean;
  }[];
  readonly recalledAt: number | undefined;
}

export type NewCard = Pick<
  Card,
  "outTrackId" | "conversationId" | "spaceType" | "template" | "callsBack" | "at" | "params"
>;

/** Characters of text from which on clients show a card without any. */
const MAX_SHOWN = 3000;

const hasEnded = ({ state }: Card) => state === "finished" || state === "failed";

/** The cards of all chats. */
export function createCards(events: EventLog) {
  const cards = new Map<string, Card>();
  /** Ended ones that a frame has opened again for one update. */
  const reopened = new Set<string>();

  const put = (card: Card) => {
    cards.set(card.outTrackId, card);
    if (card.recalledAt !== undefined) return;
    const { time, conversationId, outTrackId, state, text, blank, at, template } = card;
    const { stopAction } = template;
    events.emit({
      type: "card",
      time,
      conversationId,
      outTrackId,
      name: "dingbridge",
      state,
      text,
      blank,
      at: Object.values(at),
      stopAction: card.callsBack ? stopAction : undefined,
    });
  };

  /** With other variables, and what follows from them. */
  const withParams = (card: Card, params: Card["params"]): Card => {
    const text = params[card.template.streamKey ?? ""] ?? "";
    const status = params["flowStatus"] ?? "";
    const state = isStatus(status) ? STATES[status] : card.state;
    return { ...card, params, text, state, blank: Array.from(text).length >= MAX_SHOWN };
  };

  return {
    all: (): readonly Card[] => [...cards.values()],
    find: (outTrackId: string) => cards.get(outTrackId),
    create(made: NewCard): Card {
      const card = withParams(
        {
          ...made,
          carrierId: `zcx${randomUUID()}`,
          time: Date.now(),
          state: "processing",
          text: "",
          blank: false,
          frames: [],
          updates: [],
          recalledAt: undefined,
        },
        made.params,
      );
      put(card);
      return card;
    },
    /** The whole text so far. A frame with a guid of an earlier one changes nothing. */
    stream(card: Card, frame: Frame) {
      const repeated = card.frames.some(({ guid }) => guid === frame.guid);
      const frames = [...card.frames, { ...frame, time: Date.now(), repeated }];
      if (repeated) return put({ ...card, frames });
      if (hasEnded(card) && (frame.isFinalize || frame.isError)) reopened.add(card.outTrackId);
      else reopened.delete(card.outTrackId);
      const key = card.template.streamKey ?? "";
      // The frames of a template with a stream decide its state; what its variables said is over.
      const { flowStatus: _, ...params } = card.params;
      const state = frame.isError ? "failed" : frame.isFinalize ? "finished" : "inputing";
      put({ ...withParams(card, { ...params, [key]: frame.content }), frames, state });
    },
    /** Other variables, the rest kept or not. An ended card takes it only after a frame. */
    update(card: Card, changes: Card["params"], keepOthers: boolean) {
      const ignored = hasEnded(card) && !reopened.delete(card.outTrackId);
      const updates = [...card.updates, { time: Date.now(), params: changes, ignored }];
      if (ignored) return put({ ...card, updates });
      const params = keepOthers ? { ...card.params, ...changes } : changes;
      put({ ...withParams(card, params), updates });
    },
    /** Takes one back by its carrierId. False: there is none. */
    recall(carrierId: string): boolean {
      const card = [...cards.values()].find((it) => it.carrierId === carrierId);
      if (card === undefined || card.recalledAt !== undefined) return false;
      const { conversationId, outTrackId: id } = card;
      const time = Date.now();
      cards.set(id, { ...card, recalledAt: time });
      events.emit({ type: "recalled", time, conversationId, id });
      return true;
    },
  };
}

export type Cards = ReturnType<typeof createCards>;

const isStatus = (status: string): status is keyof typeof STATES => Object.hasOwn(STATES, status);
