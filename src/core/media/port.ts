/**
 * Every address of a host, IPv4 and IPv6, as text without brackets. Rejects if there are none, and with
 * `signal`'s reason.
 */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface PinnedRequest {
  /** Sent as they are. Besides them only Host and Connection go out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * A GET that connects to one of `addresses` and nowhere else, whatever the host's name means by now; over a
 * proxy it is told the address, and the name where there is none. For Host, SNI and the certificate the name counts. Follows no redirect, decodes no
 * Content-Encoding, sets no time limit. Rejects if no connection comes about, and with `signal`'s reason;
 * later that ends the body with an error. The body must be read to its end or cancelled.
 */
export type FetchPinned = (
  url: string,
  request: PinnedRequest,
  addresses: readonly string[],
) => Promise<Response>;
