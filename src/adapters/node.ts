import { createServer } from "node:http";
import process from "node:process";
import { getRequestListener } from "@hono/node-server";
import type { Runtime } from "./port.ts";
import { fetchPinned, resolve } from "./_pinned.ts";
import { fetch, fetchFresh } from "./_undici.ts";
import { dial } from "./_ws.ts";

export const runtime: Runtime = {
  name: "node",
  version: process.versions.node,
  dial,
  fetch,
  fetchFresh,
  resolve,
  fetchPinned,
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
