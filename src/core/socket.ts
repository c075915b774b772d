/**
 * The socket port: all the core asks of a WebSocket client. The adapters fill it in.
 * Timeouts and states live in the core; errors are folded into `onClose`.
 */
export interface Socket {
  /** Sends one text message. Late sends are silent in every runtime: the caller keeps its own state. */
  send(text: string): void;
  ping(): void;
  /** Asks the peer to close. A wish only: a dead peer never answers it. */
  close(code: number, reason: string): void;
  /** Drops the connection now; `onClose` follows within milliseconds, also while connecting. */
  terminate(): void;
}

export interface SocketHandlers {
  onOpen(): void;
  /** A text message, or a binary one decoded as UTF-8. */
  onText(text: string): void;
  onPong(): void;
  /** Exactly once, whatever happened. `code` 1009: a message was larger than `maxPayload`. */
  onClose(code: number, reason: string): void;
}

export interface DialOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest message accepted, in bytes. */
  readonly maxPayload: number;
}

export type Dial = (url: string, handlers: SocketHandlers, options: DialOptions) => Socket;
