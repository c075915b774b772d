import ipaddr from "ipaddr.js";

/**
 * What `NO_PROXY` says: a list, by commas or spaces, of `*` (everything), `host`, `.suffix`, an IP address,
 * a network (`10.0.0.0/8`), each but the network with `:port` if only that one is meant. As in curl a
 * name stands for all below it too, and a network only for hosts given as addresses: nothing is looked up.
 * What is none of these is left out.
 */
export function createExceptions(text: string): (url: URL) => boolean {
  const entries = text
    .split(/[\s,]+/)
    .map(entryOf)
    .filter((entry) => entry !== undefined);
  return (url) => {
    const host = hostOf(url);
    const port = portOf(url);
    return entries.some((entry) => (entry.port ?? port) === port && entry.covers(host));
  };
}

/** Whether the URL leads to this very machine, in any of the ways to write that. */
export function isLocal(url: URL): boolean {
  const { name, address } = hostOf(url);
  if (address === undefined) return name === "localhost" || name.endsWith(".localhost");
  return LOCAL.has(address.range());
}
/** Whoever connects to 0.0.0.0 or [::] connects to this machine. */
const LOCAL: ReadonlySet<string> = new Set(["loopback", "unspecified"]);

type Address = ReturnType<typeof ipaddr.process>;

interface Host {
  readonly name: string;
  readonly address: Address | undefined;
}

interface Entry {
  /** Undefined: any. */
  readonly port: number | undefined;
  covers(host: Host): boolean;
}

const DEFAULT_PORT: Readonly<Record<string, number>> = { "https:": 443, "wss:": 443 };

const portOf = (url: URL): number =>
  url.port === "" ? (DEFAULT_PORT[url.protocol] ?? 80) : Number(url.port);

/** A URL has made 127.1 into 127.0.0.1 and names lower-case; here IPv4 in IPv6 becomes IPv4. */
function hostOf(url: URL): Host {
  const name = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return { name, address: ipaddr.isValid(name) ? ipaddr.process(name) : undefined };
}

function entryOf(text: string): Entry | undefined {
  if (text === "*") return { port: undefined, covers: () => true };
  if (text.includes("/")) return networkOf(text);
  // An address of IPv6 without brackets has colons of its own, and no port.
  const bare = /:.*:/.test(text) && !text.startsWith("[");
  const [, rest = "", port] = bare ? [] : (/^(.+?)(?::(\d{1,5}))?$/.exec(text) ?? []);
  const url = URL.parse(`http://${bare ? `[${text}]` : rest.replace(/^\*?\.+/, "")}/`);
  if (url === null || url.pathname !== "/" || url.port !== "") return undefined;
  const { name, address } = hostOf(url);
  return {
    port: port === undefined ? undefined : Number(port),
    covers: (host) =>
      address === undefined
        ? host.address === undefined && (host.name === name || host.name.endsWith(`.${name}`))
        : host.address?.toNormalizedString() === address.toNormalizedString(),
  };
}

function networkOf(text: string): Entry | undefined {
  if (!ipaddr.isValidCIDR(text)) return undefined;
  const network = ipaddr.parseCIDR(text);
  const [base] = network;
  return {
    port: undefined,
    covers: ({ address }) => address?.kind() === base.kind() && address.match(network),
  };
}
