import type { FetchPinned, Resolve } from "../core/media/port.ts";
import type { ProxySettings } from "../core/proxy.ts";
import type { Dial } from "../core/socket.ts";

/**
 * What each runtime provides. `#runtime` resolves to one of bun.ts, deno.ts, node.ts at run time and to
 * this file for the type checker (package.json, "imports").
 */
export interface Runtime {
  readonly name: "bun" | "deno" | "node";
  readonly version: string;
  /** To be made once. Throws if `ca` holds no certificate. */
  network(options: NetworkOptions): Network;
  /** Rejects with `code: "EADDRINUSE"` if the port is taken. */
  serve(options: ServeOptions): Promise<HttpServer>;
}

export interface NetworkOptions extends ProxySettings {
  /** Certificates of authorities (PEM), trusted besides those the runtime trusts anyway. */
  readonly ca?: string | undefined;
}

/**
 * Ways out, the same in all runtimes: over the proxy where `ProxySettings` want it, and never to this very
 * machine. What the runtime would do with the process's environment by itself counts for nothing. Why a
 * proxy or a certificate does not do is an error's message, or `onClose`'s reason, without any password.
 */
export interface Network {
  readonly dial: Dial;
  /** Without a limit on silence or on requests in flight: a turn may be quiet for minutes. */
  readonly fetch: typeof fetch;
  /**
   * The same on a new connection each time. For the gateway: a kept connection may be dead, and a turn
   * that failed for that looks like one that broke off in the middle.
   */
  readonly fetchFresh: typeof fetch;
  readonly resolve: Resolve;
  /**
   * Over a proxy too it goes to one of the addresses, which the proxy is then told instead of the name.
   * DingTalk's own file hosts are told by name: company proxies let names through, and nobody who sends
   * a message decides what addresses these names have.
   */
  readonly fetchPinned: FetchPinned;
  /**
   * Whether `fetchPinned` gets to the URL without an address: over a proxy, to a host of DingTalk's own.
   * Where only the proxy can look names up, that is all there is.
   */
  readonly byName: (url: string) => boolean;
}

export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

export declare const runtime: Runtime;
