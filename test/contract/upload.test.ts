import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runtime } from "#runtime";
import { createSystemClock } from "../../src/core/clock.ts";
import { createUpload, type UploadFile } from "../../src/core/dingtalk/upload.ts";
import { createOutgoingFiles } from "../../src/store/outgoing-files.ts";

const network = runtime.network({ env: {} });
const never = new AbortController().signal;
const TOKEN = "t0k/en+=";

interface Arrived {
  readonly url: URL;
  readonly length: number;
  readonly chunked: boolean;
  readonly file: File;
}

describe(`an upload in ${runtime.name}`, () => {
  const arrived: Arrived[] = [];
  let answer: { status: number; location?: string } | "hang" | "drop" = { status: 200 };
  let oapiUrl = "";
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => void chunks.push(chunk));
    request.on("end", () => void take(Buffer.concat(chunks)));
    const take = async (body: Uint8Array<ArrayBuffer>) => {
      const type = request.headers["content-type"] ?? "";
      const form = await new Response(body, { headers: { "content-type": type } }).formData();
      const file = form.get("media");
      assert.ok(file instanceof File);
      arrived.push({
        url: new URL(request.url ?? "", oapiUrl),
        length: Number(request.headers["content-length"]),
        chunked: request.headers["transfer-encoding"] !== undefined,
        file,
      });
      if (answer === "hang") return;
      if (answer === "drop") return void response.destroy();
      const { status, location } = answer;
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(JSON.stringify({ errcode: 0, errmsg: "ok", media_id: "@lAL1" }));
    };
  });

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    oapiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const upload = (file: Partial<UploadFile> = {}, signal = never, url = oapiUrl) =>
    createUpload({
      oapiUrl: url,
      tokens: { get: async () => ({ ok: true, token: TOKEN }), drop: () => undefined },
      throttle: { take: async () => undefined },
      fetch: network.fetch,
      clock: createSystemClock(setImmediate),
      spend: async () => undefined,
    })(
      {
        type: "file",
        name: '季度报表 "1".pdf',
        mime: "application/pdf",
        bytes: Uint8Array.from({ length: 256 }, (_, at) => at),
        ...file,
      },
      signal,
    );

  it("arrives as one form, byte for byte, with its length told", async () => {
    answer = { status: 200 };
    assert.deepEqual(await upload(), { ok: true, mediaId: "@lAL1" });
    const got = arrived.at(-1);
    assert.equal(got?.url.pathname, "/media/upload");
    assert.equal(got?.url.searchParams.get("access_token"), TOKEN);
    assert.equal(got?.url.searchParams.get("type"), "file");
    assert.equal(got?.chunked, false);
    assert.ok((got?.length ?? 0) > 256);
    assert.match(got?.file.name ?? "", /^季度报表 ("|%22)1("|%22)\.pdf$/);
    const bytes = new Uint8Array((await got?.file.arrayBuffer()) ?? []);
    assert.deepEqual([...bytes], [...Array(256).keys()]);
  });

  it("takes 20 MB, out of the middle of a buffer", async () => {
    answer = { status: 200 };
    const size = 20 * 2 ** 20;
    const around = new Uint8Array(size + 20).fill(7);
    around.fill(9, 10, size + 10);
    const result = await upload({ bytes: around.subarray(10, size + 10) });
    assert.equal(result.ok, true);
    const bytes = new Uint8Array((await arrived.at(-1)?.file.arrayBuffer()) ?? []);
    assert.equal(bytes.length, size);
    assert.ok(bytes.every((byte) => byte === 9));
  });

  it("follows no redirect", async () => {
    answer = { status: 307, location: `${oapiUrl}/elsewhere` };
    const before = arrived.length;
    const result = await upload();
    assert.equal(result.ok, false);
    assert.equal(arrived.length, before + 1);
  });

  it("the token is in no reason", async () => {
    answer = "drop";
    const dropped = await upload();
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await upload({}, never, `http://127.0.0.1:${port}`);
    const unknown = await upload({}, never, "http://no-such-host.invalid");
    for (const result of [dropped, refused, unknown]) {
      assert.ok(!result.ok);
      assert.equal(result.failure, "retry");
      assert.doesNotMatch(result.reason, /t0k/);
    }
    assert.ok(!refused.ok);
    assert.ok(refused.reason.startsWith(`cannot reach 127.0.0.1:${port} `));
  });

  it("can be broken off", async () => {
    answer = "hang";
    const stop = new AbortController();
    const before = arrived.length;
    const uploading = upload({}, stop.signal);
    while (arrived.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error("enough"));
    const result = await uploading;
    assert.ok(!result.ok);
    assert.equal(result.failure, "retry");
  });
});

describe(`createOutgoingFiles() in ${runtime.name}`, () => {
  let base = "";
  before(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "dingbridge-outgoing-")));
    mkdirSync(join(base, "root", ".git"), { recursive: true });
    mkdirSync(join(base, "secret"));
    writeFileSync(join(base, "root", "报表.bin"), Uint8Array.of(0, 255, 128));
    writeFileSync(join(base, "root", ".git", "config"), "x");
    writeFileSync(join(base, "secret", "id_rsa"), "PRIVATE");
    symlinkSync(join(base, "secret", "id_rsa"), join(base, "root", "link"));
    symlinkSync(join(base, "secret"), join(base, "root", "folder"));
    symlinkSync(join(base, "root"), join(base, "alias"));
    execFileSync("mkfifo", [join(base, "root", "pipe")]);
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  const read = async (...names: string[]) => {
    const result = await createOutgoingFiles([join(base, "root")]).read(join(base, ...names), 3);
    return result.ok ? [result.name, ...result.bytes] : result.reason;
  };

  it("reads what is in a root, by any name that leads there", async () => {
    assert.deepEqual(await read("root", "报表.bin"), ["报表.bin", 0, 255, 128]);
    assert.deepEqual(await read("alias", "报表.bin"), ["报表.bin", 0, 255, 128]);
  });

  it("reads nothing else, and waits for nobody", async () => {
    assert.equal(await read("secret", "id_rsa"), "outside");
    assert.equal(await read("root", "link"), "outside");
    assert.equal(await read("root", "folder", "id_rsa"), "outside");
    assert.equal(await read("root", "folder", "nothing"), "outside");
    assert.equal(await read("root", ".git", "config"), "hidden");
    assert.equal(await read("root", "pipe"), "not-a-file");
    assert.equal(await read("root"), "not-a-file");
    assert.equal(await read("root", "nothing"), "missing");
    writeFileSync(join(base, "root", "large"), "1234");
    assert.equal(await read("root", "large"), "too-large");
  });
});
