import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { reasonOf } from "../core/log.ts";

/** For TLS, if more authorities are trusted than the runtime's own. */
export type Trusted = SecureContext | undefined;

/**
 * What the runtime trusts (its own list, NODE_EXTRA_CA_CERTS, its options), and these besides: `ca`
 * alone would replace the others. Made once, since reading 150 certificates takes milliseconds.
 * Throws if there is no certificate in `pem`.
 */
export function trustedWith(pem: string | undefined): Trusted {
  if (pem === undefined) return undefined;
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  // Node and Deno take anything for a certificate, and then trust nobody more.
  if (found.length === 0 || !found.every(isCertificate)) {
    throw new Error("it holds no certificate, or a broken one");
  }
  return createSecureContext({ ca: [...getCACertificates("default"), ...found] });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** An address is no name to ask for in a handshake; the certificate is checked against `host` then. */
export const tlsFor = (host: string, trusted: Trusted) => ({
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(trusted === undefined ? {} : { secureContext: trusted }),
});

/** OpenSSL's codes for "who signed this?", in all three runtimes. */
const UNKNOWN_AUTHORITY = [
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
];
/** Deno's own fetch has no code. */
const DENO_UNKNOWN = "UnknownIssuer";

/** The error as it is, or one that says what to do if nobody here knows who signed `host`'s certificate. */
export function explained<E>(error: E, host: string, trusted: Trusted): E | Error {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  const known = UNKNOWN_AUTHORITY.find((one) => one === code || one === cause?.code);
  const which = known ?? (reasonOf(error).includes(DENO_UNKNOWN) ? DENO_UNKNOWN : undefined);
  if (which === undefined) return error;
  const help =
    trusted === undefined
      ? "if a proxy puts its own in, set caFile to the certificate of its authority"
      : "it is none of those in caFile either";
  return new Error(
    `the certificate of ${host} is from an authority that is not trusted (${which}): ${help}`,
  );
}
