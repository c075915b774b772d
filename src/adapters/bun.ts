import { createNetwork } from "./_network.ts";
import { createFetches } from "./_undici.ts";
import type { Runtime } from "./port.ts";

export const runtime: Runtime = {
  name: "bun",
  version: Bun.version,
  network: (options) => createNetwork(options, createFetches),
  async serve({ host, port, fetch }) {
    // Bun ends responses that are idle for 10 s by default: too short for a long poll or a stream.
    const server = Bun.serve({ hostname: host, port, fetch, idleTimeout: 0 });
    return {
      port: server.port ?? port,
      stop: () => server.stop(true),
    };
  },
};
