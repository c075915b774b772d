// By file, not by name: in Bun the bare name "undici" is a built-in stand-in over Bun's own fetch.
import { Agent, fetch as undiciFetch } from "undici/index.js";

/**
 * `fetch` for Node and Bun. Node's own gives up after 300 s without a byte, while a turn may be silent
 * for longer; Bun's own sends at most 256 requests at once (BUN_CONFIG_MAX_HTTP_REQUESTS, read only
 * when the process starts), so that hung turns would keep replies from being sent. undici's own fetch
 * with its own agent has neither limit and does not depend on the undici version Node bundles.
 */
const limits = { headersTimeout: 0, bodyTimeout: 0 };

export const fetch = fetchThrough(new Agent(limits));

/** `pipelining: 0` is undici's way to say: close the connection after each response. */
export const fetchFresh = fetchThrough(new Agent({ ...limits, pipelining: 0 }));

function fetchThrough(dispatcher: Agent): typeof globalThis.fetch {
  const through = (input: string, init?: Record<string, unknown>) =>
    undiciFetch(input, { ...init, dispatcher });
  return through as unknown as typeof globalThis.fetch;
}
