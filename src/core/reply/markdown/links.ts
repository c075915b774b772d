import type { Tokens } from "marked";
import type { Inline } from "./dialect.ts";

export type Linked = Tokens.Link | Tokens.Image;

/** An address, a path, an anchor or a media id. */
const ADDRESS = /^(?:[a-z][a-z0-9+.-]*:|www\.|[/#.?@$])|^[^\s/]+\.[a-z]{2,}/i;

export const isAddress = (href: string): boolean => ADDRESS.test(href);

/** A link; `label` is its text as the dialect writes it, `text` writes what is no link after all. */
export function linkOf(
  token: Linked,
  label: string,
  { dialect, used }: Inline,
  text: (raw: string) => string,
): string {
  const plain = dialect.kind === "plain";
  if ("autolink" in token && token.autolink) {
    return plain ? token.text : bare(token.text);
  }
  const byReference = token.raw.endsWith("]");
  // "[^1]: Word" is a footnote, not an address.
  if (byReference && !isAddress(token.href)) return text(token.raw);
  if (byReference) used.add(token.href);
  // A footnote's mark is none in a link.
  const name = label
    .replace(/^\^/, "")
    .replace(/\s*\n\s*/g, " ")
    .trim();
  if (plain) return name === "" || name === token.href ? token.href : `${name} (${token.href})`;
  return `[${name === "" ? token.href : name}](${hrefOf(token.href)})`;
}

/** Marks in an address would be taken for emphasis; in a link of two halves they are not. */
function bare(address: string): string {
  const marks = address.match(/[*_]/g)?.length ?? 0;
  if (marks < 2 || !/^[a-z]+:/i.test(address)) return address;
  return `[${address.replace(/[*_[\]]/g, "\\$&")}](${hrefOf(address)})`;
}

export function imageOf(token: Linked, { dialect, used }: Inline): string {
  const byReference = token.raw.endsWith("]");
  if (byReference) used.add(token.href);
  const alt = token.text.replace(/[[\]\\\n]/g, " ").trim();
  if (dialect.kind !== "plain") return `![${alt}](${hrefOf(token.href)})`;
  return alt === "" ? token.href : `${alt} (${token.href})`;
}

/** Only what would end the link early is encoded: media ids and addresses stay as they are. */
function hrefOf(href: string): string {
  return href.replace(/[\s()<>]/g, (char) =>
    char === "(" ? "%28" : char === ")" ? "%29" : encodeURIComponent(char),
  );
}
