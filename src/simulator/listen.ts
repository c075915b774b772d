import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** A server on loopback, the same in all three runtimes. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Ends it at once, open connections included. */
  close(): Promise<void>;
}

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A context whose sockets can be reached: what misbehaving takes. */
export type SocketContext = Context<{ Bindings: HttpBindings }>;

/** Closes the connection instead of answering. */
export function hangUp(c: SocketContext): Response {
  c.env.incoming.socket.destroy();
  return new Response(null);
}

/** Never answers: resolves when the other side has given up. */
export async function staySilent(c: SocketContext): Promise<Response> {
  await new Promise<void>((resolve) => c.env.outgoing.once("close", () => resolve()));
  return new Response(null);
}

export async function listen(
  fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>,
  options: { readonly port?: number; readonly onUpgrade?: Upgrade } = {},
): Promise<Listening> {
  const listener = getRequestListener((request, env) => fetch(request, env as HttpBindings), {
    overrideGlobalObjects: false,
  });
  const server = createServer((request, response) => void listener(request, response));
  const sockets = new Set<Duplex>();
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  if (options.onUpgrade !== undefined) server.on("upgrade", options.onUpgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
