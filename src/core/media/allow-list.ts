/** Hosts a URL may name although their addresses are not public. */
export interface AllowList {
  has(url: URL): boolean;
}

interface Entry {
  /** As a URL's `hostname` has it; with `below` what a subdomain's name ends in, the dot included. */
  readonly host: string;
  readonly below: boolean;
  /** Undefined: any. */
  readonly port: string | undefined;
}

/** The port a URL's request goes to. */
const portOf = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80");

/** "EXAMPLE.com." and "example.com" are the same host. */
const nameOf = (url: URL): string => url.hostname.replace(/\.$/, "");

/**
 * @param hosts `host`, `host:port` or `*.suffix` (any name below the suffix, not the suffix itself), as in
 * `media.allowHosts`; what is none of them is left out.
 * @param urls exactly their hosts and ports.
 */
export function createAllowList(hosts: readonly string[], urls: readonly string[]): AllowList {
  const entries = [...hosts.map(entryOf), ...urls.map(originOf)].filter(
    (entry) => entry !== undefined,
  );
  return {
    has(url) {
      const name = nameOf(url);
      return entries.some(
        ({ host, below, port }) =>
          (below ? name.endsWith(host) && name !== host : name === host) &&
          (port === undefined || port === portOf(url)),
      );
    },
  };
}

/** Whether `media.allowHosts` may hold this. */
export const isHostPattern = (text: string): boolean => entryOf(text) !== undefined;

function entryOf(text: string): Entry | undefined {
  const [, star, rest = "", port] = /^(\*\.)?(.+?)(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  // An IPv6 address without brackets has colons of its own, and no port.
  const bare = text.split(":").length > 2 && !text.includes("[");
  const host = bare ? `[${text.trim()}]` : rest;
  if (/[/?#@*\s\\]/.test(host)) return undefined;
  const url = URL.parse(`http://${host}/`);
  if (url === null || url.hostname === "" || url.port !== "") return undefined;
  if (star !== undefined && (bare || /^\[|^[\d.]+$/.test(url.hostname))) return undefined;
  return {
    host: star === undefined ? nameOf(url) : `.${nameOf(url)}`,
    below: star !== undefined,
    port: bare ? undefined : port,
  };
}

function originOf(text: string): Entry | undefined {
  const url = URL.parse(text);
  return url === null ? undefined : { host: nameOf(url), below: false, port: portOf(url) };
}
