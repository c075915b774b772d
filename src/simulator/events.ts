import type { Shown } from "./kinds.ts";

/** What happens in the simulator, as the chat page and the tests see it. Times are ms since the epoch. */
export type SimulatorEvent =
  | {
      readonly type: "message";
      readonly time: number;
      readonly conversationId: string;
      readonly from: "person" | "robot";
      readonly name: string;
      readonly msgtype: string;
      /** Push preview of a markdown message. */
      readonly title: string | undefined;
      readonly text: string;
      readonly at: readonly string[];
      /** What a person sent besides words. */
      readonly shown?: Shown | undefined;
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
      // A streaming event only replaces the one before it.
      const last = past.at(-1);
      if (
        event.type === "streaming" &&
        last?.type === "streaming" &&
        last.session === event.session
      )
        past.pop();
      past.push(event);
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
