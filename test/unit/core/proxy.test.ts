import { describe, expect, test } from "bun:test";
import { createRoutes, isDingTalkFileHost, proxyProblem } from "../../../src/core/proxy.ts";

type Env = Record<string, string>;
const PROXY = "http://proxy.corp:3128";

/** "direct", the proxy's name, or the problem. */
function way(url: string, env: Env, proxy?: string): string {
  const route = createRoutes({ env, proxy }).to(url);
  if (route.kind === "proxy") return route.proxy.name;
  return route.kind === "unusable" ? route.problem : "direct";
}

describe("which proxy", () => {
  const cases: readonly [what: string, url: string, env: Env, proxy: string | undefined, string][] =
    [
      ["nothing is set", "https://api.test/", {}, undefined, "direct"],
      ["https", "https://api.test/", { HTTPS_PROXY: PROXY }, undefined, "proxy.corp:3128"],
      ["wss as https", "wss://api.test/c", { https_proxy: PROXY }, undefined, "proxy.corp:3128"],
      ["http is not https", "http://api.test/", { HTTPS_PROXY: PROXY }, undefined, "direct"],
      ["https is not http", "https://api.test/", { HTTP_PROXY: PROXY }, undefined, "direct"],
      ["http", "http://api.test/", { HTTP_PROXY: PROXY }, undefined, "proxy.corp:3128"],
      ["ws as http", "ws://api.test/", { http_proxy: PROXY }, undefined, "proxy.corp:3128"],
      ["one for all", "wss://api.test/", { ALL_PROXY: PROXY }, undefined, "proxy.corp:3128"],
      [
        "the more exact variable wins",
        "https://api.test/",
        { ALL_PROXY: "socks5://x:1", HTTPS_PROXY: PROXY },
        undefined,
        "proxy.corp:3128",
      ],
      [
        "small letters win",
        "https://api.test/",
        { HTTPS_PROXY: "http://other:1", https_proxy: PROXY },
        undefined,
        "proxy.corp:3128",
      ],
      [
        "an empty variable is none",
        "https://api.test/",
        { https_proxy: " ", HTTPS_PROXY: PROXY },
        undefined,
        "proxy.corp:3128",
      ],
      ["the key wins", "https://a.test/", { HTTPS_PROXY: PROXY }, "http://key:1", "key:1"],
      ["the key is for http too", "http://a.test/", {}, "http://key:1", "key:1"],
      ["the key says none", "https://a.test/", { HTTPS_PROXY: PROXY }, "", "direct"],
      ["NO_PROXY holds for the key", "https://a.test/", { NO_PROXY: "a.test" }, PROXY, "direct"],
      ["no scheme is http", "https://a.test/", {}, "proxy.corp:3128", "proxy.corp:3128"],
      ["http's own port", "https://a.test/", {}, "http://proxy.corp", "proxy.corp:80"],
      ["https' own port", "https://a.test/", {}, "https://proxy.corp/", "proxy.corp:443"],
      ["an address of IPv6", "https://a.test/", {}, "http://[fd00::1]:8080", "[fd00::1]:8080"],
    ];
  test.each(cases)("%s", (_what, url, env, proxy, expected) => {
    expect(way(url, env, proxy)).toBe(expected);
  });

  test.each([
    "http://localhost:18789/",
    "ws://LOCALHOST./",
    "http://gateway.localhost/",
    "http://127.0.0.1:18789/",
    "https://127.8.9.1/",
    "http://127.1/",
    "http://[::1]:18789/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0:18789/",
    "http://[::]/",
  ])("this very machine is reached without: %s", (url) => {
    expect(way(url, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, ALL_PROXY: PROXY }, PROXY)).toBe(
      "direct",
    );
  });

  test.each(["http://192.168.1.5:18789/", "http://localhost.test/", "http://10.0.0.1/"])(
    "the neighbourhood is not this machine: %s",
    (url) => {
      expect(way(url, { HTTP_PROXY: PROXY })).toBe("proxy.corp:3128");
    },
  );
});

describe("NO_PROXY", () => {
  const cases: readonly [list: string, url: string, excepted: boolean][] = [
    ["a.test", "https://a.test/", true],
    ["a.test", "https://A.TEST./", true],
    ["A.Test.", "https://a.test/", true],
    ["a.test", "https://sub.a.test/", true],
    ["a.test", "https://extra-a.test/", false],
    [".a.test", "https://sub.a.test/", true],
    [".a.test", "https://a.test/", true],
    ["*.a.test", "https://sub.a.test/", true],
    ["b.test, .c.test\ta.test", "https://a.test/", true],
    ["b.test,,", "https://a.test/", false],
    ["*", "https://a.test/", true],
    ["b.test,*", "https://a.test/", true],
    ["a.test:443", "https://a.test/", true],
    ["a.test:443", "wss://a.test/", true],
    ["a.test:80", "https://a.test/", false],
    ["a.test:80", "ws://a.test/", true],
    ["a.test:8443", "https://sub.a.test:8443/", true],
    ["a.test:8443", "https://a.test/", false],
    ["10.1.2.3", "http://10.1.2.3:18789/", true],
    ["10.1.2.3:18789", "http://10.1.2.3:18789/", true],
    ["10.1.2.3:1", "http://10.1.2.3:18789/", false],
    ["10.1.2.3", "http://10.1.2.30/", false],
    ["2.3", "http://10.1.2.3/", false],
    ["10.0.0.0/8", "http://10.200.2.3/", true],
    ["10.0.0.0/8", "http://11.0.0.1/", false],
    ["10.0.0.0/8", "http://ten.test/", false],
    ["10.0.0.0/8", "http://[fd00::1]/", false],
    ["10.0.0.0/99", "http://10.0.0.1/", false],
    ["fd00::/8", "http://[fd12::1]:1/", true],
    ["fd00::/8", "http://[2001:db8::1]/", false],
    ["fd00::1", "http://[fd00::0:1]/", true],
    ["[fd00::1]", "http://[fd00::1]/", true],
    ["[fd00::1]:8080", "http://[fd00::1]:8080/", true],
    ["[fd00::1]:8080", "http://[fd00::1]/", false],
    ["10.1.2.3", "http://[::ffff:10.1.2.3]/", true],
    ["例子.测试", "https://xn--fsqu00a.xn--0zwm56d/", true],
    ["///,a b@:,[,:", "https://a.test/", false],
  ];
  test.each(cases)("%j and %s: %p", (list, url, excepted) => {
    const expected = excepted ? "direct" : "proxy.corp:3128";
    expect(way(url, { ALL_PROXY: PROXY, NO_PROXY: list })).toBe(expected);
    expect(way(url, { ALL_PROXY: PROXY, no_proxy: list, NO_PROXY: "other.test" })).toBe(expected);
  });
});

describe("user and password", () => {
  const authorization = (proxy: string) => {
    const route = createRoutes({ proxy, env: {} }).to("https://a.test/");
    return route.kind === "proxy" ? route.proxy.authorization : route.kind;
  };

  test.each([
    ["http://proxy:1", undefined],
    ["http://user:pass@proxy:1", "Basic dXNlcjpwYXNz"],
    ["user:pass@proxy:1", "Basic dXNlcjpwYXNz"],
    ["http://us%40er:p%3A%25@proxy:1", `Basic ${btoa("us@er:p:%")}`],
    ["http://user@proxy:1", `Basic ${btoa("user:")}`],
    ["http://user:%E5%AF%86@proxy:1", "Basic dXNlcjrlr4Y="],
  ])("%s", (proxy, expected) => {
    expect(authorization(proxy)).toBe(expected as string);
  });
});

describe("what cannot be used", () => {
  test.each(["socks5://user:geheim@x:1080", "socks5h://x:1", "SOCKS4://x:1", "ftp://x"])(
    "%s is refused, and what can be used is named",
    (proxy) => {
      const said = way("https://a.test/", {}, proxy);
      expect(said).toStartWith(`proxy: ${proxy.split(":")[0]?.toLowerCase()} proxies`);
      expect(said).toContain("http://host:port");
      expect(said).not.toContain("geheim");
      expect(proxyProblem(proxy)).toBe(said.replace("proxy: ", ""));
    },
  );

  test.each([
    "http://",
    "http://proxy:99999",
    "http://user:ge#heim@proxy:1",
    "http://user:12/heim@proxy:1",
    "http://user:100%heim@proxy:1",
  ])("%s: what is wrong, but not the password", (proxy) => {
    const said = way("https://a.test/", { https_proxy: proxy });
    expect(said).toStartWith("https_proxy: no URL");
    expect(said).toContain("%40");
    expect(said).not.toContain("heim");
  });

  test("it is nobody's problem where nothing goes over it", () => {
    const env = { ALL_PROXY: "socks5://x:1", HTTPS_PROXY: PROXY };
    expect(way("https://a.test/", env)).toBe("proxy.corp:3128");
    expect(way("http://127.0.0.1/", env)).toBe("direct");
    expect(createRoutes({ env: { ...env, HTTP_PROXY: PROXY } }).problems).toEqual([]);
    expect(createRoutes({ env, proxy: "" }).problems).toEqual([]);
  });

  test("is told once", () => {
    const { problems, allDirect } = createRoutes({ env: { ALL_PROXY: "socks5://x:1" } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toStartWith("ALL_PROXY: socks5 proxies");
    expect(allDirect).toBe(false);
  });

  test("a proxy anywhere is told from none at all", () => {
    const allDirect = (env: Env, proxy?: string) => createRoutes({ env, proxy }).allDirect;
    expect(allDirect({})).toBe(true);
    expect(allDirect({ NO_PROXY: "a.test" })).toBe(true);
    expect(allDirect({ HTTP_PROXY: PROXY }, "")).toBe(true);
    expect(allDirect({ HTTP_PROXY: PROXY })).toBe(false);
    expect(allDirect({}, PROXY)).toBe(false);
  });

  test.each(["", PROXY, "proxy.corp:1", "https://u:p@proxy.corp"])("%j is fine", (proxy) => {
    expect(proxyProblem(proxy)).toBeUndefined();
  });
});

describe("DingTalk's file hosts", () => {
  test.each([
    ["dingtalk.com", true],
    ["zjk-dualstack.trans.dingtalk.com", true],
    ["down.DingTalk.com.", true],
    ["static.alicdn.com", true],
    ["lippi.oss-cn-zhangjiakou.aliyuncs.com", true],
    ["lippi.oss-cn-zhangjiakou-internal.aliyuncs.com", false],
    ["db.mysql.rds.aliyuncs.com", false],
    ["evil-dingtalk.com", false],
    ["dingtalk.com.evil.test", false],
    ["10.0.0.1", false],
  ])("%s: %p", (host, expected) => {
    expect(isDingTalkFileHost(host)).toBe(expected);
  });
});
