import { createServer } from "node:http";
import process from "node:process";
import { getRequestListener } from "@hono/node-server";
import { createNetwork } from "./_network.ts";
import { createFetches } from "./_undici.ts";
import type { Runtime } from "./port.ts";

export const runtime: Runtime = {
  name: "node",
  version: process.versions.node,
  network: (options) => createNetwork(options, createFetches),
  async serve({ host, port, fetch }) {
    const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
    const server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    const address = server.address();
    return {
      port: typeof address === "object" && address !== null ? address.port : port,
      stop: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  },
};
