import { describe, expect, test } from "bun:test";
import { NOT_CONNECTED } from "../../../src/core/network.ts";

// As the runtimes said it: Bun 1.4, Node 24, Deno 2.9.
describe("NOT_CONNECTED", () => {
  test.each([
    "ECONNREFUSED: Unable to connect. Is the computer able to access the url?",
    "fetch failed: connect ECONNREFUSED 127.0.0.1:45999",
    "fetch failed: error sending request for url (http://127.0.0.1:45999/x): client error (Connect): tcp connect error: Connection refused (os error 111)",
    "getaddrinfo ENOTFOUND nope.invalid",
    "fetch failed: error sending request for url (http://nope.invalid/x): client error (Connect): dns error: failed to lookup address information: Name or service not known",
    "fetch failed: getaddrinfo EAI_AGAIN nope.invalid",
    "fetch failed: connect EHOSTUNREACH 10.0.0.1:443",
    "fetch failed: connect ENETUNREACH 10.0.0.1:443",
    "fetch failed: Connect Timeout Error (timeout: 10000ms)",
    "fetch failed: connect ETIMEDOUT 10.0.0.1:443",
    "self signed certificate",
    "fetch failed: self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca",
    "fetch failed: error sending request for url (https://localhost:44443/x): client error (Connect): invalid peer certificate: UnknownIssuer",
    "EPROTO: The TLS handshake failed. Does the server speak TLS on this port?",
    "fetch failed: 405DE190487F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number",
  ])("knows that nothing was sent: %s", (said) => {
    expect(NOT_CONNECTED.test(said)).toBe(true);
  });

  test.each([
    "ECONNRESET: The socket connection was closed unexpectedly.",
    "fetch failed: read ECONNRESET",
    "fetch failed: other side closed",
    "fetch failed: Connection reset by peer (os error 104)",
    "fetch failed: error sending request from 127.0.0.1:48408 for http://dns.test/x (127.0.0.1:45131): client error (SendRequest): connection closed before message completed",
    "fetch failed: read ETIMEDOUT",
    "no answer within 10000 ms",
  ])("does not take it for that: %s", (said) => {
    expect(NOT_CONNECTED.test(said)).toBe(false);
  });
});
