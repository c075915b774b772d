import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { WebSocketServer, type WebSocket } from "ws";
import { runtime } from "#runtime";
import { recordSocket } from "../support/socket-recorder.ts";

const network = runtime.network({ env: {} });

describe(`dial() in ${runtime.name}`, () => {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true });
  let port = 0;
  let peers: WebSocket[] = [];
  let raw: NetSocket[] = [];
  let answer = true;

  http.on("connection", (socket: NetSocket) => raw.push(socket));
  http.on("upgrade", (request, socket, head) => {
    if (request.url === "/refuse") {
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (!answer) return;
    server.handleUpgrade(request, socket, head, (peer) => {
      peers.push(peer);
      peer.on("message", (data) => {
        // oxlint-disable-next-line typescript/no-base-to-string -- ws hands over bytes here
        peer.send(`echo ${String(data)}`);
      });
    });
  });

  beforeEach(async () => {
    peers = [];
    raw = [];
    answer = true;
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    port = (http.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const socket of raw) socket.destroy();
    await new Promise((resolve) => http.close(resolve));
  });

  const dial = (path = "/", maxPayload = 1024 * 1024) => {
    const seen = recordSocket();
    const url = `ws://127.0.0.1:${port}${path}`;
    return { ...seen, socket: network.dial(url, seen.handlers, { maxPayload }) };
  };

  it("opens, sends and receives text", async () => {
    const { socket, seen } = dial();
    await seen("open");
    socket.send("你好");
    assert.equal(await seen("text"), "text echo 你好");
    socket.terminate();
    await seen("close");
  });

  it("reports the peer's pong", async () => {
    const { socket, seen } = dial();
    await seen("open");
    socket.ping();
    await seen("pong");
    socket.terminate();
    await seen("close");
  });

  it("close() ends with the peer's answer, once", async () => {
    const { socket, seen, events } = dial();
    await seen("open");
    socket.close(1000, "bye");
    assert.match(await seen("close"), /^close 1000/);
    socket.terminate();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(events.filter((event) => event.startsWith("close")).length, 1);
  });

  it("terminate() ends a half-open connection without the peer", async () => {
    const { socket, seen } = dial();
    await seen("open");
    for (const connection of raw) connection.pause();
    socket.terminate();
    assert.match(await seen("close"), /^close 1006/);
  });

  it("terminate() ends a connection that never got an answer", async () => {
    answer = false;
    const { socket, seen, events } = dial();
    await new Promise((resolve) => setImmediate(resolve));
    socket.terminate();
    assert.match(await seen("close"), /^close 1006/);
    assert.ok(!events.includes("open"));
  });

  it("a peer that is cut off closes with 1006", async () => {
    const { seen } = dial();
    await seen("open");
    for (const peer of peers) peer.terminate();
    assert.match(await seen("close"), /^close 1006/);
  });

  it("a peer that closes hands its code and reason on", async () => {
    const { seen } = dial();
    await seen("open");
    for (const peer of peers) peer.close(4001, "go away");
    assert.equal(await seen("close"), "close 4001 go away");
  });

  it("a refused upgrade closes and says the status", async () => {
    const { seen, events } = dial("/refuse");
    assert.match(await seen("close"), /401/);
    assert.ok(!events.includes("open"));
  });

  it("a port nobody listens on closes, and the URL stays secret", async () => {
    const seen = recordSocket();
    network.dial("ws://127.0.0.1:1/connect?ticket=very-secret", seen.handlers, {
      maxPayload: 1024,
    });
    const closed = await seen.seen("close");
    assert.match(closed, /^close 1006/);
    assert.doesNotMatch(closed, /very-secret/);
  });

  it("a message over maxPayload closes with 1009", async () => {
    const { seen } = dial("/", 1000);
    await seen("open");
    for (const peer of peers) peer.send("x".repeat(1001));
    assert.match(await seen("close"), /^close 1009/);
  });

  it("a binary message arrives as text", async () => {
    const { socket, seen } = dial();
    await seen("open");
    for (const peer of peers) peer.send(new TextEncoder().encode("字节"), { binary: true });
    assert.equal(await seen("text"), "text 字节");
    socket.terminate();
    await seen("close");
  });
});
