import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { init } from "@embedpdf/pdfium";
import type { Collector } from "../collector.ts";
import { UnreadableError, type ExtractFailure } from "../types.ts";

/** FPDF_GetLastError: 4 is a password, 5 a security scheme PDFium does not know. */
const REASONS: Readonly<Record<number, ExtractFailure>> = { 4: "encrypted", 5: "encrypted" };

/**
 * What PDFium puts for a hyphen at a line end; it leaves the line end out. Whether the hyphen belongs to
 * the word nobody can tell, and a part number without it would be another one.
 */
const LINE_HYPHEN = "\ufffe";

/** The part of Emscripten's module that is used; the package's types lean on a package it does not bring. */
interface Memory {
  readonly HEAPU8: Uint8Array;
  readonly wasmExports: { malloc(bytes: number): number; free(at: number): void };
}

/**
 * The text of a PDF's first pages, a blank line between two. PDFium runs in WebAssembly: it sees this
 * file's bytes and nothing else, whatever is wrong with them. It brings the tables for Chinese,
 * Japanese and Korean fonts that are not embedded, runs no scripts and loads nothing.
 * The process is for one file, so the file's copy is not given back.
 */
export async function readPdf(bytes: Uint8Array, to: Collector, pages: number): Promise<void> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve("@embedpdf/pdfium/pdfium.wasm")));
  const pdfium = await init({
    wasmBinary: new Uint8Array(wasm).buffer,
    // Standard output belongs to the answer.
    print: () => undefined,
    printErr: () => undefined,
  });
  pdfium.PDFiumExt_Init();
  const memory = pdfium.pdfium as unknown as Memory;
  const allocate = (size: number) => {
    const at = memory.wasmExports.malloc(size);
    if (at === 0) throw new UnreadableError("out of memory");
    return at;
  };

  const file = allocate(bytes.length);
  memory.HEAPU8.set(bytes, file);
  const document = pdfium.FPDF_LoadMemDocument(file, bytes.length, "");
  if (document === 0) throw new UnreadableError(REASONS[pdfium.FPDF_GetLastError()] ?? "damaged");

  const decoder = new TextDecoder("utf-16le", { ignoreBOM: true });
  const count = pdfium.FPDF_GetPageCount(document);
  if (count > pages) to.leaveRest();
  for (let at = 0; at < Math.min(count, pages) && !to.full; at++) {
    const page = pdfium.FPDF_LoadPage(document, at);
    if (page === 0) continue;
    const text = pdfium.FPDFText_LoadPage(page);
    const length = text === 0 ? 0 : pdfium.FPDFText_CountChars(text);
    if (length > 0) {
      // A character may take two units, and the text ends with a zero.
      const buffer = allocate(length * 4 + 2);
      const units = pdfium.FPDFText_GetText(text, 0, length, buffer);
      // Taken anew each time: the memory moves when it grows.
      const read = memory.HEAPU8.slice(buffer, buffer + Math.max(0, units - 1) * 2);
      to.add(decoder.decode(read).replaceAll(LINE_HYPHEN, "-") + "\n\n");
      memory.wasmExports.free(buffer);
    }
    if (text !== 0) pdfium.FPDFText_ClosePage(text);
    pdfium.FPDF_ClosePage(page);
  }
}
