import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import type { FetchPinned, Resolve } from "../core/media/port.ts";

/**
 * What the operating system knows a host by, /etc/hosts included, in all three runtimes. getaddrinfo
 * cannot be broken off; who waits for it can.
 */
export const resolve: Resolve = async (host, signal) => {
  signal.throwIfAborted();
  let stop = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    const found = await Promise.race([lookup(host, { all: true }), stopped]);
    return found.map(({ address }) => address);
  } finally {
    signal.removeEventListener("abort", stop);
  }
};

/**
 * undici over node:net, which all three runtimes have: each asks the `lookup` given to it. In Deno it is
 * the one way to pin (its own fetch has no such option), loaded only when the first file is fetched.
 * `request` and not `fetch`: that adds headers of its own and decodes what it gets.
 */
export const fetchPinned: FetchPinned = async (url, { headers, signal }, addresses) => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  // An address for a host is dialled without asking `lookup`.
  if (isIP(host) !== 0 && !addresses.includes(host)) throw new Error("not the address to go to");
  // By file, not by name: in Bun the bare name "undici" is a built-in stand-in over Bun's own fetch.
  const { Agent, request } = await import("undici/index.js");
  const agent = new Agent({
    connect: { lookup: lookupIn(addresses), autoSelectFamily: true },
    headersTimeout: 0,
    bodyTimeout: 0,
    // A kept connection would serve nobody: the next request may have other addresses.
    pipelining: 0,
  });
  try {
    const {
      statusCode,
      headers: got,
      body,
    } = await request(url, {
      dispatcher: agent,
      headers,
      signal,
    });
    // Without a listener the end of a body nobody reads would end the process; a reader is told anyway.
    body.on("error", () => undefined);
    // Once the body is through.
    void agent.close().catch(() => undefined);
    const pairs = Object.entries(got).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    const empty = [204, 205, 304].includes(statusCode);
    if (empty) body.destroy();
    return new Response(empty ? null : streamOf(body), { status: statusCode, headers: pairs });
  } catch (error) {
    void agent.destroy().catch(() => undefined);
    throw error;
  }
};

function lookupIn(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (host, { all }, done) => {
    const [first] = known;
    if (first === undefined) done(new Error(`no address for ${host}`), "", 0);
    else if (all === true) done(null, known);
    else done(null, first.address, first.family);
  };
}

/** Asks for the next chunk only when the reader does: what is not read stays with the server. */
function streamOf(body: AsyncIterable<Uint8Array> & { destroy(): unknown }) {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
}
