import { randomUUID } from "node:crypto";
import type { ServerWebSocket } from "bun";
import { until } from "../support/until.ts";

/** A client's connection, with what was sent on it and is not acked. */
export interface Link {
  readonly clientId: string;
  readonly socket: ServerWebSocket<{ clientId: string }>;
  /** Message ids, and when each was sent. */
  readonly unacked: Map<string, number>;
  onAck: (sentAt: number) => void;
  onEnd: () => void;
}

export type MakeFrame = (messageId: string) => string;

export interface PushServerOptions {
  /** Answers what is not DingTalk's. */
  readonly fetch?: (request: Request) => Response | Promise<Response>;
  readonly onLink?: (clientId: string) => void;
}

/**
 * DingTalk's Stream side, as lean as can be, on Bun's own server: the simulator's keeps a log of every
 * frame and would be measured with what it serves. A client's ticket is its Client ID.
 */
export function startPushServer(options: PushServerOptions = {}) {
  const links = new Map<string, Link>();

  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request, server) {
      const url = new URL(request.url);
      if (url.pathname === "/v1.0/gateway/connections/open") {
        const { clientId } = (await request.json()) as { clientId: string };
        return Response.json({ endpoint: `ws://${url.host}/connect`, ticket: clientId });
      }
      if (url.pathname === "/connect") {
        const data = { clientId: url.searchParams.get("ticket") ?? "" };
        if (server.upgrade(request, { data })) return;
      }
      return (await options.fetch?.(request)) ?? new Response(null, { status: 404 });
    },
    websocket: {
      data: { clientId: "" },
      idleTimeout: 0,
      open(socket) {
        const { clientId } = socket.data;
        links.set(clientId, { clientId, socket, unacked: new Map(), onAck() {}, onEnd() {} });
        options.onLink?.(clientId);
      },
      message(socket, text) {
        const ack = JSON.parse(String(text)) as { code: number; headers: { messageId: string } };
        const { messageId } = ack.headers;
        const link = links.get(socket.data.clientId);
        const sentAt = link?.unacked.get(messageId);
        if (ack.code !== 200 || link === undefined || sentAt === undefined) return;
        link.unacked.delete(messageId);
        link.onAck(sentAt);
      },
      close(socket) {
        links.get(socket.data.clientId)?.onEnd();
        links.delete(socket.data.clientId);
      },
    },
  });

  const linkOf = (clientId: string) => until(`${clientId} to connect`, () => links.get(clientId));

  return {
    url: server.url.origin,
    linkOf,
    /** Pushes one message. Resolves with the time at which the frame left. */
    async push(clientId: string, makeFrame: MakeFrame): Promise<number> {
      return send(await linkOf(clientId), makeFrame);
    },
    stop: () => server.stop(true),
  };
}

export type PushServer = ReturnType<typeof startPushServer>;

/** Sends one frame. Returns the time at which it left. */
export function send({ socket, unacked }: Link, makeFrame: MakeFrame): number {
  const messageId = randomUUID();
  const frame = makeFrame(messageId);
  const sentAt = performance.now();
  unacked.set(messageId, sentAt);
  socket.sendText(frame);
  return sentAt;
}
