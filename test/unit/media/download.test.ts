import { describe, expect, test } from "bun:test";
import { createTokenSource } from "../../../src/core/dingtalk/token.ts";
import { createThrottle } from "../../../src/core/dingtalk/throttle.ts";
import {
  createDownloader,
  DOWNLOAD_LIMITS,
  type DownloadLimits,
} from "../../../src/core/media/download.ts";
import { createGuard } from "../../../src/core/media/guard.ts";
import type { FetchPinned } from "../../../src/core/media/port.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import type { FakeCall } from "../../support/fake-fetch.ts";

const API = "https://api.dingtalk.com";
const MB = 2 ** 20;
const FILE = "http://oss.example.com/x.file?Signature=s1gned&Expires=1";

interface Get {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
}

interface World {
  readonly mint?: () => Response | Error;
  /** The n-th ask for a code; default: `FILE`. */
  readonly api?: (call: FakeCall, at: number) => Response | Promise<Response> | Error;
  /** The n-th GET. */
  readonly file?: (get: Get, at: number) => Response | Promise<Response> | Error;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly resolve?: () => Promise<readonly string[]>;
  readonly limits?: Partial<DownloadLimits>;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );

function downloading(world: World = {}) {
  const clock = createFakeClock();
  const mints: FakeCall[] = [];
  const asks: FakeCall[] = [];
  const gets: Get[] = [];
  const { fetch } = createFakeFetch((call) => {
    if (call.url.endsWith("/accessToken")) {
      mints.push(call);
      const minted = { accessToken: `t0ken-${mints.length - 1}`, expireIn: 7200 };
      return world.mint?.() ?? jsonResponse(200, minted);
    }
    asks.push(call);
    return world.api?.(call, asks.length - 1) ?? jsonResponse(200, { downloadUrl: FILE });
  });
  const fetchPinned: FetchPinned = async (url, { headers, signal }, addresses) => {
    signal.throwIfAborted();
    const get = { url, headers, addresses, signal };
    gets.push(get);
    const answer = world.file?.(get, gets.length - 1) ?? new Response("hello");
    if (answer instanceof Error) throw answer;
    return await Promise.race([answer, aborted(signal)]);
  };
  const resolve = async (host: string, signal: AbortSignal) => {
    if (world.resolve !== undefined) return Promise.race([world.resolve(), aborted(signal)]);
    return world.hosts?.[host] ?? ["1.1.1.1"];
  };
  const tokens = createTokenSource({
    apiUrl: API,
    clientId: "c",
    clientSecret: "s3cret",
    fetch,
    clock,
  });
  const downloader = createDownloader({
    apiUrl: API,
    robotCode: "robot1",
    tokens,
    guard: createGuard({
      resolve,
      byName: () => false,
      allowHosts: [],
      apiUrls: [API, "http://127.0.0.1:4001"],
    }),
    fetchPinned,
    fetch,
    throttle: createThrottle({ perSecond: 20, clock }),
    clock,
    limits: { ...DOWNLOAD_LIMITS, maxBytes: 20 * MB, ...world.limits },
  });
  const stop = new AbortController();
  const get = async (...codes: string[]) => {
    const result = await downloader.fetch(codes.length === 0 ? ["c0de"] : codes, stop.signal);
    if (!result.ok) expect(result.reason).not.toMatch(/:\/\/|s1gned|t0ken|c0de|s3cret/);
    return result;
  };
  return { clock, mints, asks, gets, get, stop };
}

const redirect = (location: string, status = 302) =>
  new Response("moved", { status, headers: { location } });

/** A body of `chunks`, which says so when it is cancelled. */
function bodyOf(chunks: Iterable<Uint8Array>, onCancel = () => {}) {
  const iterator = chunks[Symbol.iterator]();
  let given = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = iterator.next();
        if (done === true) controller.close();
        else {
          given += value.byteLength;
          controller.enqueue(value);
        }
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
  return { stream, given: () => given };
}

/** `total` bytes in pieces of 64 KB. */
function* pieces(total: number) {
  for (let left = total; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}

describe("fetch()", () => {
  test("asks for the link and fetches it", async () => {
    const { asks, gets, get, clock } = downloading();
    expect(await get()).toEqual({ ok: true, bytes: new TextEncoder().encode("hello") });
    expect(asks).toHaveLength(1);
    expect(asks[0]).toMatchObject({
      url: `${API}/v1.0/robot/messageFiles/download`,
      method: "POST",
      redirect: "manual",
    });
    expect(asks[0]?.headers.get("x-acs-dingtalk-access-token")).toBe("t0ken-0");
    expect(JSON.parse(asks[0]?.body ?? "")).toEqual({ downloadCode: "c0de", robotCode: "robot1" });
    expect(gets).toMatchObject([{ url: FILE, addresses: ["1.1.1.1"] }]);
    const sent = Object.keys(gets[0]?.headers ?? {}).toSorted();
    expect(sent).toEqual(["accept", "accept-encoding", "user-agent"]);
    expect(clock.pending).toBe(0);
  });

  test("a file without bytes is a file", async () => {
    expect(await downloading({ file: () => new Response("") }).get()).toEqual({
      ok: true,
      bytes: new Uint8Array(),
    });
    const nothing = downloading({ file: () => new Response(null, { status: 204 }) });
    expect(await nothing.get()).toEqual({ ok: true, bytes: new Uint8Array() });
  });

  test("a message without a code names no file", async () => {
    const { asks, get } = downloading();
    expect(await get("", "")).toMatchObject({ ok: false, retry: false });
    expect(asks).toEqual([]);
  });
});

describe("the API", () => {
  const expired = () =>
    jsonResponse(400, {
      code: "invalidParameter.robotCode.downloadCode",
      message: "robotCode or downloadCode c0de invalid",
    });

  test("an expired code: the second one is tried", async () => {
    const world = downloading({
      api: ({ body }) =>
        body.includes("c0de1") ? expired() : jsonResponse(200, { downloadUrl: FILE }),
    });
    expect(await world.get("c0de1", "c0de2")).toMatchObject({ ok: true });
    expect(world.asks.map(({ body }) => JSON.parse(body).downloadCode)).toEqual(["c0de1", "c0de2"]);
  });

  test("both expired: says so, and that trying again is no use", async () => {
    const { asks, get } = downloading({ api: expired });
    const result = await get("c0de1", "c0de2", "c0de1");
    expect(result).toEqual({
      ok: false,
      reason: "DingTalk no longer gives the file out: its code has expired or is another robot's",
      retry: false,
    });
    expect(asks).toHaveLength(2);
  });

  test("a refused token is minted once more, not twice", async () => {
    const bad = ({ headers }: FakeCall) =>
      jsonResponse(400, {
        code: "InvalidAuthentication",
        message: `not valid: ${headers.get("x-acs-dingtalk-access-token")}`,
      });
    const once = downloading({
      api: (call, at) => (at === 0 ? bad(call) : jsonResponse(200, { downloadUrl: FILE })),
    });
    expect(await once.get()).toMatchObject({ ok: true });
    expect(once.mints).toHaveLength(2);
    const always = downloading({ api: bad });
    expect(await always.get("c0de1", "c0de2")).toMatchObject({ ok: false, retry: false });
    expect(always.mints).toHaveLength(2);
    expect(always.asks).toHaveLength(2);
  });

  test("a lacking permission is named; another code would not help", async () => {
    const { asks, get } = downloading({
      api: () => jsonResponse(403, { code: "Forbidden.AccessDenied.AccessTokenPermissionDenied" }),
    });
    const result = await get("c0de1", "c0de2");
    expect(result).toMatchObject({ ok: false, retry: false });
    expect(result.ok ? "" : result.reason).toContain("qyapi_robot_sendmsg");
    expect(asks).toHaveLength(1);
  });

  test.each([
    ["throttled", () => jsonResponse(403, { code: "Forbidden.AccessDenied.QpsLimitForApi" })],
    ["broken", () => jsonResponse(500, { code: "system.error" })],
    ["without a link", () => jsonResponse(200, { downloadUrl: "" })],
    ["a web page", () => new Response("<html>hi</html>")],
    ["no connection", () => networkError("ECONNREFUSED")],
  ])("%s: may be tried again", async (_what, api) => {
    expect(await downloading({ api }).get()).toMatchObject({ ok: false, retry: true });
  });

  test("no access token: no call", async () => {
    const busy = downloading({ mint: () => networkError("ECONNREFUSED") });
    expect(await busy.get()).toMatchObject({ ok: false, retry: true });
    const wrong = downloading({
      mint: () => jsonResponse(400, { code: "invalidClientIdOrSecret", message: "s3cret" }),
    });
    expect(await wrong.get("c0de1", "c0de2")).toMatchObject({ ok: false, retry: false });
    expect([...busy.asks, ...wrong.asks]).toEqual([]);
  });
});

describe("redirects", () => {
  test("are followed, each one checked, https to http too", async () => {
    const { gets, get } = downloading({
      hosts: { "b.example.com": ["2.2.2.2"] },
      api: () => jsonResponse(200, { downloadUrl: "https://oss.example.com/a/b" }),
      file: (_get, at) =>
        [
          redirect("c?d=1", 301),
          redirect("//b.example.com/e", 307),
          redirect("http://b.example.com/f"),
        ][at] ?? new Response("there"),
    });
    expect(await get()).toMatchObject({ ok: true });
    expect(gets.map(({ url, addresses }) => [url, ...addresses])).toEqual([
      ["https://oss.example.com/a/b", "1.1.1.1"],
      ["https://oss.example.com/a/c?d=1", "1.1.1.1"],
      ["https://b.example.com/e", "2.2.2.2"],
      ["http://b.example.com/f", "2.2.2.2"],
    ]);
    for (const { headers } of gets) expect(Object.keys(headers)).not.toContain("referer");
  });

  test.each([
    "http://127.0.0.1:4002/",
    "http://127.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:4001/",
    "http://inside.example.com/",
    "file:///etc/passwd",
    "http://a:b@oss.example.com/",
  ])("to %s: refused", async (location) => {
    const { gets, get } = downloading({
      hosts: { "inside.example.com": ["1.1.1.1", "10.0.0.1"] },
      api: () => jsonResponse(200, { downloadUrl: "http://127.0.0.1:4001/media" }),
      file: () => redirect(location),
    });
    expect(await get("c0de1", "c0de2")).toMatchObject({ ok: false, retry: false });
    expect(gets).toHaveLength(1);
  });

  test("in a circle: three and no more", async () => {
    let cancelled = 0;
    const { gets, get } = downloading({
      file: () =>
        new Response(bodyOf([new Uint8Array(9)], () => cancelled++).stream, {
          status: 302,
          headers: { location: FILE },
        }),
    });
    const result = await get();
    expect(result).toMatchObject({ ok: false, retry: false });
    expect(result.ok ? "" : result.reason).toContain("more than 3 times");
    expect(gets).toHaveLength(4);
    expect(cancelled).toBe(4);
  });

  test("to nowhere: refused", async () => {
    for (const headers of [{}, { location: "http://[" }] as Record<string, string>[]) {
      const { get } = downloading({ file: () => new Response("", { status: 302, headers }) });
      expect(await get()).toMatchObject({ ok: false, retry: false });
    }
  });
});

describe("size", () => {
  const sending = (bytes: number, contentLength?: string) => {
    let cancelled = false;
    const { stream, given } = bodyOf(pieces(bytes), () => {
      cancelled = true;
    });
    const headers: Record<string, string> =
      contentLength === undefined ? {} : { "content-length": contentLength };
    const world = downloading({ file: () => new Response(stream, { headers }) });
    return { ...world, given, cancelled: () => cancelled };
  };

  test("20 MB pass, one byte more does not", async () => {
    const just = await sending(20 * MB).get();
    expect(just.ok && just.bytes.byteLength).toBe(20 * MB);
    const over = sending(20 * MB + 1);
    expect(await over.get()).toEqual({
      ok: false,
      reason: "the file is larger than 20 MB",
      retry: false,
    });
    expect(over.cancelled()).toBe(true);
  });

  test("a body without end is cut off at the cap", async () => {
    const { get, given, cancelled } = sending(Infinity, "5");
    expect(await get()).toMatchObject({ ok: false, retry: false });
    expect(given()).toBeLessThan(20 * MB + 2 * 65_536);
    expect(cancelled()).toBe(true);
  });

  test("an announced size above the cap: not a byte is read", async () => {
    const { get, given, cancelled } = sending(10, String(20 * MB + 1));
    expect(await get()).toMatchObject({ ok: false, reason: "the file is larger than 20 MB" });
    expect(given()).toBe(0);
    expect(cancelled()).toBe(true);
  });

  test("an announced size that is wrong or senseless does not matter", async () => {
    for (const size of ["1", "300000", "-1", "many", ""]) {
      const got = await sending(100_000, size).get();
      expect(got.ok && got.bytes.byteLength).toBe(100_000);
    }
  });

  test("a coded body is not taken for the file", async () => {
    const headers = { "content-encoding": "gzip" };
    const { get } = downloading({ file: () => new Response("x", { headers }) });
    expect(await get()).toMatchObject({ ok: false, retry: false });
  });
});

describe("the file's server", () => {
  test.each([
    [403, false],
    [404, false],
    [429, true],
    [503, true],
  ])("HTTP %d: may be tried again: %p", async (status, retry) => {
    const { get } = downloading({ file: () => new Response("<Error/>", { status }) });
    expect(await get()).toMatchObject({ ok: false, retry });
  });

  test("refuses the first code's link: the second is tried", async () => {
    const { asks, get } = downloading({
      file: (_get, at) => (at === 0 ? new Response("", { status: 403 }) : new Response("ok")),
    });
    expect(await get("c0de1", "c0de2")).toMatchObject({ ok: true });
    expect(asks).toHaveLength(2);
  });

  test("cannot be found or reached, or breaks off", async () => {
    const lost = downloading({ resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    expect(await lost.get()).toMatchObject({ ok: false, retry: true });
    const away = downloading({ file: () => networkError("ECONNREFUSED", `connect ${FILE}`) });
    expect(await away.get()).toMatchObject({ ok: false, retry: true });
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(3));
        controller.error(new Error("other side closed"));
      },
    });
    expect(await downloading({ file: () => new Response(broken) }).get()).toMatchObject({
      ok: false,
      retry: true,
    });
  });
});

describe("time", () => {
  const dripping = (everyMs: number) => {
    let cancelled = false;
    const world = downloading({
      file: () => {
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            const drip = () => {
              if (cancelled) return;
              controller.enqueue(new Uint8Array(1));
              world.clock.after(everyMs, drip);
            };
            world.clock.after(everyMs, drip);
          },
          cancel() {
            cancelled = true;
          },
        });
        return new Response(stream);
      },
    });
    return { ...world, cancelled: () => cancelled };
  };

  const within = async <T>(promise: Promise<T>) => {
    let done = false;
    void promise.then(() => {
      done = true;
    });
    return { isDone: () => done };
  };

  test("silence in the body ends after 15 s", async () => {
    const { clock, get, cancelled } = dripping(15_001);
    const result = get();
    const { isDone } = await within(result);
    await clock.advance(14_999);
    expect(isDone()).toBe(false);
    await clock.advance(1);
    expect(await result).toEqual({
      ok: false,
      reason: "the file's server was silent for 15 s",
      retry: true,
    });
    expect(cancelled()).toBe(true);
  });

  test("a byte now and then buys 60 s and no more", async () => {
    const { clock, get, cancelled } = dripping(14_000);
    const result = get();
    const { isDone } = await within(result);
    await clock.advance(59_999);
    expect(isDone()).toBe(false);
    await clock.advance(1);
    expect(await result).toEqual({
      ok: false,
      reason: "the file took longer than 60 s",
      retry: true,
    });
    expect(cancelled()).toBe(true);
    await clock.advance(20_000);
    expect(clock.pending).toBe(0);
  });

  test("no answer, and no address, end after 15 s too", async () => {
    const unanswered = downloading({ file: never });
    const first = unanswered.get();
    await unanswered.clock.advance(15_000);
    expect(await first).toMatchObject({ ok: false, retry: true });
    expect(unanswered.gets[0]?.signal.aborted).toBe(true);

    const lost = downloading({ resolve: () => new Promise(() => undefined) });
    const second = lost.get();
    await lost.clock.advance(15_000);
    expect(await second).toMatchObject({ ok: false, retry: true });
  });

  test("stopped from outside, wherever it is", async () => {
    for (const world of [{ api: never }, { file: never }, { resolve: never as never }] as World[]) {
      const { clock, get, stop } = downloading(world);
      const result = get();
      await clock.settle();
      stop.abort(new Error("shutting down"));
      expect(await result).toEqual({
        ok: false,
        reason: "stopped while fetching the file",
        retry: true,
      });
      expect(clock.pending).toBe(0);
    }
    const { clock, get, stop, cancelled } = dripping(1000);
    const result = get();
    await clock.advance(5000);
    stop.abort();
    expect(await result).toMatchObject({ ok: false, retry: true });
    expect(cancelled()).toBe(true);
    expect(await get()).toMatchObject({ ok: false, retry: true });
  });
});

describe("several", () => {
  const held = () => {
    const letGo: (() => void)[] = [];
    const world = downloading({
      file: () => new Promise((resolve) => letGo.push(() => resolve(new Response("x")))),
    });
    return { ...world, letGo };
  };

  test("four at once, the fifth when one is done, in order", async () => {
    const { asks, gets, get, clock, letGo } = held();
    const results = ["1", "2", "3", "4", "5", "6"].map((n) => get(`c0de${n}`));
    await clock.settle();
    expect(asks).toHaveLength(4);
    letGo[2]?.();
    await clock.settle();
    expect(gets).toHaveLength(5);
    expect(JSON.parse(asks[4]?.body ?? "").downloadCode).toBe("c0de5");
    letGo[0]?.();
    await clock.settle();
    for (const go of letGo) go();
    expect((await Promise.all(results)).map(({ ok }) => ok)).toEqual(Array(6).fill(true));
  });

  test("who waits can be stopped, and its 60 s have not begun", async () => {
    const { asks, get, clock, stop } = held();
    const results = ["1", "2", "3", "4", "5"].map((n) => get(`c0de${n}`));
    await clock.settle();
    stop.abort();
    for (const result of results) expect(await result).toMatchObject({ ok: false, retry: true });
    expect(asks).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  test("a failure gives its place back", async () => {
    const { get } = downloading({ file: () => new Response("", { status: 404 }) });
    for (let at = 0; at < 9; at++) expect(await get()).toMatchObject({ ok: false });
  });
});
