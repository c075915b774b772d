/** Files of packages that the program reads while it runs: how it asks for them, and where they lie. */
export const EMBEDDED: Readonly<Record<string, { readonly name: string; readonly in: string }>> = {
  "@embedpdf/pdfium/pdfium.wasm": { name: "pdfium.wasm", in: "@embedpdf/pdfium/dist" },
  // For the demo's page.
  marked: { name: "marked.esm.js", in: "marked/lib" },
};
