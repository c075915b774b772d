import type { Runtime } from "./port.ts";
import { fetchPinned, resolve } from "./_pinned.ts";
import { fetch, fetchFresh } from "./_undici.ts";
import { dial } from "./_ws.ts";

export const runtime: Runtime = {
  name: "bun",
  version: Bun.version,
  dial,
  fetch,
  fetchFresh,
  resolve,
  fetchPinned,
  async serve({ host, port, fetch }) {
    // Bun ends responses that are idle for 10 s by default: too short for a long poll or a stream.
    const server = Bun.serve({ hostname: host, port, fetch, idleTimeout: 0 });
    return {
      port: server.port ?? port,
      stop: () => server.stop(true),
    };
  },
};
