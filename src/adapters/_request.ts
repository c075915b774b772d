// By file, not by name: in Bun the bare name "undici" is a built-in stand-in over Bun's own fetch.
import { request, type Dispatcher } from "undici/index.js";
import { unlessAborted } from "./_abort.ts";
import { explained } from "./_trust.ts";
import { createAgent, type Fetches } from "./_undici.ts";
import type { Ways } from "./_ways.ts";

export interface Asked {
  readonly method?: Dispatcher.HttpMethod;
  /** Sent as they are. Besides them only Host, Connection and the length go out. */
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal | undefined;
  readonly dispatcher: Dispatcher;
}

/**
 * An answer as it is: no redirect is followed, no Content-Encoding decoded. By undici's `request`, since
 * its `fetch` adds headers of its own, and in Deno never ends a body whose request was broken off.
 */
export async function answerTo(
  url: string,
  { signal, body: sent, ...asked }: Asked,
): Promise<Response> {
  const answered = request(url, {
    ...asked,
    ...(sent === undefined ? {} : { body: sent }),
    ...(signal === undefined ? {} : { signal }),
  });
  // undici hears of the signal only when it has connected.
  const { statusCode, headers, body } = await unlessAborted(answered, signal);
  // Without a listener the end of a body nobody reads would end the process; a reader is told anyway.
  body.on("error", () => undefined);
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  const empty = [204, 205, 304].includes(statusCode);
  if (empty) body.destroy();
  return new Response(empty ? null : streamOf(body), { status: statusCode, headers: pairs });
}

/** Asks for the next chunk only when the reader does: what is not read stays with the server. */
function streamOf(body: AsyncIterable<Uint8Array> & { destroy(): unknown }) {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
}

/**
 * `fetch` by the same, for Deno: what the core asks for, no more. A redirect is handed out ("manual") or
 * refused.
 */
export function createRequestFetches(ways: Ways): Fetches {
  const through = (fresh: boolean) => {
    const dispatcher = createAgent(ways, { fresh });
    const asked = async (url: string, init: RequestInit = {}) => {
      const { method = "GET", headers, body, signal, redirect } = init;
      const response = await answerTo(url, {
        method,
        // Others' gateways may turn away who does not say who it is.
        headers: { "user-agent": "dingbridge", ...Object.fromEntries(new Headers(headers)) },
        ...(body === undefined || body === null ? {} : { body: body as string | Uint8Array }),
        signal: signal ?? undefined,
        dispatcher,
      }).catch((error: unknown) => {
        throw explained(error, new URL(url).host, ways.trusted);
      });
      const moved = [301, 302, 303, 307, 308].includes(response.status);
      if (redirect === "manual" || !moved) return response;
      await response.body?.cancel();
      throw new Error("the answer is a redirect, and none was expected");
    };
    return asked as typeof globalThis.fetch;
  };
  return { fetch: through(false), fetchFresh: through(true) };
}
