import { lookup } from "node:dns/promises";
import { isIP, isIPv4, type LookupFunction } from "node:net";
import type { FetchPinned, Resolve } from "../core/media/port.ts";
import { isDingTalkFileHost } from "../core/proxy.ts";
import { unlessAborted } from "./_abort.ts";
import { explained } from "./_trust.ts";
import { hostOf, type Ways } from "./_ways.ts";

/**
 * What the operating system knows a host by, /etc/hosts included, in all three runtimes. getaddrinfo
 * cannot be broken off; who waits for it can.
 */
export const resolve: Resolve = async (host, signal) => {
  signal.throwIfAborted();
  const found = await unlessAborted(lookup(host, { all: true }), signal);
  return found.map(({ address }) => address);
};

/** Whether a proxy is told this URL's host and not one of its addresses: see `Network`. */
export const tellsByName = ({ routes }: Ways, url: string): boolean =>
  routes.to(url).kind === "proxy" && isDingTalkFileHost(hostOf(new URL(url)));

/**
 * undici over node:net, which all three runtimes have: each asks the `lookup` given to it. In Deno it is
 * the one way to pin (its own fetch has no such option), loaded only when the first file is fetched.
 */
export const createFetchPinned =
  (ways: Ways): FetchPinned =>
  async (url, { headers, signal }, addresses) => {
    const host = hostOf(new URL(url));
    // An address for a host is dialled without asking `lookup`.
    if (isIP(host) !== 0 && !addresses.includes(host)) throw new Error("not the address to go to");
    // One is enough for a proxy; IPv4, since not every proxy reaches the other kind.
    const address = addresses.find(isIPv4) ?? addresses[0];
    const told = tellsByName(ways, url) ? host : address;
    if (told === undefined) throw new Error(`no address for ${host}`);
    const { createAgent } = await import("./_undici.ts");
    const { answerTo } = await import("./_request.ts");
    const agent = createAgent(ways, {
      // A kept connection would serve nobody: the next request may have other addresses.
      fresh: true,
      tunnel: () => ways.tunnel(url, signal, told),
      direct: { lookup: lookupIn(addresses), autoSelectFamily: true },
    });
    try {
      const response = await answerTo(url, { headers, signal, dispatcher: agent });
      // Once the body is through.
      void agent.close().catch(() => undefined);
      return response;
    } catch (error) {
      void agent.destroy().catch(() => undefined);
      throw explained(error, new URL(url).host, ways.trusted);
    }
  };

function lookupIn(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  return (host, { all }, done) => {
    const [first] = known;
    if (first === undefined) done(new Error(`no address for ${host}`), "", 0);
    else if (all === true) done(null, known);
    else done(null, first.address, first.family);
  };
}
