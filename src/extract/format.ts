import type { FileKind } from "./types.ts";

/** How a file is read: `office` is docx, xlsx or pptx; which of them, its content says. */
export type Format = "text" | "html" | "pdf" | "office";

const EXTENSIONS: Readonly<Record<Format, string>> = {
  pdf: "pdf",
  // "ole" is the container of a document with a password, whatever it is called.
  office: "docx docm dotx xlsx xlsm xltx pptx pptm ppsx potx ole",
  html: "html htm xhtml",
  text:
    "txt text md markdown mdx csv tsv json jsonl ndjson json5 jsonc yaml yml toml xml ini conf cfg env " +
    "properties log srt vtt tex rst adoc sql sh bash ps1 bat js mjs cjs ts mts cts jsx tsx py rb php pl " +
    "lua java kt scala go rs swift c h cc cpp hpp cs css scss less vue svelte graphql proto diff patch",
};
const BY_EXTENSION = new Map(
  (Object.entries(EXTENSIONS) as [Format, string][]).flatMap(([format, names]) =>
    names.split(" ").map((name) => [name, format] as const),
  ),
);

/** The extension counts more than the MIME type: that is often a guess from it, or a default. */
export function formatOf(kind: FileKind, name: string): Format | undefined {
  const extension = (kind.extension || /\.([^./\\]{1,12})$/.exec(name)?.[1] || "")
    .replace(/^\./, "")
    .toLowerCase();
  return BY_EXTENSION.get(extension) ?? formatOfMime(kind.mime.toLowerCase(), kind.family);
}

function formatOfMime(mime: string, family: string): Format | undefined {
  if (mime === "application/pdf") return "pdf";
  if (mime.startsWith("application/vnd.openxmlformats-officedocument.")) return "office";
  if (mime === "text/html" || mime === "application/xhtml+xml") return "html";
  if (mime.startsWith("text/") || /^application\/(?:.{1,60}\+)?(?:json|xml|yaml)$/.test(mime)) {
    return "text";
  }
  return family === "text" ? "text" : undefined;
}
