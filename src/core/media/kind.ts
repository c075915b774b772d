import type { Kind } from "./model.ts";
import { signatureOf } from "./signatures.ts";
import { textKindOf } from "./text-kind.ts";
import { zipKindOf } from "./zip-kind.ts";

const UNKNOWN: Kind = { mime: "application/octet-stream", family: "binary", extension: "bin" };

/**
 * What a file is by its bytes. A name says nothing about what a program will find inside: DingTalk's own
 * links end in `.file`, and a `.png` may be a page that says "403". `name` only tells texts and the
 * members of one container format apart.
 */
export function kindOf(bytes: Uint8Array, name = ""): Kind {
  const extension = /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return (
    signatureOf(bytes, extension) ?? zipKindOf(bytes) ?? textKindOf(bytes, extension) ?? UNKNOWN
  );
}
