import type { FetchPinned, Resolve } from "../core/media/port.ts";
import type { Dial } from "../core/socket.ts";

/**
 * What each runtime provides. `#runtime` resolves to one of bun.ts, deno.ts, node.ts at run time and to
 * this file for the type checker (package.json, "imports").
 */
export interface Runtime {
  readonly name: "bun" | "deno" | "node";
  readonly version: string;
  readonly dial: Dial;
  /** Without a limit on silence or on requests in flight: a turn may be quiet for minutes. */
  readonly fetch: typeof fetch;
  /**
   * The same on a new connection each time. For the gateway: a kept connection may be dead, and a turn
   * that failed for that looks like one that broke off in the middle.
   */
  readonly fetchFresh: typeof fetch;
  readonly resolve: Resolve;
  readonly fetchPinned: FetchPinned;
  /** Rejects with `code: "EADDRINUSE"` if the port is taken. */
  serve(options: ServeOptions): Promise<HttpServer>;
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
