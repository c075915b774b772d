import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { reasonOf } from "../core/log.ts";
import type { Proxy } from "../core/proxy.ts";
import { explained, tlsFor, type Trusted } from "./_trust.ts";

/** For the connection to the proxy, and the one the proxy makes, together. */
const TIMEOUT_MS = 10_000;
const MAX_HEAD_BYTES = 16_384;

export interface Target {
  /** A name or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * A connection that an HTTP proxy passes on (CONNECT), over node:net, which is the same in all three
 * runtimes: each one's own way to use a proxy says less, or nothing, about why it did not work. Rejects
 * with a reason to act on that holds no password, and with `signal`'s reason.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export function openTunnel(
  proxy: Proxy,
  { host, port }: Target,
  trusted: Trusted,
  signal?: AbortSignal,
): Promise<Socket> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connectTo(proxy, trusted);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      socket.off("data", read).off("close", hungUp);
    };
    const drop = (error: Error) => {
      end();
      socket.destroy();
      reject(error);
    };
    // Worded so that the core knows that what was to be sent never left.
    const fail = (why: string) =>
      drop(new Error(`unable to connect to ${target} over the proxy ${proxy.name}: ${why}`));
    const stop = () => drop(signal?.reason as Error);
    const hungUp = () => fail("it hung up");
    const timer = setTimeout(
      () => fail(`no answer within ${TIMEOUT_MS / 1000} s (connect timeout)`),
      TIMEOUT_MS,
    );

    let head = "";
    const read = (data: Uint8Array) => {
      head += latin1.decode(data);
      const close = head.indexOf("\r\n\r\n");
      if (close === -1 && head.length < MAX_HEAD_BYTES) return;
      const why = refusalIn(head, proxy);
      if (why !== undefined) return fail(why);
      // Whoever connects speaks first, so anything more is the proxy's.
      if (close + 4 !== head.length) return fail("it is no HTTP proxy");
      end();
      resolve(socket);
    };

    signal?.addEventListener("abort", stop, { once: true });
    socket.on("data", read);
    socket.on("close", hungUp);
    // Stays on: whoever takes the connection over listens to its own side, and hears of the end there.
    socket.on("error", (error) => {
      const said = reasonOf(explained(error, proxy.name, trusted));
      fail(`the proxy itself cannot be reached (${said})`);
    });
    socket.once(proxy.secure ? "secureConnect" : "connect", () => {
      const authorization =
        proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
    });
  });
}

const latin1 = new TextDecoder("latin1");

function connectTo({ host, port, secure }: Proxy, trusted: Trusted): Socket {
  const socket = secure
    ? connectTls({ host, port, ...tlsFor(host, trusted) })
    : connectTcp({ host, port });
  return socket.setKeepAlive(true, 60_000).setNoDelay(true);
}

/** Why the proxy does not connect, in words that help; undefined if it does. */
function refusalIn(head: string, { authorization }: Proxy): string | undefined {
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(head)?.[1]);
  if (Number.isNaN(status)) return "it is no HTTP proxy";
  if (status >= 200 && status < 300) return undefined;
  const said = `(HTTP ${status})`;
  if (status === 407) {
    const schemes = [...head.matchAll(/^proxy-authenticate:\s*([\w-]+)/gim)].map(([, one]) => one);
    if (schemes.length > 0 && !schemes.some((one) => /^basic$/i.test(one ?? ""))) {
      return `it wants ${schemes.join(" or ")} authentication, which is not supported: only Basic is ${said}`;
    }
    return authorization === undefined
      ? `it wants a user name and password ${said}: write them into the proxy's URL, http://user:password@host:port`
      : `it does not accept the user name and password ${said}`;
  }
  if (status >= 500) return `it cannot reach that host ${said}`;
  return `it refused ${said}: whoever runs it must allow connections to that host and port`;
}
