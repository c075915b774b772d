/**
 * How the runtimes word, in what `reasonOf` makes of a failed fetch, that no connection came about: the
 * request was never sent. Bun and Node name the system's code, Deno says `client error (Connect)`; a
 * TLS handshake that fails ends before the request too.
 */
export const NOT_CONNECTED =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|refused|unable to connect|\bdns error\b|connect timeout|connect ETIMEDOUT|client error \(connect\)|certificate|TLS handshake|SSL routines/i;

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}
