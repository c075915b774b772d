import type { createConnection, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { WebSocket, type RawData } from "ws";
import type { Dial } from "../core/socket.ts";
import { explained, tlsFor } from "./_trust.ts";
import { hostOf, isSecure, portOf, type Ways } from "./_ways.ts";

/** What `ws` reports when a message is larger than `maxPayload`; its close event then says only 1006. */
const TOO_LARGE = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/**
 * The socket port on npm `ws`, in all three runtimes: it alone has ping, pong, terminate and a size
 * limit everywhere (the web-standard WebSocket of Node and Deno has none of them, and its close event
 * never comes from a dead peer). In Bun, `import "ws"` is Bun's own built-in with the same interface.
 */
export const createDial =
  (ways: Ways): Dial =>
  (url, handlers, { headers, maxPayload }) => {
    const gone = new AbortController();
    const connection = connectionFor(ways, url, gone.signal);
    const socket = new WebSocket(url, {
      ...(headers === undefined ? {} : { headers }),
      ...(connection === undefined ? {} : { createConnection: connection }),
      maxPayload,
      perMessageDeflate: false,
    });
    let failure: (Error & { code?: string }) | undefined;

    socket.on("open", () => handlers.onOpen());
    socket.on("message", (data: RawData) => handlers.onText(textOf(data)));
    socket.on("pong", () => handlers.onPong());
    // Without a listener an error would end the process; "close" always follows it.
    socket.on("error", (error: Error) => {
      failure ??= explained(error, new URL(url).host, ways.trusted);
    });
    socket.on("close", (code: number, reason: Uint8Array) => {
      gone.abort();
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

/**
 * How `ws` gets its connection where its own way does not do: over a proxy, or with more authorities than
 * the runtime's. All three runtimes heed `createConnection`, Bun's built-in too, which heeds no `agent`.
 */
function connectionFor(
  ways: Ways,
  text: string,
  gone: AbortSignal,
): typeof createConnection | undefined {
  const url = new URL(text);
  const secure = isSecure(url);
  const isDirect = ways.routes.to(text).kind === "direct";
  if (isDirect && !(secure && ways.trusted !== undefined)) return undefined;
  const host = hostOf(url);
  const secured = (socket?: Socket) =>
    connectTls({
      host,
      port: portOf(url),
      ...(socket === undefined ? {} : { socket }),
      ...tlsFor(host, ways.trusted),
    });
  const connect = (_options: unknown, done: (error: Error | null, socket?: Socket) => void) => {
    const tunnel = ways.tunnel(text, gone);
    if (tunnel === undefined) return secured();
    tunnel.then((socket) => done(null, secure ? secured(socket) : socket), done);
    return undefined;
  };
  return connect as unknown as typeof createConnection;
}

const decoder = new TextDecoder();

export function textOf(data: RawData | Uint8Array | string): string {
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return data.map(textOf).join("");
  return decoder.decode(data);
}
