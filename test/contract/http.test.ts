import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { runtime } from "#runtime";

describe(`serve() in ${runtime.name}`, () => {
  it("answers on a free port and stops at once, kept-alive connections or not", async () => {
    const server = await runtime.serve({
      host: "127.0.0.1",
      port: 0,
      fetch: (request) => new Response(`hello ${new URL(request.url).pathname}`),
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/there`);
    assert.equal(await response.text(), "hello /there");
    await server.stop();
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/there`));
  });

  it("a taken port is refused with EADDRINUSE", async () => {
    const hello = () => new Response("hello");
    const first = await runtime.serve({ host: "127.0.0.1", port: 0, fetch: hello });
    await assert.rejects(
      runtime.serve({ host: "127.0.0.1", port: first.port, fetch: hello }),
      (error: { code?: string }) => error.code === "EADDRINUSE",
    );
    await first.stop();
  });
});

// A proxy is never for this machine; that there is one makes Deno use undici.
const settings = [{}, { HTTP_PROXY: "http://127.0.0.1:1", ALL_PROXY: "http://127.0.0.1:1" }];
for (const env of settings) {
  describe(`fetch and fetchFresh in ${runtime.name} with ${Object.keys(env).join() || "no proxy"}`, () => {
    const network = runtime.network({ env });
    const held: ServerResponse[] = [];
    let connections = 0;
    const server = createServer((request, response) => {
      if (request.url === "/hold") {
        held.push(response);
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("data: 1\n\n");
      } else response.end("ok");
    });
    server.on("connection", () => connections++);
    let url = "";

    before(async () => {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    it("fetchFresh dials anew for every request", async () => {
      const before = connections;
      for (let at = 0; at < 3; at++) {
        const response = await network.fetchFresh(`${url}/`);
        assert.equal(await response.text(), "ok");
      }
      assert.equal(connections - before, 3);
    });

    // Bun's own fetch sends 256 at once and no more: hung turns would keep replies from being sent.
    it("300 responses held open do not keep another request waiting", async () => {
      const stop = new AbortController();
      const open = Array.from({ length: 300 }, async () => {
        const response = await network.fetchFresh(`${url}/hold`, {
          method: "POST",
          signal: stop.signal,
        });
        await response.body?.getReader().read();
      });
      await Promise.all(open);
      assert.equal(held.length, 300);
      const response = await network.fetch(`${url}/`);
      assert.equal(await response.text(), "ok");
      stop.abort();
    });

    it("an aborted request rejects with the signal's reason", async () => {
      const stop = new AbortController();
      const reason = new Error("enough");
      const response = await network.fetchFresh(`${url}/hold`, { signal: stop.signal });
      const reading = response.text();
      stop.abort(reason);
      await assert.rejects(reading);
    });
  });
}
