import { expect, test } from "bun:test";
import { verifyRobot } from "../../../src/onboard/verify.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { createFakeDial } from "../../support/fake-socket.ts";

const TICKET = { endpoint: "wss://stream.example/connect", ticket: "the-ticket" };

function verifying(answer: () => Response | Promise<Response> | Error) {
  const clock = createFakeClock();
  const { fetch } = createFakeFetch(answer);
  const { dial, sockets } = createFakeDial();
  const stop = new AbortController();
  const result = verifyRobot(
    {
      apiUrl: "https://api.example",
      clientId: "dingnew",
      clientSecret: "the-secret",
      userAgent: "test",
      fetch,
      dial,
      clock,
    },
    stop.signal,
  );
  return { clock, sockets, result, stop };
}

/** The same up to where DingTalk has given a ticket. */
async function dialled() {
  const world = verifying(() => jsonResponse(200, TICKET));
  await world.clock.settle();
  const [socket] = world.sockets;
  if (socket === undefined) throw new Error("not dialled");
  return { ...world, socket };
}

test("a pong proves it, and the connection is let go at once", async () => {
  const { socket, result, clock } = await dialled();
  socket.open();
  expect(socket.pings()).toBe(1);
  expect(socket.closing()).toBeUndefined();
  socket.pong();
  expect(socket.closing()).toEqual({ code: 1000, reason: "bye" });
  socket.end(1000);
  expect(await result).toMatchObject({ ok: true });
  expect(clock.pending).toBe(0);
});

test("a frame proves it as well; a peer that does not let go is dropped", async () => {
  const { socket, result, clock } = await dialled();
  socket.open();
  socket.text("{}");
  await clock.advance(1000);
  expect(socket.terminated()).toBe(true);
  expect(await result).toMatchObject({ ok: true });
});

test.each([
  [401, { code: "authFailed" }, "credentials"],
  [400, { code: "systemError" }, "configuration"],
  [403, { code: "Forbidden.AccessDenied.IpNotInWhiteList" }, "refused"],
  [503, {}, "unavailable"],
])("HTTP %i %j: %s", async (status, body, failure) => {
  const { result, sockets } = verifying(() => jsonResponse(status, body));
  expect(await result).toMatchObject({ ok: false, failure });
  expect(sockets).toHaveLength(0);
});

test("no network is told from a refusal", async () => {
  const { result } = verifying(() => networkError("ENOTFOUND"));
  expect(await result).toMatchObject({ ok: false, failure: "unavailable" });
});

test("a WebSocket that does not come about is the proxy's doing, not the credentials'", async () => {
  const { socket, result } = await dialled();
  socket.end(1006, "Unexpected server response: 400");
  const ended = await result;
  expect(ended).toEqual({
    ok: false,
    failure: "handshake",
    reason: "no WebSocket connection to stream.example: Unexpected server response: 400",
  });
  expect(JSON.stringify(ended)).not.toContain("the-ticket");
});

test("neither a dial nor an open connection is waited for without end", async () => {
  const slow = await dialled();
  await slow.clock.advance(10_000);
  expect(await slow.result).toMatchObject({ ok: false, failure: "handshake" });
  const silent = await dialled();
  silent.socket.open();
  await silent.clock.advance(5000);
  expect(await silent.result).toMatchObject({ ok: false, failure: "silent" });
});

test("whoever stops it gets their reason, at every stage", async () => {
  const reason = new Error("enough");
  const asking = verifying(never);
  const connecting = await dialled();
  for (const { stop, result } of [asking, connecting]) {
    const caught = result.catch((error: unknown) => error);
    stop.abort(reason);
    expect(await caught).toBe(reason);
  }
  expect(connecting.socket.terminated()).toBe(true);
});
