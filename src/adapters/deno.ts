import type { Runtime } from "./port.ts";
import { fetchPinned, resolve } from "./_pinned.ts";
import { dial } from "./_ws.ts";

const unpooled = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

export const runtime: Runtime = {
  name: "deno",
  version: Deno.version.deno,
  dial,
  fetch: globalThis.fetch,
  fetchFresh: ((input: string, init?: RequestInit) =>
    globalThis.fetch(input, {
      ...init,
      client: unpooled,
    } as RequestInit)) as typeof globalThis.fetch,
  resolve,
  fetchPinned,
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
