import { WebSocket, type RawData } from "ws";
import type { Dial } from "../core/socket.ts";

/** What `ws` reports when a message is larger than `maxPayload`; its close event then says only 1006. */
const TOO_LARGE = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/**
 * The socket port on npm `ws`, in all three runtimes: it alone has ping, pong, terminate and a size
 * limit everywhere (the web-standard WebSocket of Node and Deno has none of them, and its close event
 * never comes from a dead peer). In Bun, `import "ws"` is Bun's own built-in with the same interface.
 */
export const dial: Dial = (url, handlers, { headers, maxPayload }) => {
  const socket = new WebSocket(url, {
    ...(headers === undefined ? {} : { headers }),
    maxPayload,
    perMessageDeflate: false,
  });
  let failure: (Error & { code?: string }) | undefined;

  socket.on("open", () => handlers.onOpen());
  socket.on("message", (data: RawData) => handlers.onText(textOf(data)));
  socket.on("pong", () => handlers.onPong());
  // Without a listener an error would end the process; "close" always follows it.
  socket.on("error", (error: Error & { code?: string }) => {
    failure ??= error;
  });
  socket.on("close", (code: number, reason: Uint8Array) => {
    const tooLarge = failure?.code === TOO_LARGE;
    // The error's text may quote the URL, and that holds the ticket.
    const said =
      textOf(reason) || (failure?.message ?? "").replaceAll(/wss?:\/\/\S+/g, "the endpoint");
    handlers.onClose(tooLarge ? 1009 : code, said);
  });

  return {
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
};

const decoder = new TextDecoder();

export function textOf(data: RawData | Uint8Array | string): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return data.map(textOf).join("");
  return decoder.decode(data);
}
