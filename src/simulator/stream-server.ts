import { randomUUID } from "node:crypto";
import { WebSocketServer, type WebSocket } from "ws";
import { textOf } from "../adapters/_ws.ts";
import type { EventLog } from "./events.ts";
import type { Upgrade } from "./listen.ts";

export interface StreamServerOptions {
  readonly events: EventLog;
  /** An unacked push comes again after this long, under a new messageId. */
  readonly redeliverAfterMs: number;
  /** How long a link lives on, silent, after `disconnect`. */
  readonly disconnectGraceMs: number;
  readonly onLinksChanged: () => void;
}

/** A push on its way over one link. `seq` counts all of a server's. */
export interface Delivery {
  readonly link: string;
  readonly seq: number;
  readonly time: number;
}

export interface Acked {
  readonly code: number;
  readonly data: string;
  readonly delivery: Delivery;
}

interface Push {
  readonly topic: string;
  readonly data: string;
  readonly onDelivery: ((delivery: Delivery) => void) | undefined;
  readonly onAcked: (acked: Acked) => void;
  /** The latest. */
  delivery: Delivery;
  timer: ReturnType<typeof setTimeout> | undefined;
}

interface Link {
  readonly id: string;
  readonly socket: WebSocket;
  /** After `disconnect`: nothing is pushed here any more. */
  leaving: boolean;
}

const TICKET_MS = 90_000;

/**
 * The Stream side of DingTalk: tickets for one connection each, pushes to one link chosen at random,
 * redelivery of what is not acked, `disconnect` with its silent seconds.
 */
export function createStreamServer(options: StreamServerOptions) {
  const { events } = options;
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Map<string, number>();
  const links = new Set<Link>();
  const unacked = new Map<string, Push>();
  /** Pushes that found no link. */
  let parked: Push[] = [];
  let systemAcks = 0;
  let deliveries = 0;

  const log = (direction: "in" | "out", label: string, detail: string) =>
    events.emit({ type: "frame", time: Date.now(), direction, label, detail });

  const frame = (link: Link, type: string, topic: string, data: string) => {
    const messageId = randomUUID();
    const headers = {
      appId: "simulator",
      connectionId: link.id,
      contentType: "application/json",
      messageId,
      time: String(Date.now()),
      topic,
    };
    link.socket.send(JSON.stringify({ specVersion: "1.0", type, headers, data }));
    log("in", `${type} ${topic}`, data);
    return messageId;
  };

  const deliver = (push: Push) => {
    const open = [...links].filter((link) => !link.leaving && link.socket.readyState === 1);
    const link = open[Math.floor(Math.random() * open.length)];
    if (link === undefined) {
      parked.push(push);
      return;
    }
    const messageId = frame(link, "CALLBACK", push.topic, push.data);
    unacked.set(messageId, push);
    push.delivery = { link: link.id, seq: ++deliveries, time: Date.now() };
    push.onDelivery?.(push.delivery);
    push.timer = setTimeout(() => {
      unacked.delete(messageId);
      log("in", "redelivery", `not acked within ${options.redeliverAfterMs} ms`);
      deliver(push);
    }, options.redeliverAfterMs);
  };

  const onFrame = (text: string) => {
    const { code, headers, data } = JSON.parse(text) as {
      code: number;
      headers: { messageId: string };
      data: string;
    };
    log("out", `ack ${code}`, data);
    const push = unacked.get(headers.messageId);
    if (push === undefined) {
      systemAcks++;
      return;
    }
    unacked.delete(headers.messageId);
    clearTimeout(push.timer);
    push.onAcked({ code, data, delivery: push.delivery });
  };

  const welcome = (socket: WebSocket) => {
    const link: Link = { id: randomUUID(), socket, leaving: false };
    links.add(link);
    log("in", "link up", link.id);
    const ping = () => frame(link, "SYSTEM", "ping", JSON.stringify({ opaque: randomUUID() }));
    const first = setTimeout(ping, 50);
    socket.on("message", (data) => onFrame(textOf(data)));
    socket.on("close", () => {
      clearTimeout(first);
      links.delete(link);
      log("in", "link down", link.id);
      options.onLinksChanged();
    });
    options.onLinksChanged();
    const waiting = parked;
    parked = [];
    for (const push of waiting) deliver(push);
  };

  const onUpgrade: Upgrade = (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const ticket = url.searchParams.get("ticket") ?? "";
    const expires = tickets.get(ticket) ?? 0;
    // Good once, and never again.
    tickets.delete(ticket);
    if (url.pathname !== "/connect" || expires < Date.now()) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    server.handleUpgrade(request, socket, head, welcome);
  };

  return {
    onUpgrade,
    issueTicket(): string {
      // Characters that do not survive an unencoded URL: the client has to encode it.
      const ticket = `${randomUUID()}+/&=`;
      tickets.set(ticket, Date.now() + TICKET_MS);
      return ticket;
    },
    /** Pushes a callback until it is acked. Resolves with the ack and the delivery it was for. */
    push: (topic: string, data: string, onDelivery?: (delivery: Delivery) => void) =>
      new Promise<Acked>((onAcked) => {
        const delivery = { link: "", seq: 0, time: 0 };
        deliver({ topic, data, onDelivery, onAcked, delivery, timer: undefined });
      }),
    /** Sends text as it is on every link, frame or not. */
    sendRaw(text: string) {
      for (const { socket } of links) socket.send(text);
    },
    /** Announces the end of every link, is silent on it, and closes it after the grace time. */
    disconnect(reason = "persistent connection is timeout") {
      for (const link of links) {
        frame(link, "SYSTEM", "disconnect", JSON.stringify({ reason }));
        link.leaving = true;
        setTimeout(() => link.socket.close(), options.disconnectGraceMs).unref();
      }
    },
    /** Cuts every link without a word. */
    drop() {
      for (const { socket } of links) socket.terminate();
    },
    get links() {
      return [...links].filter(({ leaving }) => !leaving).length;
    },
    get unacked() {
      return unacked.size + parked.length;
    },
    get systemAcks() {
      return systemAcks;
    },
    close() {
      for (const { timer } of unacked.values()) clearTimeout(timer);
      unacked.clear();
      for (const { socket } of links) socket.terminate();
    },
  };
}

export type StreamServer = ReturnType<typeof createStreamServer>;
