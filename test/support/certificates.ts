/**
 * Certificates for tests, good until 2125. The authority's own key was thrown away; the server's key is
 * here for everybody to read, so nothing but a test may trust this authority. Made with OpenSSL 3.0:
 *
 *   openssl ecparam -name prime256v1 -genkey -noout -out ca.key      (and other.key, server.key)
 *   openssl req -new -key ca.key -subj "/CN=dingbridge test authority" -out ca.csr      (and the others)
 *   openssl ca -selfsign -keyfile ca.key -in ca.csr -out ca.pem -extensions authority \
 *     -startdate 20250101000000Z -enddate 21250101000000Z -batch -notext -config ca.cnf
 *   openssl ca -keyfile ca.key -cert ca.pem -in server.csr -out server.pem -extensions server …
 *   openssl pkcs8 -topk8 -nocrypt -in server.key
 *
 * with, in ca.cnf, for "authority" basicConstraints=critical,CA:TRUE and keyUsage=critical,keyCertSign,cRLSign;
 * for "server" subjectAltName=DNS:localhost,DNS:*.dingtalk.test,IP:127.0.0.1, basicConstraints=CA:FALSE,
 * keyUsage=digitalSignature and extendedKeyUsage=serverAuth.
 */
export interface ServerCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** Signed `SERVER.certificate`. */
export const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIBATAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlkaW5nYnJp
ZGdlIHRlc3QgYXV0aG9yaXR5MCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAw
MDAwWjAkMSIwIAYDVQQDDBlkaW5nYnJpZGdlIHRlc3QgYXV0aG9yaXR5MFkwEwYH
KoZIzj0CAQYIKoZIzj0DAQcDQgAE6ADWfYEx0HttSDIsHt9WQv8dPICoopYe2/X8
8PPoc3uaBHRFx7vT7rCdK3/il2gzDWB2mJ2aLXHRzXJEfu3jZKNCMEAwDwYDVR0T
AQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFPdNcQmxg/NgPfux
aH+0pGoAI9BeMAoGCCqGSM49BAMCA0gAMEUCIAgiuH7bnVzZY6PYRjSQqvFTmlmU
KLhnjN0O5h8XPpONAiEAhd6COrBZHiY7rJjt5vbPeDrbAjznChfk8vRvkAKReCE=
-----END CERTIFICATE-----
`;

/** Signed nothing. */
export const OTHER_AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIBAjAKBggqhkjOPQQDAjAhMR8wHQYDVQQDDBZhbm90aGVy
IHRlc3QgYXV0aG9yaXR5MCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAwMDAw
WjAhMR8wHQYDVQQDDBZhbm90aGVyIHRlc3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEWUcYcxbHWIkkoVkGN72ClV5l58Ro1zqbOck0V3eN/uKo
fGS3aDohL/S+scA5Ac62TtlIbW11r5B0upoImJoT4KNCMEAwDwYDVR0TAQH/BAUw
AwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFLCUdIAIQc7+jILIawYmv/6X
892wMAoGCCqGSM49BAMCA0gAMEUCIEFyxlPFc8mSqoVema6wJ/d6YvOVo5trZbrx
HQOyEEKlAiEAoskMdyN+Pz29Z1f+yDWwrTUUw2jEuOblv2OmA2isB2k=
-----END CERTIFICATE-----
`;

/** For localhost, 127.0.0.1 and *.dingtalk.test. */
export const SERVER: ServerCertificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIB0zCCAXqgAwIBAgIBAzAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlkaW5nYnJp
ZGdlIHRlc3QgYXV0aG9yaXR5MCAXDTI1MDEwMTAwMDAwMFoYDzIxMjUwMTAxMDAw
MDAwWjAhMR8wHQYDVQQDDBZkaW5nYnJpZGdlIHRlc3Qgc2VydmVyMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEdaMlhubO5ySPH2kTHaQZKJh1jPcL0AdM0K4CjIKP
rI7IJaqA836pSDztErO6nF8YLw2jVhWWeMbk5RcFY5qgX6OBnTCBmjArBgNVHREE
JDAigglsb2NhbGhvc3SCDyouZGluZ3RhbGsudGVzdIcEfwAAATAJBgNVHRMEAjAA
MAsGA1UdDwQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNVHQ4EFgQUsgB8
E8wQJ2y86R+HeQ+9PFwY9YIwHwYDVR0jBBgwFoAU901xCbGD82A9+7Fof7SkagAj
0F4wCgYIKoZIzj0EAwIDRwAwRAIgZ9AEDVa+Zx40gPq1KEbtp1A0B/GDJawkn/yZ
M4STj5ACIDwEND2qernuLjtFnLTXc4mKkA3Xh3rmdvct/otZ6jEQ
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoZjq9M13+NbxmtrZ
gaB5PipX1MKnqe60wvBF90PULpOhRANCAAR1oyWG5s7nJI8faRMdpBkomHWM9wvQ
B0zQrgKMgo+sjsglqoDzfqlIPO0Ss7qcXxgvDaNWFZZ4xuTlFwVjmqBf
-----END PRIVATE KEY-----
`,
};
