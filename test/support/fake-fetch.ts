export interface FakeCall {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: RequestInit["redirect"];
  readonly signal: AbortSignal | undefined;
}

export interface FakeFetch {
  readonly fetch: typeof fetch;
  readonly calls: FakeCall[];
}

type Answer = Response | Promise<Response> | Error;

/** A fetch without a network. Like the real one it rejects with the signal's reason once aborted. */
export function createFakeFetch(answer: (call: FakeCall, at: number) => Answer): FakeFetch {
  const calls: FakeCall[] = [];
  const fake = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const { signal } = init;
    signal?.throwIfAborted();
    const call: FakeCall = {
      url,
      method: init.method ?? "GET",
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? init.body : "",
      redirect: init.redirect,
      signal: signal ?? undefined,
    };
    calls.push(call);
    const answered = answer(call, calls.length - 1);
    if (answered instanceof Error) throw answered;
    return await Promise.race([answered, aborted(signal)]);
  };
  return { fetch: fake as unknown as typeof fetch, calls };
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** An answer that never comes. */
export const never = (): Promise<Response> => new Promise(() => undefined);

export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** What fetch throws when there is no connection, as undici words it. */
export function networkError(code: string, message = `connect ${code} 127.0.0.1:18789`): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
}
