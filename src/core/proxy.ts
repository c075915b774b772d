import { base64Of } from "./media/bytes.ts";
import { createExceptions, isLocal } from "./no-proxy.ts";

export interface ProxySettings {
  /** The key `proxy`: an http(s) URL, or "" for none. It wins over the variables, but for `NO_PROXY`. */
  readonly proxy?: string | undefined;
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`; small letters come first, as in curl. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An HTTP proxy that can CONNECT. */
export interface Proxy {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether it is to be spoken to over TLS. */
  readonly secure: boolean;
  /** `host:port`, for people. */
  readonly name: string;
  /** For `Proxy-Authorization`: a secret. */
  readonly authorization?: string;
}

export type Route =
  | { readonly kind: "direct" }
  | { readonly kind: "proxy"; readonly proxy: Proxy }
  /** `problem` says which key or variable, and what would be right. It holds no password. */
  | { readonly kind: "unusable"; readonly problem: string };

export interface Routes {
  /**
   * How to get to an http, https, ws or wss URL. Never over a proxy to this very machine: the gateway
   * on loopback is nobody else's.
   */
  to(url: string): Route;
  /** No URL goes over a proxy. */
  readonly allDirect: boolean;
  /** What `unusable` would say, each once. */
  readonly problems: readonly string[];
}

const DIRECT: Route = { kind: "direct" };

export function createRoutes({ proxy, env }: ProxySettings): Routes {
  const variable = (name: string) => {
    const found = [name.toLowerCase(), name].find((one) => (env[one] ?? "").trim() !== "");
    return found === undefined ? undefined : { from: found, text: env[found] ?? "" };
  };
  const asked = (name: string): Route => {
    if (proxy !== undefined) return routeBy("proxy", proxy);
    const { from, text } = variable(name) ?? variable("ALL_PROXY") ?? { from: "", text: "" };
    return routeBy(from, text);
  };
  const plain = asked("HTTP_PROXY");
  const secure = asked("HTTPS_PROXY");
  const isException = createExceptions(variable("NO_PROXY")?.text ?? "");
  const problems = [secure, plain].flatMap((one) => (one.kind === "unusable" ? one.problem : []));

  return {
    to(text) {
      const url = URL.parse(text);
      if (url === null || isLocal(url) || isException(url)) return DIRECT;
      return url.protocol === "https:" || url.protocol === "wss:" ? secure : plain;
    },
    allDirect: plain.kind === "direct" && secure.kind === "direct",
    problems: [...new Set(problems)],
  };
}

/** What is wrong with a value for the key `proxy`, without quoting it, or undefined. */
export function proxyProblem(text: string): string | undefined {
  const read = readProxy(text);
  return typeof read === "string" ? read : undefined;
}

function routeBy(from: string, text: string): Route {
  const read = readProxy(text);
  if (read === undefined) return DIRECT;
  return typeof read === "string"
    ? { kind: "unusable", problem: `${from}: ${read}` }
    : { kind: "proxy", proxy: read };
}

const SUPPORTED = "an HTTP proxy is needed, as http://host:port or https://host:port";

/** The proxy; undefined for ""; or what is wrong. */
function readProxy(value: string): Proxy | string | undefined {
  const text = value.trim();
  if (text === "") return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    return `${scheme} proxies are not supported: ${SUPPORTED}`;
  }
  const url = URL.parse(scheme === undefined ? `http://${text}` : text);
  const login = url === null ? undefined : loginOf(url);
  // An unwritten @, / or # in a password leaves what looks like another host with a path.
  if (url === null || login === undefined || /[/?#].*@/.test(text.replace(/^\w+:\/\//, ""))) {
    return `no URL: ${SUPPORTED}; in a user name or password @ : / ? # % are written as %40 %3A %2F %3F %23 %25`;
  }
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    secure,
    name: `${url.hostname}:${port}`,
    ...(login === ":" ? {} : { authorization: basic(login) }),
  };
}

const basic = (login: string) => `Basic ${base64Of(new TextEncoder().encode(login))}`;

/** `user:password`, or undefined if a % in it stands for nothing. */
function loginOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/**
 * Hosts that DingTalk gives its files out from: its own, and the buckets it rents. Names whose addresses
 * nobody else decides: a proxy may be told them by name. The buckets' internal names are none of them.
 */
export function isDingTalkFileHost(host: string): boolean {
  return /(^|\.)(dingtalk\.com|alicdn\.com|oss-[a-z0-9-]+(?<!-internal)\.aliyuncs\.com)\.?$/i.test(
    host,
  );
}
