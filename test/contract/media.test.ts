import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { runtime } from "#runtime";

const network = runtime.network({ env: {} });
const never = new AbortController().signal;
const listen = (server: ReturnType<typeof createServer> | ReturnType<typeof createTcpServer>) =>
  new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

describe(`resolve() in ${runtime.name}`, () => {
  it("finds a host's addresses", async () => {
    const addresses = await network.resolve("localhost", never);
    assert.ok(addresses.length > 0);
    for (const address of addresses) assert.match(address, /^(127\.0\.0\.1|::1)$/);
  });

  it("rejects for a name nobody has", async () => {
    await assert.rejects(network.resolve("no-such-host.invalid", never));
  });

  it("rejects with the signal's reason", async () => {
    const reason = new Error("enough");
    await assert.rejects(network.resolve("localhost", AbortSignal.abort(reason)), reason);
    const stop = new AbortController();
    const found = network.resolve("no-such-host.invalid", stop.signal);
    stop.abort(reason);
    await assert.rejects(found, reason);
  });
});

describe(`fetchPinned() in ${runtime.name}`, () => {
  const seen: IncomingMessage[] = [];
  const gone: string[] = [];
  let connections = 0;
  let port = 0;
  const server = createServer((request, response) => {
    seen.push(request);
    const { url = "" } = request;
    response.on("close", () => gone.push(url));
    if (url.startsWith("/moved")) {
      response
        .writeHead(302, { location: "/elsewhere", "set-cookie": ["a=1", "b=2"] })
        .end("moved");
    } else if (url === "/coded") {
      response.writeHead(200, { "content-encoding": "gzip" }).end("not really");
    } else if (url === "/nothing") {
      response.writeHead(204).end();
    } else if (url === "/short") {
      response.writeHead(200, { "content-length": 100 }).write("x");
      setTimeout(() => response.destroy(), 20);
    } else if (url === "/endless") {
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536)));
      };
      response.on("drain", more);
      more();
    } else if (url === "/hold") {
      response.write("first");
    } else response.end("hello");
  });
  server.on("connection", () => connections++);

  before(async () => {
    port = await listen(server);
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const get = (
    path: string,
    { host = "files.invalid", addresses = ["127.0.0.1"], signal = never, headers = {} } = {},
  ) => network.fetchPinned(`http://${host}:${port}${path}`, { headers, signal }, addresses);

  const closed = async (path: string) => {
    const end = Date.now() + 5000;
    while (!gone.includes(path)) {
      assert.ok(Date.now() < end, `${path} is still open`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it("goes to the address it is given, whatever the name means", async () => {
    const response = await get("/a%2Fb.file?Signature=x%2By%3D&Expires=1");
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "hello");
    const request = seen.at(-1);
    assert.equal(request?.url, "/a%2Fb.file?Signature=x%2By%3D&Expires=1");
    assert.equal(request?.headers.host, `files.invalid:${port}`);
  });

  it("sends no header nobody asked for", async () => {
    await (await get("/plain")).text();
    assert.deepEqual(Object.keys(seen.at(-1)?.headers ?? {}).toSorted(), ["connection", "host"]);
    await (await get("/plain", { headers: { accept: "*/*", "user-agent": "dingbridge" } })).text();
    const { headers, method } = seen.at(-1) ?? {};
    assert.equal(method, "GET");
    assert.deepEqual(Object.keys(headers ?? {}).toSorted(), [
      "accept",
      "connection",
      "host",
      "user-agent",
    ]);
  });

  it("tries the next address when one does not answer", async () => {
    const response = await get("/", { addresses: ["::1", "127.0.0.1"] });
    assert.equal(await response.text(), "hello");
  });

  it("goes to no address but those", async () => {
    const before = connections;
    // Nobody listens at the port on these; a name that resolves to where somebody does is not asked.
    await assert.rejects(get("/", { host: "localhost", addresses: ["::1"] }));
    await assert.rejects(get("/", { host: "localhost", addresses: [] }));
    await assert.rejects(get("/", { host: "127.0.0.1", addresses: ["127.0.0.2"] }));
    assert.equal(connections, before);
    assert.equal(await (await get("/", { host: "127.0.0.1" })).text(), "hello");
  });

  it("uses no connection twice", async () => {
    const before = connections;
    for (let at = 0; at < 3; at++) await (await get("/")).text();
    assert.equal(connections - before, 3);
  });

  it("names the host in the TLS handshake", async () => {
    const hello = Promise.withResolvers<string>();
    const tcp = createTcpServer((socket: Socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        hello.resolve(data.toString("latin1"));
        socket.destroy();
      });
    });
    const tlsPort = await listen(tcp);
    await assert.rejects(
      network.fetchPinned(`https://files.invalid:${tlsPort}/`, { headers: {}, signal: never }, [
        "127.0.0.1",
      ]),
    );
    assert.ok((await hello.promise).includes("files.invalid"));
    await new Promise((resolve) => tcp.close(resolve));
  });

  it("hands out redirects, codings and empty answers as they are", async () => {
    const moved = await get("/moved");
    assert.equal(moved.status, 302);
    assert.equal(moved.headers.get("location"), "/elsewhere");
    await moved.body?.cancel();
    const coded = await get("/coded");
    assert.equal(coded.headers.get("content-encoding"), "gzip");
    assert.equal(await coded.text(), "not really");
    assert.equal((await get("/nothing")).body, null);
  });

  it("streams: a body without end is read as far as wanted, then its connection is closed", async () => {
    const response = await get("/endless");
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 5_000_000) bytes += (await reader?.read())?.value?.byteLength ?? 0;
    await reader?.cancel();
    await closed("/endless");
  });

  it("a redirect whose body is cancelled leaves no connection behind", async () => {
    await (await get("/moved-2")).body?.cancel();
    await closed("/moved-2");
  });

  it("a body that breaks off is an error", async () => {
    const response = await get("/short");
    await assert.rejects(response.arrayBuffer());
  });

  it("an abort ends the body and the connection", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const response = await get("/hold", { signal: stop.signal });
    const reader = response.body?.getReader();
    assert.equal((await reader?.read())?.value?.byteLength, 5);
    const next = reader?.read();
    stop.abort(reason);
    await assert.rejects(async () => next);
    await closed("/hold");
    await assert.rejects(get("/", { signal: AbortSignal.abort(reason) }), reason);
  });

  it("nobody listening: rejects", async () => {
    const tcp = createTcpServer();
    const free = await listen(tcp);
    await new Promise((resolve) => tcp.close(resolve));
    await assert.rejects(
      network.fetchPinned(`http://files.invalid:${free}/`, { headers: {}, signal: never }, [
        "127.0.0.1",
      ]),
      /ECONNREFUSED/,
    );
  });
});
