import { Parser } from "htmlparser2";

const CHUNK = 65_536;
/** No office document nests this deep; the parser's time grows with it. */
const MAX_DEPTH = 1_000;

export interface XmlHandlers {
  /** Names without their prefix; attributes with it, as written. */
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  close(name: string): void;
  text(text: string): void;
  /** Asked between chunks. */
  enough?(): boolean;
}

/**
 * Reads XML from front to back without building a tree. Entities a document declares itself are left
 * alone, so that they cannot multiply; broken XML is read as far as it makes sense.
 */
export function readXml(bytes: Uint8Array, handlers: XmlHandlers): void {
  let depth = 0;
  const local = (name: string) => name.slice(name.indexOf(":") + 1);
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth++;
        handlers.open(local(name), attributes);
      },
      onclosetag(name) {
        depth--;
        handlers.close(local(name));
      },
      ontext: (text) => handlers.text(text),
    },
    { xmlMode: true },
  );
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const decoder = new TextDecoder(utf16 ? "utf-16le" : "utf-8");
  for (let at = 0; at < bytes.length; at += CHUNK) {
    if (handlers.enough?.() === true || depth > MAX_DEPTH) return;
    parser.write(decoder.decode(bytes.subarray(at, at + CHUNK), { stream: true }));
  }
  parser.end();
}
