import type { SocketHandlers } from "../../src/core/socket.ts";

/** What a dialled socket reported, in order. */
export interface SocketRecorder {
  readonly events: readonly string[];
  readonly handlers: SocketHandlers;
  /** The first event that begins like this, as soon as there is one. */
  seen(start: string): Promise<string>;
}

export function recordSocket(): SocketRecorder {
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const note = (event: string) => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  };
  return {
    events,
    handlers: {
      onOpen: () => note("open"),
      onText: (text) => note(`text ${text.slice(0, 40)}`),
      onPong: () => note("pong"),
      onClose: (code, reason) => note(`close ${code} ${reason}`),
    },
    async seen(start) {
      for (;;) {
        const found = events.find((event) => event.startsWith(start));
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => void waiting.push(resolve));
      }
    },
  };
}
