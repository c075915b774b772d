import { reasonOf } from "../log.ts";
import { literalOf, rangeOf } from "./address.ts";
import { createAllowList } from "./allow-list.ts";
import type { Resolve } from "./port.ts";

export interface GuardOptions {
  readonly resolve: Resolve;
  /** Whether a URL is reached without an address: over a proxy, to a host of DingTalk's own. */
  readonly byName: (url: string) => boolean;
  /** `media.allowHosts`: `host`, `host:port`, `*.suffix`. */
  readonly allowHosts: readonly string[];
  /** The configured API addresses: on exactly their hosts and ports, private addresses are fine. */
  readonly apiUrls: readonly string[];
}

export type Checked =
  /** `url` is the normal form; `addresses` all that may be connected to, none only where `byName` holds. */
  | { readonly ok: true; readonly url: string; readonly addresses: readonly string[] }
  /** `reason` names the host, never the URL. `retry`: another try may do better. */
  | { readonly ok: false; readonly reason: string; readonly retry: boolean };

/**
 * Keeps URLs that come from outside from reaching what only this machine can reach: the gateway, a
 * cloud's metadata, the neighbours. A name is looked up once, here; who then connects to anything but
 * `addresses` opens the door to a DNS server that answers differently the second time.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export interface Guard {
  /** Never throws. To be asked before every request, redirects too. */
  check(url: string, signal: AbortSignal): Promise<Checked>;
}

const refused = (reason: string): Checked => ({ ok: false, reason, retry: false });

export function createGuard({ resolve, byName, allowHosts, apiUrls }: GuardOptions): Guard {
  const allowed = createAllowList(allowHosts, apiUrls);

  return {
    async check(text, signal) {
      // Also turns 0x7f.1, 2130706433, 0177.0.0.1, １２７.0.0.1 and 127.0.0.1. into 127.0.0.1.
      const url = URL.parse(text);
      if (url === null) return refused("the file's address is no URL");
      if (url.protocol !== "http:" && url.protocol !== "https:") {
        return refused(`the file's address is neither http nor https (${url.protocol})`);
      }
      if (url.username !== "" || url.password !== "") {
        return refused("the file's address holds a user name or password");
      }
      const host = url.hostname.slice(0, 100);
      const literal = literalOf(url.hostname);
      let addresses: readonly string[];
      try {
        addresses = literal === undefined ? await resolve(url.hostname, signal) : [literal];
        if (addresses.length === 0) throw new Error("no address");
      } catch (error) {
        // In some companies only the proxy can look names up.
        if (byName(url.href)) return { ok: true, url: url.href, addresses: [] };
        const reason = `the file's host ${host} cannot be looked up (${reasonOf(error)})`;
        return { ok: false, reason, retry: true };
      }
      // One address of several that is not public is enough: which one is used is up to chance.
      const bad = allowed.has(url) ? undefined : addresses.find((one) => rangeOf(one) !== "public");
      if (bad !== undefined) {
        return refused(
          `the file's host ${host} is not on the public internet (${rangeOf(bad)} address); ` +
            "media.allowHosts can let it through",
        );
      }
      return { ok: true, url: url.href, addresses: [...new Set(addresses)] };
    },
  };
}
