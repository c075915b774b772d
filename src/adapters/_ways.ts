import type { Socket } from "node:net";
import { createRoutes, type Routes } from "../core/proxy.ts";
import { trustedWith, type Trusted } from "./_trust.ts";
import { openTunnel } from "./_tunnel.ts";
import type { NetworkOptions } from "./port.ts";

/** By what ways connections are made: the same for HTTP, files and WebSocket, in all three runtimes. */
export interface Ways {
  readonly routes: Routes;
  readonly trusted: Trusted;
  /**
   * A connection to the URL's host through its proxy, before any TLS of its own. Undefined: it needs none.
   * @param host what to tell the proxy instead of the URL's host.
   */
  tunnel(url: string, signal?: AbortSignal, host?: string): Promise<Socket> | undefined;
}

/** Throws if `ca` holds no certificate. */
export function createWays({ proxy, env, ca }: NetworkOptions): Ways {
  const routes = createRoutes({ proxy, env });
  const trusted = trustedWith(ca);
  return {
    routes,
    trusted,
    tunnel(text, signal, other) {
      const route = routes.to(text);
      if (route.kind === "direct") return undefined;
      const url = new URL(text);
      const host = other ?? hostOf(url);
      if (route.kind === "unusable") {
        // By these words the core knows that what was to be sent never left.
        return Promise.reject(new Error(`unable to connect to ${host}: ${route.problem}`));
      }
      return openTunnel(route.proxy, { host, port: portOf(url) }, trusted, signal);
    },
  };
}

/** Without brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

export const isSecure = ({ protocol }: URL): boolean =>
  protocol === "https:" || protocol === "wss:";

export const portOf = (url: URL): number =>
  url.port === "" ? (isSecure(url) ? 443 : 80) : Number(url.port);
