import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, type DingTalk, type FileOptions } from "../../../src/simulator/dingtalk.ts";
import { until } from "../../support/until.ts";
import { createRobot } from "./_clients.ts";

const BYTES = new TextEncoder().encode("十个字节的文件");

describe("files of the simulated DingTalk", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
  });
  afterEach(() => dingtalk.close());

  const locate = async (downloadCode: unknown, fields: object = {}, token?: string) =>
    await robot.call(
      "messageFiles/download",
      { downloadCode, ...fields },
      token ?? (await robot.token()),
    );
  const addressOf = async (options: FileOptions = {}, bytes = BYTES) =>
    String((await locate(dingtalk.files.add(bytes, options))).body["downloadUrl"]);

  test("a code leads to a signed address, the address to the bytes", async () => {
    const url = new URL(await addressOf({ name: "a.txt" }));
    expect(url.origin).toBe(dingtalk.url);
    expect(url.pathname).toMatch(/^\/files\/.+\.file$/);
    expect(Number(url.searchParams.get("Expires"))).toBeGreaterThan(Date.now() / 1000);
    const response = await fetch(url);
    expect(response.headers.get("content-length")).toBe(String(BYTES.length));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(BYTES);
    expect(dingtalk.files.requests).toMatchObject([{ status: 200 }]);
  });

  test("asking is refused as DingTalk refuses it", async () => {
    const code = dingtalk.files.add(BYTES);
    const expired = dingtalk.files.add(BYTES, { expired: true });
    const codeOf = async (answer: ReturnType<typeof locate>) => {
      const { status, body } = await answer;
      return [status, body["code"]];
    };
    const refused = (what: string) => [400, what];
    expect(await codeOf(locate(code, {}, "forged"))).toEqual(refused("InvalidAuthentication"));
    const auth = "invalidParameter.robotCode.auth";
    expect(await codeOf(locate(code, { robotCode: "other" }))).toEqual(refused(auth));
    const empty = "invalidParameter.robotCode.empty";
    expect(await codeOf(locate(code, { robotCode: undefined }))).toEqual(refused(empty));
    const wrong = "invalidParameter.robotCode.downloadCode";
    for (const bad of ["no such code", expired, undefined]) {
      expect(await codeOf(locate(bad))).toEqual(refused(wrong));
    }
    expect(await codeOf(locate(42))).toEqual(refused("invalidParameter.param.invalid"));
    dingtalk.faults.download = { status: 503, body: { code: "system.busy" } };
    expect((await locate(code)).status).toBe(503);
  });

  test("what was not signed is refused: a header too many, a signature that is another's", async () => {
    const url = await addressOf();
    for (const name of ["content-type", "authorization", "x-acs-dingtalk-access-token"]) {
      const { status } = await fetch(url, { headers: { [name]: "text/plain" } });
      expect(status).toBe(403);
    }
    expect((await fetch(url.replace("Signature=", "Signature=x"))).status).toBe(403);
    expect((await fetch(url.replace("Expires=", "Expires=1"))).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
    expect(dingtalk.files.requests.map(({ status }) => status)).toEqual([
      403, 403, 403, 403, 403, 200,
    ]);
  });

  test("asking too often in a second is refused", async () => {
    const token = await robot.token();
    const code = dingtalk.files.add(BYTES);
    const all = await Promise.all(Array.from({ length: 21 }, () => locate(code, {}, token)));
    expect(all.filter(({ status }) => status === 403)).toHaveLength(1);
  });

  test("a file may be elsewhere, or not be given out", async () => {
    const moved = await fetch(await addressOf({ redirectTo: "http://127.0.0.1:9/x" }), {
      redirect: "manual",
    });
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "http://127.0.0.1:9/x"]);
    expect((await fetch(await addressOf({ status: 404 }))).status).toBe(404);
  });

  test("a length may be a lie, both ways, or missing", async () => {
    const long = fetch(await addressOf({ contentLength: 1000 }));
    expect((await long).headers.get("content-length")).toBe("1000");
    expect(await (await long).arrayBuffer().catch(() => "broken off")).toBe("broken off");
    const short = await fetch(await addressOf({ contentLength: 4 }));
    expect((await short.arrayBuffer()).byteLength).toBe(4);
    const none = await fetch(await addressOf({ contentLength: "none" }));
    expect(none.headers.get("content-length")).toBeNull();
    expect((await none.arrayBuffer()).byteLength).toBe(BYTES.length);
  });

  test("a server may fall silent, or drip", async () => {
    const stop = new AbortController();
    const response = await fetch(await addressOf({ stallAfter: 3 }), { signal: stop.signal });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(3);
    const more = reader?.read().catch(() => "gone");
    const silence = new Promise((resolve) => setTimeout(() => resolve("silent"), 100));
    expect(await Promise.race([more, silence])).toBe("silent");
    stop.abort();
    const dripping = await fetch(await addressOf({ dripMs: 5 }));
    const pieces: number[] = [];
    for await (const piece of dripping.body ?? []) pieces.push(piece.length);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(BYTES.length);
  });

  test("who leaves in the middle does no harm", async () => {
    const stop = new AbortController();
    const response = await fetch(await addressOf({ dripMs: 1 }, new Uint8Array(1000)), {
      signal: stop.signal,
    });
    await response.body?.getReader().read();
    stop.abort();
    await until("an answer", async () => (await fetch(await addressOf())).ok);
  });
});
