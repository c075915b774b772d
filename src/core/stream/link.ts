import type { Clock, Timer } from "../clock.ts";
import type { Dial, Socket } from "../socket.ts";
import { startHeartbeat, type Heartbeat, type HeartbeatOptions } from "./heartbeat.ts";

/** Largest frame taken in, in bytes. DingTalk documents no limit; its own Java SDK refuses above 256 KiB. */
const MAX_FRAME_BYTES = 1024 * 1024;
/** Close code of a peer that sent more than `maxPayload`. */
const TOO_LARGE = 1009;

export interface LinkOptions {
  readonly dial: Dial;
  readonly url: string;
  readonly clock: Clock;
  readonly dialTimeoutMs: number;
  readonly heartbeat: HeartbeatOptions;
}

export interface LinkHandlers {
  onOpen(link: Link): void;
  onText(text: string, link: Link): void;
  /** Exactly once, whether it ever opened or not. */
  onEnd(end: LinkEnd, link: Link): void;
}

export interface LinkEnd {
  /** One line: what ended it. */
  readonly reason: string;
  readonly oversize: boolean;
  /** How long it was open, in ms; 0 if it never was. */
  readonly livedMs: number;
}

/** One WebSocket connection, from the dial to its end. It never comes back: a new one has a new ticket. */
export interface Link {
  /** False if the link is not open: what was to be sent is lost, and the caller must count it. */
  send(text: string): boolean;
  /** How long it has been open, in ms; 0 if it is not. */
  livedMs(): number;
  /** Lets the peer close it within `ms`, then drops it. */
  drain(ms: number): void;
  /** Closes it politely and drops it after a moment: nothing of ours waits for the peer. */
  close(): void;
  /** Drops it now, and takes in nothing more: for a link that cannot be trusted any longer. */
  drop(why: string): void;
}

export function createLink(options: LinkOptions, handlers: LinkHandlers): Link {
  const { clock } = options;
  let state: "dialing" | "open" | "ended" = "dialing";
  let closing = false;
  let openedAt = 0;
  let reason = "";
  let heartbeat: Heartbeat | undefined;
  let timer: Timer | undefined;

  const abandon = (why: string) => {
    reason ||= why;
    socket.terminate();
  };

  const link: Link = {
    send(text) {
      if (state !== "open" || closing) return false;
      socket.send(text);
      return true;
    },
    livedMs: () => (state === "open" ? clock.monotonic() - openedAt : 0),
    drain(ms) {
      if (closing) return;
      timer?.cancel();
      timer = clock.after(ms, () => abandon("drained"));
    },
    close() {
      if (state === "ended" || closing) return;
      closing = true;
      reason ||= "closed by us";
      socket.close(1000, "bye");
      timer?.cancel();
      timer = clock.after(1000, () => abandon("closed by us"));
    },
    drop(why) {
      if (state === "ended") return;
      closing = true;
      abandon(why);
    },
  };

  timer = clock.after(options.dialTimeoutMs, () =>
    abandon(`no connection within ${options.dialTimeoutMs} ms`),
  );
  const socket: Socket = options.dial(
    options.url,
    {
      onOpen() {
        if (state !== "dialing") return;
        state = "open";
        openedAt = clock.monotonic();
        timer?.cancel();
        heartbeat = startHeartbeat(
          clock,
          options.heartbeat,
          () => socket.ping(),
          () => abandon(`no answer to ${options.heartbeat.misses} pings: the connection is dead`),
        );
        handlers.onOpen(link);
      },
      onText(text) {
        heartbeat?.alive();
        if (state === "open" && !closing) handlers.onText(text, link);
      },
      onPong() {
        heartbeat?.alive();
      },
      onClose(code, text) {
        if (state === "ended") return;
        const livedMs = link.livedMs();
        state = "ended";
        timer?.cancel();
        heartbeat?.stop();
        const oversize = code === TOO_LARGE;
        const said = oversize
          ? `a frame larger than ${MAX_FRAME_BYTES} bytes`
          : reason || `closed with code ${code}${text && `: ${text}`}`;
        handlers.onEnd({ reason: said, oversize, livedMs }, link);
      },
    },
    { maxPayload: MAX_FRAME_BYTES },
  );
  return link;
}
