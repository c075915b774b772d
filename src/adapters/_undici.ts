// By file, not by name: in Bun the bare name "undici" is a built-in stand-in over Bun's own fetch.
import { Agent, buildConnector, fetch as undiciFetch } from "undici/index.js";
import type { Socket } from "node:net";
import { explained } from "./_trust.ts";
import type { Ways } from "./_ways.ts";
import type { Network } from "./port.ts";

export type Fetches = Pick<Network, "fetch" | "fetchFresh">;

interface AgentOptions {
  /** A new connection for each request. */
  readonly fresh: boolean;
  readonly tunnel?: (url: string) => Promise<Socket> | undefined;
  /** For connections without a proxy. */
  readonly direct?: buildConnector.BuildOptions;
}

export function createAgent(ways: Ways, options: AgentOptions): Agent {
  const { fresh, tunnel = (url) => ways.tunnel(url), direct = {} } = options;
  return new Agent({
    // A turn may be silent for longer than undici's 300 s.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connectBy(ways, tunnel, direct),
    // 0 is undici's way to say: close the connection after each response.
    ...(fresh ? { pipelining: 0 } : {}),
  });
}

/**
 * `fetch` for Node and Bun. Node's own gives up after 300 s without a byte; Bun's own sends at most 256
 * requests at once (BUN_CONFIG_MAX_HTTP_REQUESTS, read only when the process starts), so that hung turns
 * would keep replies from being sent. undici's own fetch with its own agent has neither limit and does
 * not depend on the undici version Node bundles.
 */
export function createFetches(ways: Ways): Fetches {
  const through = (fresh: boolean) => {
    const dispatcher = createAgent(ways, { fresh });
    const asked = (input: string, init?: Record<string, unknown>) =>
      undiciFetch(input, { ...init, dispatcher }).catch((error: unknown) => {
        throw explained(error, new URL(input).host, ways.trusted);
      });
    return asked as unknown as typeof globalThis.fetch;
  };
  return { fetch: through(false), fetchFresh: through(true) };
}

/** As undici always does where `tunnel` has nothing, else through what it gives. */
function connectBy(
  { trusted }: Ways,
  tunnel: (url: string) => Promise<Socket> | undefined,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const trust = trusted === undefined ? {} : { secureContext: trusted };
  const direct = buildConnector({ ...options, ...trust });
  const secured = buildConnector(trust);
  return (to, done) => {
    const opening = tunnel(`${to.protocol}//${to.host ?? to.hostname}`);
    if (opening === undefined) return direct(to, done);
    opening.then(
      (socket) => {
        if (to.protocol !== "https:") return done(null, socket);
        secured({ ...to, httpSocket: socket }, (...result) => {
          if (result[0] !== null) socket.destroy();
          done(...result);
        });
      },
      (error: Error) => done(error, null),
    );
  };
}
