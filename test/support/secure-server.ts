import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { SERVER } from "./certificates.ts";

export interface TestServer {
  readonly port: number;
  /** WebSocket peers that have connected, in order. */
  readonly peers: readonly WebSocket[];
  stop(): Promise<void>;
}

/** Answers HTTP, or HTTPS with `SERVER`, on a free port of 127.0.0.1; a WebSocket gets its messages back. */
export async function startTestServer(
  scheme: "http" | "https",
  listener: RequestListener,
): Promise<TestServer> {
  const { key, certificate: cert } = SERVER;
  const server =
    scheme === "https" ? createSecureServer({ key, cert }, listener) : createServer(listener);
  const connections = new Set<Socket>();
  const peers: WebSocket[] = [];
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (peer) => {
      peers.push(peer);
      peer.on("error", () => undefined);
      // oxlint-disable-next-line typescript/no-base-to-string -- ws hands over bytes here
      peer.on("message", (data) => peer.send(`echo ${String(data)}`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    async stop() {
      for (const peer of peers) peer.terminate();
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
