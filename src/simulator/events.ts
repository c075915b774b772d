import type { Shown } from "./kinds.ts";
import type { CardState } from "./model.ts";
import type { Post } from "./posts.ts";

/** What happens in the simulator, as the chat page and the tests see it. Times are ms since the epoch. */
export type SimulatorEvent =
  | {
      readonly type: "message";
      readonly time: number;
      readonly conversationId: string;
      readonly from: "person" | "robot";
      readonly name: string;
      readonly msgtype: string;
      /** Of a person's message its msgId, of the robot's the processQueryKey, if it has one. */
      readonly id?: string | undefined;
      /** Push preview of a markdown message. */
      readonly title: string | undefined;
      readonly text: string;
      readonly at: readonly string[];
      readonly atAll?: boolean;
      /** What a person sent besides words. */
      readonly shown?: Shown | undefined;
      /** What the robot sent instead of words. */
      readonly post?: Post | undefined;
    }
  /** A card as it is now. */
  | {
      readonly type: "card";
      /** When it was put into the chat. */
      readonly time: number;
      readonly conversationId: string;
      readonly outTrackId: string;
      readonly name: string;
      readonly state: CardState;
      /** Markdown. */
      readonly text: string;
      /** There is more in it than clients show: they show nothing. */
      readonly blank: boolean;
      /** Names of the people it mentions. */
      readonly at: readonly string[];
      /** What its stop button names; undefined without one. */
      readonly stopAction: string | undefined;
    }
  /** The robot has put something on a message, or taken it off. */
  | {
      readonly type: "reaction";
      readonly time: number;
      readonly conversationId: string;
      readonly msgId: string;
      readonly name: string;
      readonly on: boolean;
    }
  /** A message or card is gone, by its processQueryKey or its outTrackId. */
  | {
      readonly type: "recalled";
      readonly time: number;
      readonly conversationId: string;
      readonly id: string;
    }
  /** The echo gateway's answer so far: what a person would not see yet. */
  | {
      readonly type: "streaming";
      readonly time: number;
      readonly session: string;
      readonly text: string;
      readonly done: boolean;
    }
  | {
      readonly type: "frame";
      readonly time: number;
      /** As the worker sees it: `in` from DingTalk, `out` to it. */
      readonly direction: "in" | "out";
      readonly label: string;
      readonly detail: string;
    }
  | {
      readonly type: "state";
      readonly time: number;
      readonly links: number;
      readonly gateway: "echo" | "stopped" | "real";
      readonly webhooks: "valid" | "expired";
    };

export type Listener = (event: SimulatorEvent) => void;

/** Passes events on and remembers the latest, so that a page that opens late still sees the story. */
export function createEventLog(keep = 500) {
  const past: SimulatorEvent[] = [];
  const listeners = new Set<Listener>();
  return {
    emit(event: SimulatorEvent) {
      const before = past.findLastIndex((earlier) => replaces(event, earlier));
      // A card stays where it came up; of an answer only the latest state counts.
      if (before >= 0 && event.type === "card") past[before] = event;
      else {
        if (before >= 0) past.splice(before, 1);
        past.push(event);
      }
      if (past.length > keep) past.shift();
      for (const listener of listeners) listener(event);
    },
    subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    past: () => [...past],
  };
}

export type EventLog = ReturnType<typeof createEventLog>;

/** Whether nobody needs the earlier one any more. */
function replaces(event: SimulatorEvent, earlier: SimulatorEvent): boolean {
  if (event.type === "streaming" && earlier.type === "streaming") {
    return event.session === earlier.session;
  }
  return (
    event.type === "card" && earlier.type === "card" && event.outTrackId === earlier.outTrackId
  );
}
