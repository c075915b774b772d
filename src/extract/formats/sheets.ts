import type { Collector } from "../collector.ts";
import { readDateStyles, dateOf } from "./sheet-dates.ts";
import { readXml } from "./xml.ts";
import type { Archive } from "./zip.ts";

/** Empty cells before a filled one that are shown as such; a sheet may place a cell in column 16384. */
const MAX_GAP = 20;

/** A workbook: each sheet's name, then a line per row that has something in it, cells between tabs. */
export function readSheets(
  archive: Archive,
  sheets: readonly { readonly name: string; readonly target: string }[],
  to: Collector,
): void {
  const shared = sharedStrings(archive.read("xl/sharedStrings.xml"));
  const isDate = readDateStyles(archive.read("xl/styles.xml"));
  for (const { name, target } of sheets) {
    if (to.full) return;
    const bytes = archive.read(target);
    if (bytes === undefined) continue;
    to.add(`\n--- ${name} ---\n`);
    readSheet(bytes, shared, isDate, to);
  }
}

function readSheet(
  bytes: Uint8Array,
  shared: readonly string[],
  isDate: (style: number) => boolean,
  to: Collector,
): void {
  let type = "";
  let style = 0;
  let value: string | undefined;
  let column = 0;
  let written = 0;
  readXml(bytes, {
    open(name, attributes) {
      if (name === "row") {
        column = 0;
        written = 0;
      } else if (name === "c") {
        type = attributes["t"] ?? "n";
        style = Number(attributes["s"] ?? 0);
        column = columnOf(attributes["r"]) ?? column + 1;
      } else if (name === "v" || name === "t") value = "";
    },
    text(text) {
      if (value !== undefined) value += text;
    },
    close(name) {
      if (name === "v" || name === "t") {
        const shown = cellText(value ?? "", type, isDate(style), shared);
        value = undefined;
        if (shown === "") return;
        to.add("\t".repeat(Math.min(Math.max(column - Math.max(written, 1), 0), MAX_GAP)));
        to.add(shown.replace(/\s+/g, " "));
        written = column;
      } else if (name === "row") to.newLine();
    },
    enough: () => to.full,
  });
}

function cellText(value: string, type: string, date: boolean, shared: readonly string[]): string {
  if (type === "s") return shared[Number(value)] ?? "";
  if (type === "b") return value === "1" ? "TRUE" : "FALSE";
  return type === "n" && date ? dateOf(Number(value)) : value;
}

/** `"C5"` → 3. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? "")?.[0];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

function sharedStrings(bytes: Uint8Array | undefined): string[] {
  const strings: string[] = [];
  if (bytes === undefined) return strings;
  let current = "";
  let inText = false;
  /** How a Japanese or Chinese word is read, beside the word itself. */
  let phonetic = false;
  readXml(bytes, {
    open(name) {
      if (name === "si") current = "";
      else if (name === "t") inText = true;
      else if (name === "rPh") phonetic = true;
    },
    text(text) {
      if (inText && !phonetic) current += text;
    },
    close(name) {
      if (name === "si") strings.push(current);
      else if (name === "t") inText = false;
      else if (name === "rPh") phonetic = false;
    },
  });
  return strings;
}
