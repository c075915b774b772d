import { readEntry, type Waiting } from "../../../src/core/bridge/burst.ts";
import type { Asked, InboxEntry } from "../../../src/core/store.ts";
import { arrivalOf } from "../../support/fake-messages.ts";

export const NOW = 1_700_000_000_000;

export interface Given {
  readonly id?: number;
  readonly receivedAt?: number;
  readonly asked?: Asked;
}

/** A message as the inbox holds it. */
export function entryOf(data: string, { id = 1, receivedAt = NOW, asked }: Given = {}): InboxEntry {
  const { session, msgId } = arrivalOf(data);
  return {
    id,
    account: "default",
    session,
    msgId,
    data,
    receivedAt,
    outageMs: 0,
    asked,
    asks: asked === undefined ? 0 : 1,
  };
}

/** The same, read. */
export function waitingOf(data: string, given: Given = {}): Waiting {
  const waiting = readEntry(entryOf(data, given));
  if (waiting === undefined) throw new Error("cannot be read");
  return waiting;
}
