import { CARD } from "./dialect.ts";
import { layOut } from "./layout.ts";
import { packBlocks } from "../split.ts";
import type { Tables } from "./table.ts";

/** An answer in the markdown of AI cards, in pieces of at most `maxChars` characters; none for a blank one. */
export function cardTexts(
  text: string,
  { tables, maxChars }: { readonly tables: Tables; readonly maxChars: number },
): string[] {
  const said = text.toWellFormed();
  if (said.trim() === "") return [];
  const room = { bytes: Number.POSITIVE_INFINITY, chars: Math.max(40, maxChars) };
  const blocks = layOut(said, { dialect: CARD, tables, names: [] });
  return packBlocks(blocks, { dialect: CARD, first: room, others: room, names: [] });
}
