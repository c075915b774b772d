import ipaddr from "ipaddr.js";

/**
 * Public by their number, private in truth.
 * @see https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const INTERNAL: ReadonlySet<string> = new Set(["168.63.129.16"]);

/**
 * What an IP address is for, by IANA's registries: "public", or a word that says why nobody should be
 * sent there. Only plain notations are addresses: `127.0.0.1`, not `0x7f.1`, no brackets, no zone.
 * IPv6 forms that stand for an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) are never public.
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
export function rangeOf(address: string): string {
  if (INTERNAL.has(address)) return "reserved";
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const range = ipaddr.IPv4.parse(address).range();
    return range === "unicast" ? "public" : range;
  }
  if (address.includes("%") || !ipaddr.IPv6.isValid(address)) return "not an address";
  const parsed = ipaddr.IPv6.parse(address);
  const range = parsed.range();
  if (range !== "unicast") return range;
  // ipaddr.js calls unicast what is in none of its lists; IANA has given out 2000::/3 and nothing else.
  return ((parsed.parts[0] ?? 0) & 0xe000) === 0x2000 ? "public" : "reserved";
}

export function isPublic(address: string): boolean {
  return rangeOf(address) === "public";
}

/** The address a URL's `hostname` is, or undefined if it is a name. */
export function literalOf(hostname: string): string | undefined {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return ipaddr.IPv4.isValidFourPartDecimal(hostname) ? hostname : undefined;
}
