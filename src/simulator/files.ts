import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { sendFile, type Misbehaviour } from "./file-server.ts";
import type { SocketContext } from "./listen.ts";

export type { Misbehaviour } from "./file-server.ts";

export interface FileOptions extends Misbehaviour {
  readonly name?: string;
  readonly mime?: string;
}

export interface StoredFile extends FileOptions {
  readonly code: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A request for a file's bytes. */
export interface FileRequest {
  readonly time: number;
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long a signed address works, seconds. */
const LIFE_S = 600;
/** What object storage compares a signature with: a request that has more than was signed is refused. */
const UNSIGNED = ["content-type", "authorization", "x-acs-dingtalk-access-token"];

/**
 * What people have sent: a code leads to a signed address on this server, the address to the bytes.
 * @see https://help.aliyun.com/zh/oss/developer-reference/ddd-signatures-to-urls
 */
export function createFiles(baseUrl: () => string) {
  const files = new Map<string, StoredFile>();
  const signed = new Map<string, { readonly code: string; readonly expires: number }>();
  const requests: FileRequest[] = [];

  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get("/files/:object", (c) => {
    const link = signed.get(c.req.query("Signature") ?? "");
    const file = files.get(link?.code ?? "");
    const refused = (code: string) => {
      note(c, link?.code ?? "", 403);
      return refusal(code);
    };
    if (link === undefined || file === undefined) return refused("SignatureDoesNotMatch");
    if (UNSIGNED.some((name) => c.req.header(name) !== undefined))
      return refused("SignatureDoesNotMatch");
    if (Number(c.req.query("Expires")) !== link.expires) return refused("SignatureDoesNotMatch");
    if (link.expires * 1000 < Date.now()) return refused("AccessDenied");
    note(c, file.code, file.status ?? (file.redirectTo === undefined ? 200 : 302));
    sendFile(c.env.outgoing, file);
    return RESPONSE_ALREADY_SENT;
  });

  const note = (c: SocketContext, code: string, status: number) =>
    requests.push({ time: Date.now(), code, status, headers: c.req.header() });

  return {
    app,
    /** Every request for bytes, in order. */
    requests,
    /** Somebody has a file to send: resolves to the code a message names it by. */
    add(bytes: Uint8Array<ArrayBuffer>, options: FileOptions = {}): string {
      const code = `mIof${randomUUID().replaceAll("-", "")}==`;
      files.set(code, { ...options, code, bytes });
      return code;
    },
    find: (code: string) => files.get(code),
    /** A new address to fetch it from; undefined when the code leads to nothing, or no longer. */
    sign(code: string): string | undefined {
      const file = files.get(code);
      if (file === undefined || file.expired === true) return undefined;
      const expires = Math.floor(Date.now() / 1000) + LIFE_S;
      // Characters that must arrive encoded, as they are in real ones.
      const signature = `${randomUUID()}+/=`;
      signed.set(signature, { code, expires });
      const query = new URLSearchParams({ Expires: String(expires), Signature: signature });
      return `${baseUrl()}/files/${randomUUID()}.file?${query.toString()}`;
    },
  };
}

export type Files = ReturnType<typeof createFiles>;

function refusal(code: string): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
  return new Response(body, { status: 403, headers: { "content-type": "application/xml" } });
}
