import type { Dial, DialOptions, SocketHandlers } from "../../src/core/socket.ts";

/** One dialled connection, seen from the far side. */
export interface FakeSocket {
  readonly url: string;
  readonly options: DialOptions;
  readonly sent: string[];
  readonly pings: () => number;
  /** What we asked the peer for with `close`. */
  readonly closing: () => { readonly code: number; readonly reason: string } | undefined;
  readonly terminated: () => boolean;
  readonly ended: () => boolean;
  /** The far side accepts, speaks, answers a ping, hangs up. */
  open(): void;
  text(text: string): void;
  pong(): void;
  end(code?: number, reason?: string): void;
}

/** A dial that connects to nothing: each call leaves one socket for the test to play the peer of. */
export function createFakeDial(): { readonly dial: Dial; readonly sockets: FakeSocket[] } {
  const sockets: FakeSocket[] = [];
  const dial: Dial = (url, handlers, options) => {
    const { socket, port } = fakeSocket(url, handlers, options);
    sockets.push(socket);
    return port;
  };
  return { dial, sockets };
}

function fakeSocket(url: string, handlers: SocketHandlers, options: DialOptions) {
  const sent: string[] = [];
  let pings = 0;
  let closing: { code: number; reason: string } | undefined;
  let terminated = false;
  let ended = false;
  const end = (code = 1006, reason = "") => {
    if (ended) return;
    ended = true;
    handlers.onClose(code, reason);
  };
  const socket: FakeSocket = {
    url,
    options,
    sent,
    pings: () => pings,
    closing: () => closing,
    terminated: () => terminated,
    ended: () => ended,
    open: () => handlers.onOpen(),
    text: (text) => handlers.onText(text),
    pong: () => handlers.onPong(),
    end,
  };
  const port = {
    send(text: string) {
      // A socket that is closing takes nothing more, and says nothing about it.
      if (!ended && closing === undefined) sent.push(text);
    },
    ping() {
      pings++;
    },
    close(code: number, reason: string) {
      closing ??= { code, reason };
    },
    terminate() {
      terminated = true;
      // As the adapters do: the close event follows, but never within the call.
      queueMicrotask(end);
    },
  };
  return { socket, port };
}
