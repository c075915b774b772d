import type { Access } from "../core/access/access.ts";
import { isStopButton, readCardCallback } from "../core/dingtalk/card.ts";
import type { Stops } from "../core/desk/stops.ts";
import type { Log } from "../core/log.ts";

export interface CardPressOptions {
  readonly stopAction: string | undefined;
  readonly access: Access;
  readonly stops: Stops;
  readonly log: Log;
}

/** A card's stop button ends its turn, pressed by who has asked or by an owner. Other buttons mean nothing here. */
export function createCardPress({ stopAction, access, stops, log }: CardPressOptions) {
  return (data: string): void => {
    const pressed = readCardCallback(data);
    if (pressed === undefined || !isStopButton(pressed, stopAction)) return;
    const { outTrackId, userId } = pressed;
    const turn = stops.ofCard(outTrackId);
    const asker = { userId, ids: [userId], nick: undefined };
    // Whoever reached the card in a chat of theirs is named by their id alone.
    const may =
      userId !== "" &&
      turn !== undefined &&
      (turn.asker === userId || access.roleOf({ kind: "group" }, asker) === "owner");
    if (may) turn.stop();
    log.info("stop button of a card pressed", { ended: may });
  };
}
