import { createRoutes } from "../core/proxy.ts";
import { createNetwork } from "./_network.ts";
import { explained } from "./_trust.ts";
import type { Fetches } from "./_undici.ts";
import type { Ways } from "./_ways.ts";
import type { Runtime } from "./port.ts";

/**
 * Deno's own fetch takes a third of undici's time and less memory, but goes over the proxies that the
 * process's environment names, the gateway on loopback included, and does not say why one does not
 * connect. So it is for those who have none.
 */
function createFetches(ways: Ways): Fetches {
  const asks = createRoutes({ env: Deno.env.toObject() });
  const plain = asks.allDirect && ways.routes.allDirect && ways.trusted === undefined;
  return plain ? ownFetches() : requestFetches(ways);
}

function ownFetches(): Fetches {
  const unpooled = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const through = (client?: Deno.HttpClient) => {
    const asked = (input: string, init?: RequestInit) =>
      globalThis
        .fetch(input, { ...init, ...(client === undefined ? {} : { client }) })
        .catch((error: unknown) => {
          throw explained(error, new URL(input).host, undefined);
        });
    return asked as typeof globalThis.fetch;
  };
  return { fetch: through(), fetchFresh: through(unpooled) };
}

/** Loaded with the first request. */
function requestFetches(ways: Ways): Fetches {
  let loading: Promise<Fetches> | undefined;
  const load = () => {
    loading ??= import("./_request.ts").then((made) => made.createRequestFetches(ways));
    return loading;
  };
  const by = (name: keyof Fetches) => {
    const asked = async (input: string, init?: RequestInit) => (await load())[name](input, init);
    return asked as typeof globalThis.fetch;
  };
  return { fetch: by("fetch"), fetchFresh: by("fetchFresh") };
}

export const runtime: Runtime = {
  name: "deno",
  version: Deno.version.deno,
  network: (options) => createNetwork(options, createFetches),
  async serve({ host, port, fetch }) {
    try {
      const abort = new AbortController();
      const { addr, finished } = Deno.serve(
        // Without onListen Deno prints a line of its own.
        { hostname: host, port, signal: abort.signal, onListen() {} },
        (request) => fetch(request),
      );
      return {
        port: addr.port,
        // Not shutdown(): that waits for kept-alive connections nobody uses any more.
        async stop() {
          abort.abort();
          await finished;
        },
      };
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) {
        throw Object.assign(new Error(error.message, { cause: error }), { code: "EADDRINUSE" });
      }
      throw error;
    }
  },
};
