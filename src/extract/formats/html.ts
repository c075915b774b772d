import { Parser } from "htmlparser2";
import type { Collector } from "../collector.ts";
import { decodeText } from "../decode.ts";
import { UnreadableError } from "../types.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** What is in these is not text a reader of the page sees. */
const UNSEEN = words(
  "script style template noscript iframe object embed svg math canvas audio video select textarea",
);
const BLOCKS = words(
  "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody tfoot thead title tr ul",
);
const SPACED = words("blockquote h1 h2 h3 h4 h5 h6 ol p pre table title ul");

/** The parser keeps its open elements in a list it works on from the front: each costs time. */
const MAX_DEPTH = 5_000;
const CHUNK = 65_536;
/** What comes later in a page this long nobody gets to. */
const MAX_BYTES = 20_000_000;
/** Pages name their charset within the first 1024 bytes. */
const CHARSET = /charset\s{0,9}=\s{0,9}["']?([\w-]{2,40})/i;

/** A page's text as it reads: no tags, scripts or styles; a line per block; cells set apart by ` | `. */
export function readHtml(bytes: Uint8Array, to: Collector): void {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 1024));
  const cut = bytes.length > MAX_BYTES;
  const html = decodeText(bytes.subarray(0, MAX_BYTES), { cut, charset: CHARSET.exec(head)?.[1] });
  if (html === undefined) throw new UnreadableError("no text");
  if (cut) to.leaveRest();

  let depth = 0;
  let unseen = 0;
  let verbatim = 0;
  const parser = new Parser({
    onopentagname(name) {
      depth++;
      if (UNSEEN.has(name)) unseen++;
      if (unseen > 0) return;
      if (name === "pre") verbatim++;
      if (name === "br") to.add("\n");
      if (BLOCKS.has(name)) to.newLine();
      if (SPACED.has(name)) to.add("\n");
      if (name === "li") to.add("- ");
      if ((name === "td" || name === "th") && !to.afterLineEnd) to.add(" | ");
    },
    onclosetag(name) {
      depth--;
      if (UNSEEN.has(name)) unseen--;
      if (unseen > 0) return;
      if (name === "pre") verbatim--;
      if (BLOCKS.has(name)) to.newLine();
      if (SPACED.has(name)) to.add("\n");
    },
    ontext(text) {
      if (unseen > 0) return;
      if (verbatim > 0) return to.add(text);
      const flowing = text.replace(/[\t\n\f\r ]+/g, " ");
      to.add(to.afterBlank && flowing.startsWith(" ") ? flowing.slice(1) : flowing);
    },
  });
  const tooDeep = () => depth > MAX_DEPTH;
  for (let at = 0; at < html.length; at += CHUNK) {
    if (to.full) return;
    if (tooDeep()) return to.leaveRest();
    parser.write(html.slice(at, at + CHUNK));
  }
  parser.end();
}
