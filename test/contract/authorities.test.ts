import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { runtime } from "#runtime";
import { reasonOf } from "../../src/core/log.ts";
import { NOT_CONNECTED } from "../../src/core/network.ts";
import { AUTHORITY, OTHER_AUTHORITY, SERVER } from "../support/certificates.ts";
import { startConnectProxy, type ConnectProxy } from "../support/connect-proxy.ts";
import { startTestServer, type TestServer } from "../support/secure-server.ts";
import { recordSocket } from "../support/socket-recorder.ts";

const never = new AbortController().signal;
type Network = ReturnType<typeof runtime.network>;

describe(`certificates in ${runtime.name}`, () => {
  let server: TestServer;
  let proxy: ConnectProxy;
  const more: ConnectProxy[] = [];
  before(async () => {
    server = await startTestServer("https", (_request, response) => response.end("hello"));
    proxy = await startConnectProxy({ to: () => server.port });
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  afterEach(async () => {
    for (const one of more.splice(0)) await one.stop();
  });

  /** What comes of a request, a fresh one, a file and a WebSocket. */
  const outcomes = async ({ fetch, fetchFresh, fetchPinned, dial }: Network, host: string) => {
    const url = `https://${host}/`;
    const said = (answer: Promise<Response>) =>
      answer.then(
        (response) => response.text(),
        (error: unknown) => reasonOf(error),
      );
    const { handlers, seen } = recordSocket();
    const socket = dial(url.replace("https", "wss"), handlers, { maxPayload: 1000 });
    const ended = await Promise.race([seen("open"), seen("close")]);
    socket.terminate();
    return [
      await said(fetch(url)),
      await said(fetchFresh(url)),
      await said(fetchPinned(url, { headers: {}, signal: never }, ["127.0.0.1"])),
      ended.replace(/^open$/, "hello").replace(/^close 1006 /, ""),
    ];
  };
  const hellos = ["hello", "hello", "hello", "hello"];

  for (const way of ["direct", "over a proxy"]) {
    const at = () => (way === "direct" ? `localhost:${server.port}` : "api.dingtalk.test");
    const network = (ca?: string) =>
      runtime.network({ env: {}, ca, ...(way === "direct" ? {} : { proxy: proxy.url }) });

    it(`${way}: the authority in caFile is trusted`, async () => {
      assert.deepEqual(await outcomes(network(AUTHORITY), at()), hellos);
      const several = `# ours\n${OTHER_AUTHORITY}\n# theirs\n${AUTHORITY}`;
      assert.deepEqual(await outcomes(network(several), at()), hellos);
    });

    it(`${way}: without it the reason says what to set`, async () => {
      for (const said of await outcomes(network(), at())) {
        assert.ok(said.startsWith(`the certificate of ${at()} is from an authority`), said);
        assert.match(said, /set caFile/);
        assert.match(said, NOT_CONNECTED);
      }
    });

    it(`${way}: with another's the reason says so`, async () => {
      for (const said of await outcomes(network(OTHER_AUTHORITY), at())) {
        assert.match(said, /none of those in caFile/);
      }
    });
  }

  it("the certificate must be the host's, over a proxy too", async () => {
    const network = runtime.network({ env: {}, ca: AUTHORITY, proxy: proxy.url });
    for (const said of await outcomes(network, "api.elsewhere.test")) {
      assert.match(said, /certificate|altnames/i);
      assert.doesNotMatch(said, /caFile/);
    }
  });

  it("a proxy with TLS has to be trusted too", async () => {
    const secured = await startConnectProxy({ to: () => server.port, tls: SERVER });
    more.push(secured);
    const network = runtime.network({ env: {}, proxy: secured.url });
    for (const said of await outcomes(network, "api.dingtalk.test")) {
      assert.match(said, /the proxy itself cannot be reached \(the certificate of 127\.0\.0\.1:/);
      assert.match(said, /set caFile/);
    }
    assert.deepEqual(secured.targets, []);
  });

  it("what is no certificate is refused", () => {
    const broken = AUTHORITY.replace("MII", "xxx");
    for (const ca of ["", "no certificate", SERVER.key, broken, AUTHORITY + broken]) {
      assert.throws(() => runtime.network({ env: {}, ca }), /it holds no certificate/);
    }
  });

  describe("caFile comes on top", () => {
    let folder = "";
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "dingbridge-authorities-"));
      writeFileSync(join(folder, "extra.pem"), AUTHORITY);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it("of NODE_EXTRA_CA_CERTS", async () => {
      const script = join(import.meta.dirname, "../support/ask.ts");
      const flags = runtime.name === "deno" ? ["run", "--allow-all", "--no-check"] : [];
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [...flags, script, `https://localhost:${server.port}/`],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "extra.pem") } },
      );
      assert.equal(stdout.trim(), "hello hello");
    });
  });
});
