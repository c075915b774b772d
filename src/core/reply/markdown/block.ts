import type { Dialect } from "./dialect.ts";
import { guarded, guardedInside } from "./escape.ts";

/** What a message is laid out in: a paragraph, an item, a heading, a code block, a table. */
export interface Block {
  readonly kind: "heading" | "text" | "item" | "code" | "table" | "rule";
  /** Quote marks each line begins with, "> > ". */
  readonly quote: string;
  /** Spaces it is indented by, inside lists. */
  readonly indent: number;
  /** Before the first line: "- ", "## ". */
  readonly marker: string;
  readonly lines: readonly string[];
  /** Lines that are there again wherever the block goes on: a fence, a table's header. */
  readonly head: readonly string[];
  readonly tail: readonly string[];
  /** No blank line before it. */
  readonly tight: boolean;
  /** Blocks of one quote have the same. */
  readonly group: number;
  /** What stands between it and the block before it, if that is known already. */
  readonly gap?: string | undefined;
}

/** A paragraph that stands nowhere in particular, but for `more`. */
export const textBlock = (lines: readonly string[], more: Partial<Block> = {}): Block => ({
  kind: "text",
  quote: "",
  indent: 0,
  marker: "",
  lines,
  head: [],
  tail: [],
  tight: false,
  group: 0,
  ...more,
});

const isApart = ({ kind }: Block) => kind === "code" || kind === "table" || kind === "rule";

/** What stands between two blocks. */
export function gapBetween(before: Block, block: Block): string {
  if (block.gap !== undefined) return block.gap;
  const quoted = before.group === block.group;
  const shared = quoted && block.quote.startsWith(before.quote) ? before.quote : block.quote;
  const blank =
    quoted && shared !== "" && before.quote.startsWith(shared) ? `\n${shared.trimEnd()}\n` : "\n\n";
  if (isApart(before) || isApart(block) || block.kind === "heading") return blank;
  // Text right below an item, or an item right below text, would be taken for more of the same.
  const items = before.kind === "item" && block.kind === "item";
  return block.tight && items && quoted && before.quote === block.quote ? "\n" : blank;
}

/**
 * How far a block's indentation is taken back: with the list around it left behind, four spaces would
 * make a code block of it. `shift` is what applied to the block before.
 */
export function shiftAt(before: Block | undefined, shift: number, block: Block): number {
  const fresh = before === undefined || isApart(before) || before.quote !== block.quote;
  return fresh ? block.indent : Math.min(shift, block.indent);
}

/** The block as it stands in a message. */
export function blockText(block: Block, dialect: Dialect, shift: number): string {
  const { kind, head, lines, tail, quote, marker } = block;
  if (kind === "code" || kind === "table") return [...head, ...lines, ...tail].join("\n");
  const indent = " ".repeat(Math.max(0, block.indent - shift));
  const first = quote + indent + marker;
  const [only = ""] = lines;
  const verbatim = dialect.kind === "plain" || kind === "rule";
  const start = verbatim || kind === "heading" ? only : guarded(only);
  if (lines.length < 2) return (first + start).trimEnd();
  const rest = verbatim ? lines.slice(1) : lines.slice(1).map(guardedInside);
  // A break of the card's is no new line, so there is nothing to begin it with.
  const between =
    dialect.kind === "card"
      ? dialect.lineBreak
      : dialect.lineBreak + quote + indent + " ".repeat(marker.length);
  return first + [start, ...rest].join(between);
}
