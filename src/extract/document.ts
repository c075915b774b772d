import { createCollector } from "./collector.ts";
import type { Format } from "./format.ts";
import { readHtml } from "./formats/html.ts";
import { readOffice } from "./formats/office.ts";
import { cutText, tidy } from "./tidy.ts";
import { UnreadableError, type Extracted, type ExtractLimits } from "./types.ts";

/**
 * Reads a document in this process: to be called in one that may be lost (child-main.ts), since the
 * file may hang it or fill its memory.
 */
export async function readDocument(
  format: Exclude<Format, "text">,
  bytes: Uint8Array,
  limits: ExtractLimits,
): Promise<Extracted> {
  const collector = createCollector(limits.chars);
  try {
    if (format === "html") readHtml(bytes, collector);
    else if (format === "office") readOffice(bytes, collector, limits);
    else {
      // PDFium takes 40 ms to load, so only where it is wanted.
      const { readPdf } = await import("./formats/pdf.ts");
      await readPdf(bytes, collector, limits.pages);
    }
  } catch (error) {
    if (error instanceof UnreadableError) return { ok: false, reason: error.reason };
    // A parser tripped over the file: nothing a healthy one makes it do.
    return { ok: false, reason: "damaged" };
  }
  const { text, truncated } = cutText(tidy(collector.text()), limits.chars);
  if (text === "") return { ok: false, reason: "no text" };
  return { ok: true, text, truncated: truncated || collector.partial };
}
