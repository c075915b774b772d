import type { AccountConfig } from "../core/config/schema.ts";
import type { Routes } from "../core/proxy.ts";
import { finding, type Finding } from "./codes.ts";
import { shared } from "./shared.ts";
import { placeOf, reach, type Reached, type Ways } from "./reach.ts";
import type { Time } from "./step.ts";

type HostCode = "DB302" | "DB303" | "DB304";

/** What is known of one host of DingTalk's. */
export function hostFinding(code: HostCode, url: string, reached: Reached, account?: string) {
  const { host, port } = placeOf(url);
  const who = account === undefined ? {} : { account };
  if (!reached.ok) {
    const { kind, said, proxy } = reached;
    return finding(code, kind, { host, port, said, proxy }, who);
  }
  const { ms, reserved } = reached;
  return reserved === undefined
    ? finding(code, "reached", { host }, { ...who, ms })
    : finding(code, "reserved", { host, address: reserved }, { ...who, ms });
}

/** More than this is worth a word, in ms. */
const OFF_MS = 2 * 60_000;
/** More than this breaks things. */
const WRONG_MS = 5 * 60_000;

export function clockFinding(skews: readonly (number | undefined)[]): Finding {
  const known = skews.filter((skew) => skew !== undefined);
  const [skewMs] = known.toSorted((one, other) => Math.abs(one) - Math.abs(other));
  if (skewMs === undefined) return finding("DB204", "untold");
  const seconds = Math.round(skewMs / 1000);
  const off = Math.abs(skewMs);
  if (off <= OFF_MS) return finding("DB204", "right", { skew: Math.abs(seconds) });
  return finding("DB204", off > WRONG_MS ? "wrong" : "off", {
    skew: seconds > 0 ? `+${seconds}` : seconds,
  });
}

/** Asked of the environment: which variable or key says so. */
export interface ProxySource {
  readonly routes: Routes;
  /** "proxy", "HTTPS_PROXY", …; undefined: none is set. */
  readonly from: string | undefined;
}

export function proxyFinding({ routes, from }: ProxySource, urls: readonly string[]): Finding {
  const [problem] = routes.problems;
  if (problem !== undefined) return finding("DB301", "unusable", { said: problem });
  if (from === undefined || routes.allDirect) return finding("DB301", "none");
  const used = urls.map((url) => routes.to(url)).find(({ kind }) => kind === "proxy");
  return used?.kind === "proxy"
    ? finding("DB301", "used", { proxy: used.proxy.name, from })
    : finding("DB301", "exempt", { from });
}

/** Each host once, whichever robots use it; the clock by what the API's answer. */
export async function hostFindings(
  accounts: readonly AccountConfig[],
  ways: Ways,
  time: Time,
): Promise<readonly Finding[]> {
  const look = async (url: string) => ({ url, reached: await reach(url, ways, time) });
  const [apis, old] = await Promise.all([
    shared(
      accounts,
      ({ apiUrl }) => apiUrl,
      async ({ apiUrl }) => await look(apiUrl),
    ),
    shared(
      accounts,
      ({ oapiUrl }) => oapiUrl,
      async ({ oapiUrl }) => await look(oapiUrl),
    ),
  ]);
  return [
    clockFinding(apis.map(({ found: { reached } }) => (reached.ok ? reached.skewMs : undefined))),
    ...apis.map(({ found, account }) => hostFinding("DB302", found.url, found.reached, account)),
    ...old.map(({ found, account }) => hostFinding("DB303", found.url, found.reached, account)),
  ];
}
