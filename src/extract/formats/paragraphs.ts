import type { Collector } from "../collector.ts";
import { readXml } from "./xml.ts";

/**
 * The text of a Word part or a slide: a line per paragraph, `- ` before list items, table rows as
 * lines with ` | ` between the cells. What tracked changes deleted and field codes is left out.
 */
export function readParagraphs(bytes: Uint8Array | undefined, to: Collector): void {
  if (bytes === undefined) return;
  let inText = false;
  let inRun = false;
  /** An older drawing of what was already said in the newer one. */
  let fallbacks = 0;
  /** Cells so far in each open table row; tables may stand in cells. */
  const rows: number[] = [];
  readXml(bytes, {
    open(name) {
      if (name === "Fallback") fallbacks++;
      if (fallbacks > 0) return;
      if (name === "t") inText = true;
      else if (name === "r") inRun = true;
      else if (name === "br" || name === "cr") to.add("\n");
      // Elsewhere it is where a tab stops, not a tab.
      else if (name === "tab" && inRun) to.add("\t");
      else if (name === "noBreakHyphen") to.add("-");
      else if (name === "numPr") to.add("- ");
      else if (name === "tr") rows.push(0);
      else if (name === "tc" && rows.length > 0) {
        const cells = rows.pop() ?? 0;
        if (cells > 0) to.add("| ");
        rows.push(cells + 1);
      }
    },
    close(name) {
      if (name === "Fallback") fallbacks--;
      if (fallbacks > 0) return;
      if (name === "t") inText = false;
      else if (name === "r") inRun = false;
      else if (name === "p") to.add(rows.length > 0 ? " " : "\n");
      else if (name === "tr") {
        rows.pop();
        to.newLine();
      }
    },
    text(text) {
      if (inText && fallbacks === 0) to.add(text);
    },
    enough: () => to.full,
  });
}
