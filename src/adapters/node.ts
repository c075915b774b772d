import { createServer } from "node:http";
import process from "node:process";
import { getRequestListener } from "@hono/node-server";
import type { Runtime } from "./port.ts";
import { fetch, fetchFresh } from "./_undici.ts";
import { dial } from "./_ws.ts";

export const runtime: Runtime = {
  name: "node",
  version: process.versions.node,
  dial,
  fetch,
  fetchFresh,
  async serve({ host, port, fetch }) {
    const server = createServer(getRequestListener(fetch, { overrideGlobalObjects: false }));
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
