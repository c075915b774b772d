import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { CARD_TOPIC } from "../core/stream/frame.ts";
import type { Cards } from "./cards.ts";
import type { StreamServer } from "./stream-server.ts";

/** A press of a card's button. */
export interface Press {
  readonly outTrackId: string;
  readonly actionId: string;
  readonly userId: string;
  readonly time: number;
  /** How it was acked; undefined as long as it is not. */
  ack?: {
    readonly code: number;
    /** What the ack changes on the card, as it came. */
    readonly response: unknown;
    readonly ms: number;
    /** Too late for the person's client, which shows an error. */
    readonly late: boolean;
  };
}

export interface PressOptions {
  readonly outTrackId: string;
  readonly actionId: string;
  readonly userId?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the frame has what was pressed: by the document in `content`, in some captures in `value`. */
  readonly field?: "content" | "value";
}

export interface PressesOptions {
  readonly cards: Cards;
  readonly stream: StreamServer;
  /** What the robot's last link is for. */
  readonly subscribed: (topic: string) => boolean;
}

const ACK_MS = 2000;

const Data = v.object({
  response: v.object({
    cardUpdateOptions: v.optional(
      v.object({ updateCardDataByKey: v.optional(v.boolean(), false) }),
    ),
    cardData: v.object({ cardParamMap: v.record(v.string(), v.string()) }),
  }),
});

/** People press buttons on cards. */
export function createPresses({ cards, stream, subscribed }: PressesOptions) {
  const presses: Press[] = [];
  return {
    all: (): readonly Press[] => presses,
    /**
     * Resolves when the robot has acked it. Rejects where DingTalk would push nothing: no such card, one
     * made without callbacks over Stream, a robot that has not subscribed to them.
     */
    async press(options: PressOptions): Promise<Press> {
      const { outTrackId, actionId, userId = "user01", params = {}, field = "content" } = options;
      const card = cards.find(outTrackId);
      if (card?.callsBack !== true || card.recalledAt !== undefined) {
        throw new Error("no such card, or one that calls nobody back");
      }
      if (!subscribed(CARD_TOPIC))
        throw new Error("the robot has not subscribed to card callbacks");
      const press: Press = { outTrackId, actionId, userId, time: Date.now() };
      presses.push(press);
      const pressed = JSON.stringify({ cardPrivateData: { actionIds: [actionId], params } });
      const { code, data } = await stream.push(
        CARD_TOPIC,
        JSON.stringify({
          type: "actionCallback",
          outTrackId,
          corpId: "dingcorp",
          userId,
          userIdType: 1,
          spaceId: card.conversationId,
          spaceType: card.spaceType,
          extension: "{}",
          [field]: pressed,
        }),
      );
      const ms = Date.now() - press.time;
      const answer = v.safeParse(Data, parseJson(data));
      const response = answer.success ? answer.output.response : undefined;
      press.ack = { code, response, ms, late: ms > ACK_MS };
      const now = cards.find(outTrackId);
      if (response !== undefined && now !== undefined && !press.ack.late) {
        const byKey = response.cardUpdateOptions?.updateCardDataByKey === true;
        cards.update(now, response.cardData.cardParamMap, byKey);
      }
      return press;
    },
  };
}
