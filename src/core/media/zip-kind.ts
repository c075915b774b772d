import { asciiAt, standsAt } from "./bytes.ts";
import type { Kind } from "./model.ts";

const document = (mime: string, extension: string): Kind => ({
  mime: `application/${mime}`,
  family: "document",
  extension,
});

const ZIP: Kind = { mime: "application/zip", family: "archive", extension: "zip" };
const OOXML = "vnd.openxmlformats-officedocument";

/** By a folder every such file has. */
const OFFICE: readonly (readonly [string, Kind])[] = [
  ["word/", document(`${OOXML}.wordprocessingml.document`, "docx")],
  ["xl/", document(`${OOXML}.spreadsheetml.sheet`, "xlsx")],
  ["ppt/", document(`${OOXML}.presentationml.presentation`, "pptx")],
];

/** Formats that name themselves in a first entry `mimetype`, stored as it is. */
const NAMED: ReadonlyMap<string, Kind> = new Map([
  ["application/vnd.oasis.opendocument.text", document("vnd.oasis.opendocument.text", "odt")],
  [
    "application/vnd.oasis.opendocument.spreadsheet",
    document("vnd.oasis.opendocument.spreadsheet", "ods"),
  ],
  [
    "application/vnd.oasis.opendocument.presentation",
    document("vnd.oasis.opendocument.presentation", "odp"),
  ],
  ["application/epub+zip", document("epub+zip", "epub")],
]);

const LOCAL = "PK\x03\x04";
const CENTRAL = "PK\x01\x02";
const END = "PK\x05\x06";
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
/** Enough to meet a document's own folder; an archive may have a million entries. */
const MAX_ENTRIES = 2000;

/**
 * ZIP, and the documents that are ZIP files inside, told apart by their entries' names.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipKindOf(bytes: Uint8Array): Kind | undefined {
  const end = endOf(bytes);
  if (!standsAt(bytes, 0, LOCAL)) return end === 0 ? ZIP : undefined;
  const named = NAMED.get(mimetypeOf(bytes));
  if (named !== undefined) return named;
  const names = namesOf(bytes, end);
  if (!names.includes("[Content_Types].xml")) return ZIP;
  return OFFICE.find(([folder]) => names.some((name) => name.startsWith(folder)))?.[1] ?? ZIP;
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Where the record is that ends a ZIP file, or -1. */
function endOf(bytes: Uint8Array): number {
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (standsAt(bytes, at, END)) return at;
  }
  return -1;
}

function mimetypeOf(bytes: Uint8Array): string {
  if (!standsAt(bytes, 30, "mimetype")) return "";
  const size = viewOf(bytes).getUint32(18, true);
  return size > 100 ? "" : asciiAt(bytes, 38 + viewOf(bytes).getUint16(28, true), size);
}

/** The names in the central directory. What is in a damaged file after the damage is left out. */
function namesOf(bytes: Uint8Array, end: number): string[] {
  const view = viewOf(bytes);
  const names: string[] = [];
  if (end === -1) return names;
  let at = view.getUint32(end + 16, true);
  while (names.length < MAX_ENTRIES && standsAt(bytes, at, CENTRAL) && at + 46 <= bytes.length) {
    const name = view.getUint16(at + 28, true);
    names.push(asciiAt(bytes, at + 46, Math.min(name, 200)));
    at += 46 + name + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}
