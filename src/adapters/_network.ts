import { createFetchPinned, resolve, tellsByName } from "./_pinned.ts";
import type { Fetches } from "./_undici.ts";
import { createWays, type Ways } from "./_ways.ts";
import { createDial } from "./_ws.ts";
import type { Network, NetworkOptions } from "./port.ts";

/** A network on node:net, which all three runtimes have; `fetches` is what they differ in. */
export function createNetwork(options: NetworkOptions, fetches: (ways: Ways) => Fetches): Network {
  const ways = createWays(options);
  return {
    ...fetches(ways),
    dial: createDial(ways),
    resolve,
    fetchPinned: createFetchPinned(ways),
    byName: (url) => tellsByName(ways, url),
  };
}
