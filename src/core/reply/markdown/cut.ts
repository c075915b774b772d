import type { Block } from "./block.ts";
import { cutLine } from "./cut-line.ts";
import type { Cutting } from "./dialect.ts";
import { costOf, fits, fullness, minus, plus, type Room } from "./measure.ts";

/** A guard at the beginning of a line may take this much. */
const GUARD: Room = { bytes: 6, chars: 6 };
/** Of the lines of code that fit, so many may be left for the next message if it then begins behind a blank line. */
const LEFT_FOR_BLANK = 0.4;

/**
 * A block in two: as much of it as fits into `room`, and the rest, which has the same fence or header.
 * Undefined if nothing worth it fits.
 */
export function cutBlock(
  block: Block,
  room: Room,
  cutting: Cutting,
): { readonly part: Block; readonly rest: Block } | undefined {
  const { dialect, forced } = cutting;
  const framed = block.kind === "code" || block.kind === "table";
  const prefix = framed ? "" : block.quote + " ".repeat(block.indent + block.marker.length);
  const newline = framed ? "\n" : dialect.lineBreak;
  const each = plus(costOf(newline + prefix), framed ? { bytes: 0, chars: 0 } : GUARD);
  const frame = costOf([...block.head, ...block.tail].map((line) => `${line}\n`).join(""));
  const inner = minus(room, frame);
  let used: Room = { bytes: 0, chars: 0 };
  let count = 0;
  for (const line of block.lines) {
    const grown = plus(plus(used, each), costOf(line.slice(0, inner.chars + 1)));
    if (!fits(grown, inner)) break;
    used = grown;
    count++;
  }
  if (count >= block.lines.length) count = block.lines.length - 1;
  const next = block.lines[count] ?? "";
  const left = minus(minus(inner, used), each);
  // A line that is too long for any message has to be cut somewhere; one that is not goes on whole.
  const full = count > 0 ? fullness(used, inner) : 0;
  const overlong = next.length > inner.chars / 2 || costOf(next).bytes > inner.bytes / 2;
  if (count === 0 || (full < 0.5 && overlong)) {
    if (framed && !forced && count === 0 && !overlong) return undefined;
    const halves = cutLine(next, left, !framed, cutting);
    if (halves !== undefined) {
      return {
        part: { ...block, lines: [...block.lines.slice(0, count), halves[0]] },
        rest: restOf(block, [halves[1], ...block.lines.slice(count + 1)]),
      };
    }
    if (count === 0) return undefined;
  }
  if (block.kind === "code") count = atBlankLine(block.lines, count);
  // The fence stands right below the code.
  let last = count;
  while (block.kind === "code" && last > 1 && block.lines[last - 1]?.trim() === "") last--;
  return {
    part: { ...block, lines: block.lines.slice(0, last) },
    rest: restOf(block, block.lines.slice(count)),
  };
}

function restOf(block: Block, lines: readonly string[]): Block {
  const { kind, indent, marker } = block;
  // The marker stands where the item begins; the rest is text of the item.
  return kind === "item" || kind === "heading"
    ? { ...block, kind: "text", marker: "", indent: indent + marker.length, lines }
    : { ...block, lines };
}

function atBlankLine(lines: readonly string[], count: number): number {
  for (let at = count; at > count * (1 - LEFT_FOR_BLANK); at--) {
    if (lines[at - 1]?.trim() === "") return at;
  }
  return count;
}
