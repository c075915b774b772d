import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import { createUpload, type UploadFile } from "../../../src/core/dingtalk/upload.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";

type Answer = Response | Promise<Response> | Error;

const OAPI = "https://oapi.dingtalk.com";
const MEDIA = "@lALPDeREBoss";
/** Characters a URL cannot hold as they are. */
const TOKEN = "t0k/en+=";
const bytes = (text: string) => new TextEncoder().encode(text);
const PDF: UploadFile = {
  type: "file",
  name: "report.pdf",
  mime: "application/pdf",
  bytes: bytes("%PDF-1.7"),
};

const done = () => jsonResponse(200, { errcode: 0, errmsg: "ok", type: "file", media_id: MEDIA });
const refuse = (errcode: number | string, more: object = {}) =>
  jsonResponse(200, { errcode, errmsg: "不行", ...more });

function uploading(answer: (call: FakeCall, at: number) => Answer = done) {
  const clock = createFakeClock();
  const mints: FakeCall[] = [];
  const calls: (FakeCall & { readonly form: Response })[] = [];
  let spent = 0;
  const fetch = async (url: string, init: RequestInit) => {
    const { fetch } = createFakeFetch((call) => {
      if (call.url.endsWith("/accessToken")) {
        mints.push(call);
        const accessToken = mints.length === 1 ? TOKEN : `${TOKEN}${mints.length}`;
        return jsonResponse(200, { accessToken, expireIn: 7200 });
      }
      const form = new Response(init.body ?? null, { headers: call.headers });
      calls.push({ ...call, form });
      return answer(call, calls.length - 1);
    });
    return await fetch(url, init);
  };
  const apiUrl = "https://api.dingtalk.com";
  const tokens = createTokenSource({
    apiUrl,
    clientId: "c",
    clientSecret: "s3cret",
    fetch: fetch as typeof globalThis.fetch,
    clock,
  });
  const throttle = createThrottle({ perSecond: 1, clock });
  const stop = new AbortController();
  const upload = createUpload({
    oapiUrl: OAPI,
    tokens,
    throttle,
    fetch: fetch as typeof globalThis.fetch,
    clock,
    spend: async () => void spent++,
  });
  return {
    clock,
    mints,
    calls,
    stop,
    spent: () => spent,
    async upload(file: UploadFile = PDF) {
      const result = await upload(file, stop.signal);
      if (!result.ok) expect(result.reason).not.toMatch(/t0k|s3cret/);
      return result;
    },
  };
}

const fileIn = async (form: Response | undefined) => {
  const fields = await form?.formData();
  expect([...(fields?.keys() ?? [])]).toEqual(["media"]);
  const file = fields?.get("media");
  if (!(file instanceof File)) throw new Error("no file");
  return file;
};

describe("the call", () => {
  test("is one form with the file, its type and the token in the URL", async () => {
    const { upload, calls, clock, spent } = uploading();
    expect(await upload()).toEqual({ ok: true, mediaId: MEDIA });
    expect(calls).toHaveLength(1);
    const url = new URL(calls[0]?.url ?? "");
    expect(url.origin + url.pathname).toBe(`${OAPI}/media/upload`);
    expect(Object.fromEntries(url.searchParams)).toEqual({ access_token: TOKEN, type: "file" });
    expect(calls[0]).toMatchObject({ method: "POST", redirect: "manual" });
    const file = await fileIn(calls[0]?.form);
    expect(file.name).toBe("report.pdf");
    expect(file.type).toBe("application/pdf");
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array(PDF.bytes));
    expect(spent()).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test("any bytes arrive as they are, under any name", async () => {
    const line = fc.constantFrom("\r\n", "--", '"', "\r\n--dingbridge-", "季度报表.pdf", "\\");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.array(line), async (data, lines) => {
        const { upload, calls } = uploading();
        const mixed = new Uint8Array([...data, ...bytes(lines.join("")), ...data]);
        const name = `a${lines.join("")}.bin`;
        await upload({ ...PDF, bytes: mixed, name });
        const file = await fileIn(calls[0]?.form);
        expect(new Uint8Array(await file.arrayBuffer())).toEqual(mixed);
      }),
      { numRuns: 50 },
    );
  });

  test("a Chinese name goes in UTF-8; what would end the header is escaped", async () => {
    const { upload, calls } = uploading();
    await upload({ ...PDF, name: '季度"报\r\nX-Evil: 1.pdf' });
    const body = (await calls[0]?.form.text()) ?? "";
    expect(body).toContain('filename="季度%22报%0D%0AX-Evil: 1.pdf"\r\n');
  });

  test("no two share a boundary", async () => {
    const { upload, calls, clock } = uploading();
    const both = Promise.all([upload(), upload()]);
    await clock.advance(2000);
    await both;
    const [first, second] = calls.map(({ headers }) => headers.get("content-type"));
    expect(first).toStartWith("multipart/form-data; boundary=");
    expect(first).not.toBe(second ?? "");
  });

  test("waits its turn", async () => {
    const { upload, calls, clock } = uploading();
    const both = Promise.all([upload(), upload()]);
    await clock.settle();
    expect(calls).toHaveLength(1);
    await clock.advance(2000);
    expect((await both).map(({ ok }) => ok)).toEqual([true, true]);
    expect(calls).toHaveLength(2);
  });
});

describe("the answer", () => {
  test.each(["$iAEKAqNwbmc", "@lALPM1q", "plain"])("%s: the media id stays whole", async (id) => {
    const { upload } = uploading(() =>
      jsonResponse(200, { errcode: "0", errmsg: "ok", media_id: id }),
    );
    expect(await upload()).toEqual({ ok: true, mediaId: id });
  });

  test.each<[string, () => Answer, string, RegExp]>([
    ["a format it does not take", () => refuse(40005), "final", /type.*errcode 40005/],
    ["a size it does not take", () => refuse("40006"), "final", /size.*errcode 40006/],
    ["an empty file", () => refuse(44001), "final", /no file/],
    ["too large for its front", () => new Response("", { status: 413 }), "final", /size/],
    ["too fast", () => refuse(90018), "retry", /rate limit/],
    ["the month is over", () => refuse(90020), "blocked", /used up/],
    [
      "no permission",
      () => refuse(88, { sub_code: "60011", errmsg: "ding talk error[subcode=60011,submsg=x]" }),
      "blocked",
      /may not upload/,
    ],
    [
      "not on the IP allow-list",
      () => refuse(88, { errmsg: "ding talk error[subcode=60020,submsg=x]" }),
      "blocked",
      /allow-list/,
    ],
    ["busy", () => refuse(-1), "retry", /busy/],
    ["of a webhook that is gone", () => refuse(300001), "retry", /300001/],
    ["no media id", () => jsonResponse(200, { errcode: 0, errmsg: "ok" }), "retry", /no media id/],
    ["a strange media id", () => jsonResponse(200, { errcode: 0, media_id: "a b" }), "retry", /id/],
    ["nothing", () => new Response(""), "retry", /HTTP 200/],
    ["a page", () => new Response("<html>", { status: 200 }), "retry", /bars/],
    ["their failure", () => new Response("oops", { status: 502 }), "retry", /HTTP 502/],
    ["no such address", () => new Response("", { status: 404 }), "blocked", /oapiUrl/],
  ])("%s", async (_what, answer, failure, reason) => {
    const { upload, mints } = uploading(answer);
    const result = await upload();
    expect(result).toMatchObject({ ok: false, failure });
    // Nobody sees an upload: it can be repeated without doubt.
    expect(result).not.toHaveProperty("uncertain");
    expect(result.ok ? "" : result.reason).toMatch(reason);
    expect(mints).toHaveLength(1);
  });

  test("a code nobody knows is marked as one", async () => {
    const { upload } = uploading(() => refuse(987_654));
    expect(await upload()).toMatchObject({ failure: "retry", unlisted: true });
  });

  test("a limit says how long to wait", async () => {
    const { upload } = uploading(() => refuse(90002));
    expect(await upload()).toMatchObject({ failure: "retry", waitMs: 1000 });
  });

  test("a redirect is not followed", async () => {
    const { upload, calls } = uploading(
      () => new Response("", { status: 302, headers: { location: "https://evil.example/" } }),
    );
    expect(await upload()).toMatchObject({ ok: false, failure: "retry" });
    expect(calls).toHaveLength(1);
  });
});

describe("the token", () => {
  const invalid: [string, () => Response][] = [
    ["40014", () => refuse(40014)],
    ["42001 as text", () => refuse("42001")],
    ["88 without more", () => refuse(88)],
    ["88 with the reason in it", () => refuse(88, { sub_code: "40014" })],
    ["the OpenAPI's way", () => jsonResponse(400, { code: "InvalidAuthentication", message: "x" })],
  ];

  test.each(invalid)("%s: once more with a new one", async (_what, answer) => {
    const { upload, calls, mints, clock, spent } = uploading((_call, at) =>
      at === 0 ? answer() : done(),
    );
    const uploaded = upload();
    // The second call has to take a slot of its own.
    await clock.advance(2000);
    expect(await uploaded).toEqual({ ok: true, mediaId: MEDIA });
    const sent = calls.map(({ url }) => new URL(url).searchParams.get("access_token"));
    expect(sent).toEqual([TOKEN, `${TOKEN}2`]);
    expect(await fileIn(calls[1]?.form).then(({ size }) => size)).toBe(PDF.bytes.length);
    expect(mints).toHaveLength(2);
    expect(spent()).toBe(2);
  });

  test.each(invalid)("%s again: that is all, and only a person can mend it", async (_w, answer) => {
    const { upload, calls, clock } = uploading(answer);
    const uploaded = upload();
    await clock.advance(10_000);
    expect(await uploaded).toMatchObject({ ok: false, failure: "blocked" });
    const result = await uploaded;
    expect(result.ok ? "" : result.reason).toContain("clientSecret");
    expect(calls).toHaveLength(2);
  });

  test("is in nothing that is told, whatever quotes it", async () => {
    const encoded = encodeURIComponent(TOKEN);
    const quoting: (() => Answer)[] = [
      () => refuse(40005, { errmsg: `bad ${TOKEN} or ${encoded}` }),
      () => jsonResponse(403, { code: "Forbidden", message: `token ${TOKEN}` }),
      () => new Error(`failed: ${OAPI}/media/upload?access_token=${encoded}&type=file`),
      () => new Error(`failed: ${OAPI}/media/upload?access_token=t0k/en%2B=&type=file`),
      () => networkError("ECONNREFUSED", `connect to ${TOKEN}`),
    ];
    for (const answer of quoting) {
      // `upload` of this test looks for it in every reason.
      expect(await uploading(answer).upload()).toMatchObject({ ok: false });
    }
  });

  test("none to be had: says so, uploads nothing", async () => {
    const { upload, calls, stop } = uploading();
    stop.abort();
    expect(await upload()).toMatchObject({ ok: false, failure: "retry" });
    expect(calls).toHaveLength(0);
  });
});

describe("the network", () => {
  test("no connection: names the host", async () => {
    const { upload } = uploading(() => networkError("ECONNREFUSED"));
    expect(await upload()).toEqual({
      ok: false,
      failure: "retry",
      reason: expect.stringContaining("cannot reach oapi.dingtalk.com"),
    });
  });

  test("has a minute, not more", async () => {
    const { upload, clock } = uploading(never);
    let result: unknown;
    void upload().then((uploaded) => (result = uploaded));
    await clock.advance(59_000);
    expect(result).toBeUndefined();
    await clock.advance(1000);
    expect(result).toMatchObject({ ok: false, failure: "retry" });
    expect(clock.pending).toBe(0);
  });

  test("stopped under way, or while it waits its turn: to be tried again", async () => {
    const { upload, clock, calls, stop } = uploading(never);
    const both = Promise.all([upload(), upload()]);
    await clock.settle();
    expect(calls).toHaveLength(1);
    stop.abort(new Error("enough"));
    expect(await both).toMatchObject([{ failure: "retry" }, { failure: "retry" }]);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
