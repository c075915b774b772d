import { describe, expect, test } from "bun:test";
import { isHostPattern } from "../../../src/core/media/allow-list.ts";
import { createGuard } from "../../../src/core/media/guard.ts";

const API = "https://api.dingtalk.com";
const OAPI = "http://127.0.0.1:4001/dingtalk";

function guarding(answers: Record<string, string[] | Error>, allowHosts: readonly string[] = []) {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    const answer = answers[host] ?? new Error("getaddrinfo ENOTFOUND");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const byName = (url: string) => new URL(url).hostname.endsWith(".dingtalk.com");
  const guard = createGuard({ resolve, byName, allowHosts, apiUrls: [API, OAPI] });
  const check = (url: string) => guard.check(url, new AbortController().signal);
  return { asked, check };
}

describe("check()", () => {
  test("lets public hosts through, with all their addresses, over http and https", async () => {
    const { check, asked } = guarding({
      "oss.example.com": ["1.1.1.1", "2400:3200::1", "1.1.1.1"],
    });
    const url = "http://OSS.example.com/a.file?Signature=a%2Fb%2B%3D&x=y";
    expect(await check(url)).toEqual({
      ok: true,
      url: "http://oss.example.com/a.file?Signature=a%2Fb%2B%3D&x=y",
      addresses: ["1.1.1.1", "2400:3200::1"],
    });
    expect(await check("https://oss.example.com:8443/")).toMatchObject({ ok: true });
    expect(asked).toEqual(["oss.example.com", "oss.example.com"]);
  });

  test("lets a name that only the proxy can look up go there as it is, if it is DingTalk's", async () => {
    const { check } = guarding({});
    expect(await check("https://down.dingtalk.com/a")).toEqual({
      ok: true,
      url: "https://down.dingtalk.com/a",
      addresses: [],
    });
    expect(await check("https://elsewhere.example.com/a")).toMatchObject({
      ok: false,
      retry: true,
    });
    const private_ = guarding({ "down.dingtalk.com": ["10.0.0.1"] });
    expect(await private_.check("https://down.dingtalk.com/a")).toMatchObject({ ok: false });
  });

  test("does not ask a name server about an address", async () => {
    const { check, asked } = guarding({});
    expect(await check("http://1.1.1.1/")).toMatchObject({ ok: true, addresses: ["1.1.1.1"] });
    const six = await check("http://[2400:3200::1]:81/");
    expect(six).toMatchObject({ ok: true, addresses: ["2400:3200::1"] });
    expect(asked).toEqual([]);
  });

  test.each([
    "http://127.0.0.1:18789/v1/chat/completions",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://100.100.100.200/latest/meta-data/",
    "http:\\\\127.0.0.1\\",
    "http:127.0.0.1",
  ])("refuses %s", async (url) => {
    const { check } = guarding({});
    const checked = await check(url);
    expect(checked).toMatchObject({ ok: false, retry: false });
    expect(JSON.stringify(checked)).not.toContain("http://");
  });

  test.each([
    ["no URL", "no URL"],
    ["/relative", "no URL"],
    ["http://[fe80::1%25eth0]/", "no URL"],
    ["http://1.2.3.4.5/", "no URL"],
    ["file:///etc/passwd", "neither http nor https"],
    ["ftp://example.com/", "neither http nor https"],
    ["data:text/plain,x", "neither http nor https"],
    ["http://user:pass@example.com/", "user name or password"],
    ["http://user@example.com/", "user name or password"],
    ["http://:pass@example.com/", "user name or password"],
  ])("refuses %s: %s", async (url, reason) => {
    const { check } = guarding({ "example.com": ["1.1.1.1"] });
    const checked = await check(url);
    expect(checked).toMatchObject({ ok: false, retry: false });
    expect(checked.ok ? "" : checked.reason).toContain(reason);
  });

  test("refuses names of private addresses, a trailing dot or not", async () => {
    const { check } = guarding({
      localhost: ["127.0.0.1", "::1"],
      "localhost.": ["127.0.0.1"],
      "gateway.lan": ["192.168.1.5"],
    });
    for (const url of ["http://localhost/", "http://localhost./", "https://gateway.lan/x"]) {
      expect(await check(url)).toMatchObject({ ok: false, retry: false });
    }
    const { reason } = (await check("https://gateway.lan/x?token=s3cret")) as { reason: string };
    expect(reason).toContain("gateway.lan");
    expect(reason).toContain("media.allowHosts");
    expect(reason).not.toContain("s3cret");
    expect(reason).not.toContain("192.168");
  });

  test("refuses an answer that mixes public and private, in any order", async () => {
    for (const mixed of [
      ["1.1.1.1", "10.0.0.1"],
      ["::1", "1.1.1.1"],
      ["1.1.1.1", "not an address"],
      ["1.1.1.1", "::ffff:10.0.0.1"],
    ]) {
      const { check } = guarding({ "rebind.example.com": mixed });
      expect(await check("http://rebind.example.com/")).toMatchObject({ ok: false, retry: false });
    }
  });

  test("a name that cannot be looked up may be tried again", async () => {
    const { check } = guarding({ "empty.example.com": [] });
    for (const host of ["gone.example.com", "empty.example.com"]) {
      expect(await check(`http://${host}/`)).toMatchObject({ ok: false, retry: true });
    }
  });
});

describe("exceptions", () => {
  const answers = {
    "files.lan": ["10.0.0.7"],
    "files.lan.": ["10.0.0.7"],
    "a.cdn.lan": ["10.0.0.8"],
    "b.a.cdn.lan": ["10.0.0.8"],
    "cdn.lan": ["10.0.0.9"],
    "evilcdn.lan": ["10.0.0.9"],
    "api.dingtalk.com": ["10.1.1.1"],
    localhost: ["127.0.0.1"],
  };
  const passes = async (allowHosts: readonly string[], url: string) =>
    (await guarding(answers, allowHosts).check(url)).ok;

  test("the API addresses on their own ports only", async () => {
    expect(await passes([], "http://127.0.0.1:4001/media/1")).toBe(true);
    expect(await passes([], "https://127.0.0.1:4001/media/1")).toBe(true);
    expect(await passes([], "http://127.0.0.1:4002/media/1")).toBe(false);
    expect(await passes([], "http://127.0.0.1/")).toBe(false);
    expect(await passes([], "http://localhost:4001/")).toBe(false);
    expect(await passes([], "https://api.dingtalk.com/x")).toBe(true);
    expect(await passes([], "http://api.dingtalk.com:443/x")).toBe(true);
    expect(await passes([], "http://api.dingtalk.com/x")).toBe(false);
  });

  test("media.allowHosts: host, host:port, *.suffix", async () => {
    expect(await passes(["files.lan"], "http://files.lan:81/")).toBe(true);
    expect(await passes(["Files.LAN."], "http://files.lan/")).toBe(true);
    expect(await passes(["files.lan"], "http://files.lan./")).toBe(true);
    expect(await passes(["files.lan:80"], "http://files.lan/")).toBe(true);
    expect(await passes(["files.lan:80"], "https://files.lan/")).toBe(false);
    expect(await passes(["files.lan:8080"], "http://files.lan:8080/")).toBe(true);
    expect(await passes(["files.lan:8080"], "http://files.lan:8081/")).toBe(false);
    expect(await passes(["*.cdn.lan"], "http://a.cdn.lan/")).toBe(true);
    expect(await passes(["*.cdn.lan"], "http://b.a.cdn.lan/")).toBe(true);
    expect(await passes(["*.cdn.lan"], "http://cdn.lan/")).toBe(false);
    expect(await passes(["*.cdn.lan"], "http://evilcdn.lan/")).toBe(false);
    expect(await passes(["*.cdn.lan:81"], "http://a.cdn.lan:80/")).toBe(false);
    expect(await passes(["10.0.0.7"], "http://10.0.0.7/")).toBe(true);
    expect(await passes(["[::1]:99"], "http://[::1]:99/")).toBe(true);
    expect(await passes(["[::1]:99"], "http://[::1]:98/")).toBe(false);
    expect(await passes(["::1"], "http://[0:0::1]:98/")).toBe(true);
  });

  test("an exception is one for the address, not for the rest", async () => {
    expect(await passes(["files.lan"], "ftp://files.lan/")).toBe(false);
    expect(await passes(["files.lan"], "http://a:b@files.lan/")).toBe(false);
  });

  test("isHostPattern()", () => {
    const good = ["a", "a.b:1", "*.a.b", "1.2.3.4", "[::1]:1", "::1", "*.a:80", "bücher.example"];
    const bad = [
      "",
      "*",
      "*.",
      "http://a",
      "a/b",
      "a b",
      "a:b",
      "a:1:2",
      "u@a",
      "*.*.a",
      "*.1.2.3.4",
    ];
    for (const text of good) expect([text, isHostPattern(text)]).toEqual([text, true]);
    for (const text of bad) expect([text, isHostPattern(text)]).toEqual([text, false]);
  });
});
