import { blockText, gapBetween, shiftAt, textBlock, type Block } from "./markdown/block.ts";
import { cutBlock } from "./markdown/cut.ts";
import type { Dialect } from "./markdown/dialect.ts";
import { costOf, fits, fullness, minus, NOTHING, plus, type Room } from "./markdown/measure.ts";

export interface Packing {
  readonly dialect: Dialect;
  /** Of the first text, and of each other one. */
  readonly first: Room;
  readonly others: Room;
  /** Names no cut goes through. */
  readonly names: readonly string[];
}

/** As full as this, a text may end before a heading, or at another place a reader would choose. */
const FULL_ENOUGH = { heading: 0.6, block: 0.4 };
/** Code and tables are kept whole at the price of an emptier message. */
const WHOLE_BLOCK = 0.2;
/** A line that only says what comes next stays with it. */
const LEAD_IN = /[:：](?:\*\*)?$/;
const LEAD_IN_CHARS = 200;

/** A block in a text, with what stands before it. */
interface Placed {
  readonly block: Block;
  readonly text: string;
  readonly shift: number;
  /** Of the text up to its end. */
  readonly used: Room;
}

/**
 * Texts that each fit their room, cut before a heading, else between blocks, else between lines, else
 * behind a sentence, else between two characters. Code and tables that are cut are whole in both texts.
 * Order stays, nothing is lost.
 */
export function packBlocks(blocks: readonly Block[], packing: Packing): string[] {
  const { dialect, names } = packing;
  const texts: string[] = [];
  // The next one is last.
  const waiting = blocks.toReversed();
  while (waiting.length > 0) {
    const room = texts.length === 0 ? packing.first : packing.others;
    const placed: Placed[] = [];
    let next = waiting.at(-1);
    while (next !== undefined) {
      const put = placeAfter(placed.at(-1), next, dialect, room);
      if (put === undefined) break;
      placed.push(put);
      waiting.pop();
      next = waiting.at(-1);
    }
    if (next !== undefined) {
      const end = endOf(placed, next, room, packing);
      const before = placed.at(-1);
      const left = minus(room, before === undefined ? NOTHING : plus(before.used, GAP));
      const forced = before === undefined;
      const cut = end.enough ? undefined : cutBlock(next, left, { dialect, names, forced });
      const part = cut && placeAfter(before, cut.part, dialect, room);
      if (cut !== undefined && part !== undefined) {
        placed.push(part);
        waiting[waiting.length - 1] = cut.rest;
      } else if (forced) {
        // A frame that leaves no room: what is in it counts.
        waiting.pop();
        waiting.push(...unframed(next, room).toReversed());
      } else {
        for (const { block } of placed.splice(end.count).toReversed()) waiting.push(block);
      }
    }
    const text = placed.map((each) => each.text).join("");
    if (text.trim() !== "") texts.push(text.trimEnd());
  }
  return texts;
}

const GAP: Room = { bytes: 60, chars: 40 };

function placeAfter(
  before: Placed | undefined,
  block: Block,
  dialect: Dialect,
  room: Room,
): Placed | undefined {
  const used = before?.used ?? NOTHING;
  // Not even written out if it is far too long.
  let chars = used.chars;
  for (const line of block.lines) {
    chars += line.length;
    if (chars > room.chars || chars > room.bytes) return undefined;
  }
  const shift = shiftAt(before?.block, before?.shift ?? 0, block);
  const gap = before === undefined ? "" : gapBetween(before.block, block);
  const text = gap + blockText(block, dialect, shift);
  const grown = plus(used, costOf(text));
  return fits(grown, room) ? { block, text, shift, used: grown } : undefined;
}

/** After how many blocks to end a text that `next` does not fit into. */
function endOf(
  placed: readonly Placed[],
  next: Block,
  room: Room,
  { dialect, others }: Packing,
): { readonly count: number; readonly enough: boolean } {
  let heading = 0;
  let block = 0;
  let line = 0;
  let any = 0;
  for (const [at, { block: above, used }] of placed.entries()) {
    const below = placed[at + 1]?.block ?? next;
    if (staysWithNext(above)) continue;
    any = at + 1;
    const full = fullness(used, room);
    if (full >= FULL_ENOUGH.heading && below.kind === "heading") heading = at + 1;
    if (full < FULL_ENOUGH.block) continue;
    line = at + 1;
    if (gapBetween(above, below) !== "\n") block = at + 1;
  }
  const count = heading || block || line;
  if (count > 0) return { count, enough: true };
  const last = placed[any - 1];
  const whole =
    (next.kind === "code" || next.kind === "table") &&
    last !== undefined &&
    fullness(last.used, room) >= WHOLE_BLOCK &&
    placeAfter(undefined, next, dialect, others) !== undefined;
  return { count: any || placed.length, enough: whole };
}

function staysWithNext({ kind, lines }: Block): boolean {
  if (kind === "heading") return true;
  const line = lines.at(-1) ?? "";
  return (kind === "text" || kind === "item") && line.length < LEAD_IN_CHARS && LEAD_IN.test(line);
}

/** In bits so short that each fits for certain. */
function unframed({ head, lines, tail, group }: Block, { bytes, chars }: Room): Block[] {
  const most = Math.max(1, Math.floor(Math.min(chars - 8, (bytes - 8) / 6)));
  const blocks: Block[] = [];
  for (const line of [...head, ...lines, ...tail]) {
    const points = Array.from(line);
    for (let at = 0; at < points.length; at += most)
      blocks.push(textBlock([points.slice(at, at + most).join("")], { group }));
  }
  return blocks;
}
