import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import process from "node:process";
import { after, afterEach, before, describe, it } from "node:test";
import { runtime } from "#runtime";
import { reasonOf } from "../../src/core/log.ts";
import { NOT_CONNECTED } from "../../src/core/network.ts";
import { AUTHORITY, SERVER } from "../support/certificates.ts";
import {
  startConnectProxy,
  type ConnectProxy,
  type ConnectProxyOptions,
} from "../support/connect-proxy.ts";
import { startTestServer, type TestServer } from "../support/secure-server.ts";
import { recordSocket } from "../support/socket-recorder.ts";

/** Names nobody can look up, so that who reaches them has gone over the proxy. */
const API = "https://api.dingtalk.test/v1.0/open?x=1";
const PLAIN = "http://files.dingtalk.test:8080/file";
const STREAM = "wss://stream.dingtalk.test/connect?ticket=very-secret";
const LIMIT = { maxPayload: 1000 };
const never = new AbortController().signal;

let plain: TestServer;
let secure: TestServer;
const proxies: ConnectProxy[] = [];

before(async () => {
  const echo = (which: string) =>
    startTestServer(which === "https" ? "https" : "http", (request, response) => {
      let body = "";
      request.on("data", (data) => (body += String(data)));
      request.on("end", () => {
        response.end([which, request.method, request.headers.host, request.url, body].join(" "));
      });
    });
  plain = await echo("http");
  secure = await echo("https");
});
after(async () => {
  await plain.stop();
  await secure.stop();
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
});

/** A network over a new proxy, with the test's authority. */
async function over(options: Partial<ConnectProxyOptions> = {}, login = "") {
  const to = (target: string) => (target.endsWith(":443") ? secure.port : plain.port);
  const proxy = await startConnectProxy({ to, ...options });
  proxies.push(proxy);
  const url = proxy.url.replace("://", `://${login}`);
  return { proxy, ...runtime.network({ env: {}, proxy: url, ca: AUTHORITY }) };
}

function dialled(dial: ReturnType<typeof runtime.network>["dial"], url = STREAM) {
  const recorder = recordSocket();
  return { ...recorder, socket: dial(url, recorder.handlers, LIMIT) };
}

/** Why a request and a WebSocket do not get through, which is the same. */
async function reasons(network: Pick<Awaited<ReturnType<typeof over>>, "fetch" | "dial">) {
  const asked = await network.fetch(API).then(
    () => "connected",
    (error: unknown) => reasonOf(error),
  );
  const { seen, events } = dialled(network.dial);
  const closed = (await seen("close")).replace(/^close 1006 /, "");
  assert.deepEqual(events.slice(0, -1), []);
  const bare = asked.replace(/^fetch failed: /, "");
  assert.equal(closed, bare.replace("api.dingtalk.test", "stream.dingtalk.test"));
  assert.match(asked, NOT_CONNECTED);
  return bare;
}

async function closedAll(proxy: ConnectProxy) {
  const end = Date.now() + 5000;
  while (proxy.open.size > 0) {
    assert.ok(Date.now() < end, "the connection to the proxy is still open");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe(`HTTP over a proxy in ${runtime.name}`, () => {
  it("https goes through CONNECT, and a connection is kept", async () => {
    const { fetch, proxy } = await over();
    for (const body of ["好", "x".repeat(100_000)]) {
      const response = await fetch(API, { method: "POST", body });
      assert.equal(response.status, 200);
      const said = await response.text();
      assert.equal(said, `https POST api.dingtalk.test /v1.0/open?x=1 ${body}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual(proxy.targets, ["api.dingtalk.test:443"]);
  });

  it("fetchFresh makes a new connection every time", async () => {
    const { fetchFresh, proxy } = await over();
    for (let at = 0; at < 2; at++) await (await fetchFresh(API)).text();
    assert.deepEqual(proxy.targets, ["api.dingtalk.test:443", "api.dingtalk.test:443"]);
  });

  it("http goes through CONNECT as well", async () => {
    const { fetch, proxy } = await over();
    const response = await fetch(PLAIN);
    assert.equal(await response.text(), "http GET files.dingtalk.test:8080 /file ");
    assert.deepEqual(proxy.targets, ["files.dingtalk.test:8080"]);
  });

  it("the proxy may be spoken to over TLS", async () => {
    const { fetch, dial, proxy } = await over({ tls: SERVER });
    assert.match(await (await fetch(API)).text(), /^https GET/);
    const { socket, seen } = dialled(dial);
    await seen("open");
    socket.send("hi");
    assert.equal(await seen("text"), "text echo hi");
    socket.terminate();
    await seen("close");
    assert.deepEqual(proxy.targets, ["api.dingtalk.test:443", "stream.dingtalk.test:443"]);
  });

  it("user and password are sent, with what needs to be decoded", async () => {
    const login = "corp\\us@er:p:ä%";
    const { fetch, dial } = await over({ login }, "corp%5Cus%40er:p%3A%C3%A4%25@");
    assert.equal((await fetch(API)).status, 200);
    const { socket, seen } = dialled(dial);
    await seen("open");
    socket.terminate();
    await seen("close");
  });

  it("a request that is broken off does not wait for the proxy", async () => {
    const { fetch } = await over({ answer: "silent" });
    const stop = new AbortController();
    const asked = fetch(API, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await assert.rejects(asked, /enough/);
  });
});

describe(`a WebSocket over a proxy in ${runtime.name}`, () => {
  for (const [url, target] of [
    [STREAM, "stream.dingtalk.test:443"],
    ["ws://stream.dingtalk.test/connect", "stream.dingtalk.test:80"],
  ] as const) {
    const scheme = new URL(url).protocol.slice(0, -1);

    it(`${scheme}: talks, pings, closes`, async () => {
      const { dial, proxy } = await over();
      const { socket, seen } = dialled(dial, url);
      await seen("open");
      assert.deepEqual(proxy.targets, [target]);
      socket.send("你好");
      assert.equal(await seen("text"), "text echo 你好");
      socket.ping();
      await seen("pong");
      socket.close(1000, "bye");
      assert.match(await seen("close"), /^close 1000/);
    });

    it(`${scheme}: answers the peer's ping`, async () => {
      const { dial } = await over();
      const { socket, seen } = dialled(dial, url);
      await seen("open");
      const peer = (scheme === "wss" ? secure : plain).peers.at(-1);
      const ponged = new Promise((resolve) => peer?.once("pong", resolve));
      peer?.ping();
      await ponged;
      socket.terminate();
      await seen("close");
    });

    it(`${scheme}: a message over maxPayload closes with 1009`, async () => {
      const { dial } = await over();
      const { seen } = dialled(dial, url);
      await seen("open");
      (scheme === "wss" ? secure : plain).peers.at(-1)?.send("x".repeat(1001));
      assert.match(await seen("close"), /^close 1009/);
    });

    it(`${scheme}: terminate() ends a half-open connection, and the proxy's with it`, async () => {
      const { dial, proxy } = await over();
      const { socket, seen } = dialled(dial, url);
      await seen("open");
      for (const client of proxy.open) client.pause();
      socket.terminate();
      assert.match(await seen("close"), /^close 1006/);
      for (const client of proxy.open) client.resume();
      await closedAll(proxy);
    });

    it(`${scheme}: a proxy that goes away closes with 1006`, async () => {
      const { dial, proxy } = await over();
      const { seen } = dialled(dial, url);
      await seen("open");
      for (const client of proxy.open) client.destroy();
      assert.match(await seen("close"), /^close 1006/);
    });
  }

  it("terminate() does not wait for a slow proxy, and leaves it", async () => {
    const { dial, proxy } = await over({ answer: "silent" });
    const { socket, seen, events } = dialled(dial);
    while (proxy.targets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.terminate();
    assert.match(await seen("close"), /^close 1006/);
    await closedAll(proxy);
    assert.equal(events.length, 1);
  });
});

describe(`what goes past the proxy in ${runtime.name}`, () => {
  it("this machine, whatever the process's environment says", async () => {
    const proxy = await startConnectProxy({ to: () => plain.port });
    proxies.push(proxy);
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = proxy.url;
    try {
      const { fetch, fetchFresh, fetchPinned, dial } = runtime.network({ env: process.env });
      for (const host of ["127.0.0.1", "localhost"]) {
        const url = `${host}:${plain.port}/`;
        assert.match(await (await fetch(`http://${url}`)).text(), /^http GET/);
        assert.match(await (await fetchFresh(`http://${url}`)).text(), /^http GET/);
        const { socket, seen } = dialled(dial, `ws://${url}`);
        await seen("open");
        socket.terminate();
        await seen("close");
      }
      const init = { headers: {}, signal: never };
      const pinned = await fetchPinned(`http://localhost:${plain.port}/`, init, ["127.0.0.1"]);
      assert.match(await pinned.text(), /^http GET/);
      assert.deepEqual(proxy.targets, []);
      assert.match(await (await fetch(PLAIN)).text(), /^http GET/);
      assert.deepEqual(proxy.targets, ["files.dingtalk.test:8080"]);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it("what NO_PROXY names: it is looked up here", async () => {
    const proxy = await startConnectProxy({ to: () => plain.port });
    proxies.push(proxy);
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: ".dingtalk.test" };
    const { fetch, dial } = runtime.network({ env });
    for (const url of [API, PLAIN]) await assert.rejects(fetch(url));
    assert.match(await dialled(dial).seen("close"), /^close 1006/);
    assert.deepEqual(proxy.targets, []);
    assert.match(await (await fetch("http://gateway.test/")).text(), /^http GET gateway/);
  });

  it("everything, if the key says none", async () => {
    const proxy = await startConnectProxy({ to: () => plain.port });
    proxies.push(proxy);
    const { fetch } = runtime.network({ env: { HTTP_PROXY: proxy.url }, proxy: "" });
    await assert.rejects(fetch(PLAIN));
    assert.deepEqual(proxy.targets, []);
  });
});

describe(`a file over a proxy in ${runtime.name}`, () => {
  const init = { headers: { accept: "*/*" }, signal: never };

  it("the proxy is told the address that was checked, not the name", async () => {
    const { fetchPinned, proxy, byName } = await over();
    for (const [addresses, told] of [
      [["93.184.215.14"], "93.184.215.14"],
      [["2606:2800::1", "93.184.215.14"], "93.184.215.14"],
      [["2606:2800::1"], "[2606:2800::1]"],
    ] as const) {
      const response = await fetchPinned(PLAIN, init, addresses);
      assert.equal(await response.text(), "http GET files.dingtalk.test:8080 /file ");
      assert.equal(proxy.targets.at(-1), `${told}:8080`);
    }
    assert.equal(byName(PLAIN), false);
  });

  it("the certificate is the name's, not the address's", async () => {
    const { fetchPinned, proxy } = await over();
    const response = await fetchPinned(API, init, ["93.184.215.14"]);
    assert.match(await response.text(), /^https GET api\.dingtalk\.test/);
    assert.deepEqual(proxy.targets, ["93.184.215.14:443"]);
  });

  it("no address, no file", async () => {
    const { fetchPinned, proxy } = await over();
    await assert.rejects(fetchPinned(PLAIN, init, []));
    await assert.rejects(fetchPinned("http://10.0.0.1/", init, ["93.184.215.14"]));
    assert.deepEqual(proxy.targets, []);
  });

  it("DingTalk's own hosts are told by name, if the address is known or not", async () => {
    const { fetchPinned, proxy, byName } = await over();
    const url = "http://down.dingtalk.com/a.file";
    for (const addresses of [[], ["93.184.215.14"]]) {
      const response = await fetchPinned(url, init, addresses);
      assert.match(await response.text(), /^http GET down\.dingtalk\.com/);
      assert.equal(proxy.targets.at(-1), "down.dingtalk.com:80");
    }
    assert.equal(byName(url), true);
  });

  it("without a proxy nothing goes by name", async () => {
    const { fetchPinned, byName } = runtime.network({ env: {} });
    await assert.rejects(fetchPinned("http://down.dingtalk.com/a.file", init, []), /no address/);
    assert.equal(byName("http://down.dingtalk.com/a.file"), false);
  });

  it("one that is broken off does not wait for the proxy, and leaves it", async () => {
    const { fetchPinned, proxy } = await over({ answer: "silent" });
    const stop = new AbortController();
    const asked = fetchPinned(API, { headers: {}, signal: stop.signal }, ["93.184.215.14"]);
    while (proxy.targets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(asked, reason);
    await closedAll(proxy);
  });
});

describe(`why a proxy does not do, in ${runtime.name}`, () => {
  const start = (port: number) =>
    `unable to connect to api.dingtalk.test:443 over the proxy 127.0.0.1:${port}: `;

  const cases: readonly [what: string, Partial<ConnectProxyOptions>, login: string, RegExp][] = [
    ["it wants a password", { login: "u:geheim" }, "", /user name and password .*http:\/\/user:/],
    ["the wrong password", { login: "u:right" }, "u:geheim@", /does not accept the user name/],
    [
      "another kind of login",
      { login: "u:right", challenge: "NTLM" },
      "u:geheim@",
      /NTLM .* not supported/,
    ],
    ["it refuses", { answer: 403 }, "u:geheim@", /it refused \(HTTP 403\)/],
    ["it cannot reach the host", { answer: 502 }, "u:geheim@", /cannot reach that host \(HTTP 502/],
    ["it hangs up", { answer: "hang up" }, "u:geheim@", /it hung up/],
    ["it is none", { answer: "220 smtp.test ESMTP\r\n\r\n" }, "u:geheim@", /is no HTTP proxy/],
    ["it goes on", { answer: "HTTP/1.1 200 OK\r\n\r\nhello" }, "u:geheim@", /is no HTTP proxy/],
  ];
  for (const [what, options, login, expected] of cases) {
    it(what, async () => {
      const { proxy, ...network } = await over(options, login);
      const said = await reasons(network);
      assert.ok(said.startsWith(start(proxy.port)), said);
      assert.match(said, expected);
      assert.doesNotMatch(said, /geheim/);
    });
  }

  it("nobody is there", async () => {
    const tcp = createServer();
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const { port } = tcp.address() as AddressInfo;
    await new Promise((resolve) => tcp.close(resolve));
    const proxy = `http://u:geheim@127.0.0.1:${port}`;
    const said = await reasons(runtime.network({ env: { HTTPS_PROXY: proxy } }));
    assert.ok(said.startsWith(`${start(port)}the proxy itself cannot be reached`), said);
    assert.match(said, /ECONNREFUSED/);
    assert.doesNotMatch(said, /geheim/);
  });

  it("it is of a kind that is not supported", async () => {
    const env = { ALL_PROXY: "socks5://u:geheim@127.0.0.1:1080" };
    const said = await reasons(runtime.network({ env }));
    assert.match(said, /ALL_PROXY: socks5 proxies are not supported: .*http:\/\/host:port/);
    assert.doesNotMatch(said, /geheim/);
  });
});
