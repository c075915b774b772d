import { randomUUID } from "node:crypto";
import process from "node:process";
import type { ServerWebSocket } from "bun";
import { until } from "../support/until.ts";

interface Link {
  readonly socket: ServerWebSocket<{ clientId: string }>;
  readonly unacked: Set<string>;
  onAck: () => void;
  onEnd: () => void;
}

export type MakeFrame = (messageId: string) => string;

export interface Load {
  /** Frames sent and not acked, at any time. */
  readonly inFlight: number;
  readonly ms: number;
}

/** What a client took in while the load lasted. */
export interface Intake {
  readonly perSecond: number;
  /** Acks in all, those after the end included. */
  readonly acked: number;
  /** Share of one core this process used: near 1 the server is what limits the rate. */
  readonly serverLoad: number;
}

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
        links.set(clientId, { socket, unacked: new Set(), onAck() {}, onEnd() {} });
        options.onLink?.(clientId);
      },
      message(socket, text) {
        const ack = JSON.parse(String(text)) as { code: number; headers: { messageId: string } };
        const link = links.get(socket.data.clientId);
        if (ack.code === 200 && link?.unacked.delete(ack.headers.messageId) === true) link.onAck();
      },
      close(socket) {
        links.get(socket.data.clientId)?.onEnd();
        links.delete(socket.data.clientId);
      },
    },
  });

  const linkOf = (clientId: string) => until(`${clientId} to connect`, () => links.get(clientId));

  const send = ({ socket, unacked }: Link, makeFrame: MakeFrame) => {
    const messageId = randomUUID();
    const frame = makeFrame(messageId);
    unacked.add(messageId);
    const sentAt = performance.now();
    socket.sendText(frame);
    return sentAt;
  };

  return {
    url: server.url.origin,
    linkOf,
    /** Pushes one message. Resolves with the time at which the frame left. */
    async push(clientId: string, makeFrame: MakeFrame): Promise<number> {
      return send(await linkOf(clientId), makeFrame);
    },
    /** Pushes as fast as acks come in. Resolves when the last frame is acked. */
    async load(clientId: string, makeFrame: MakeFrame, { inFlight, ms }: Load): Promise<Intake> {
      const link = await linkOf(clientId);
      const cpu = process.cpuUsage();
      const end = performance.now() + ms;
      let inTime = 0;
      let late = 0;
      let serverLoad = 0;
      return await new Promise((resolve, reject) => {
        link.onEnd = () => reject(new Error(`${clientId} has closed its link under load`));
        link.onAck = () => {
          if (performance.now() < end) {
            inTime++;
            send(link, makeFrame);
            return;
          }
          if (late++ === 0) {
            const { user, system } = process.cpuUsage(cpu);
            serverLoad = (user + system) / 1000 / ms;
          }
          if (link.unacked.size > 0) return;
          link.onEnd = () => {};
          resolve({ perSecond: (inTime / ms) * 1000, acked: inTime + late, serverLoad });
        };
        for (let n = 0; n < inFlight; n++) send(link, makeFrame);
      });
    },
    stop: () => server.stop(true),
  };
}

export type PushServer = ReturnType<typeof startPushServer>;
