import type { Collector } from "../collector.ts";
import { UnreadableError, type ExtractLimits } from "../types.ts";
import { readParagraphs } from "./paragraphs.ts";
import { readSheets } from "./sheets.ts";
import { readXml } from "./xml.ts";
import { openZip, type Archive } from "./zip.ts";

/** Word and its like keep a document that has a password, and every .doc and .xls, in this older container. */
const OLD_CONTAINER = [0xd0, 0xcf, 0x11, 0xe0];
const ENCRYPTED_PACKAGE = "EncryptedPackage";

/** docx, xlsx and pptx, told apart by where their main part lies. Throws UnreadableError. */
export function readOffice(
  bytes: Uint8Array,
  to: Collector,
  limits: Pick<ExtractLimits, "inflatedBytes" | "entries">,
): void {
  if (OLD_CONTAINER.every((byte, at) => bytes[at] === byte)) {
    throw new UnreadableError(namesEncryption(bytes) ? "encrypted" : "unsupported");
  }
  const archive = openZip(bytes, limits);
  // Not always word/document.xml: Word on the web writes document2.xml.
  const main = relationsOf(archive, "").find(({ type }) =>
    type.endsWith("/officeDocument"),
  )?.target;
  if (main === undefined) throw new UnreadableError("damaged");
  const folder = main.slice(0, main.indexOf("/") + 1);
  if (folder === "word/") {
    for (const part of [main, "word/footnotes.xml", "word/endnotes.xml"]) {
      if (!to.full) readParagraphs(archive.read(part), to);
    }
  } else if (folder === "ppt/") {
    for (const [at, part] of partsInOrder(archive, main, "sldId").entries()) {
      if (to.full) break;
      to.add(`\n--- ${at + 1} ---\n`);
      readParagraphs(archive.read(part.target), to);
    }
  } else if (folder === "xl/") {
    readSheets(archive, partsInOrder(archive, main, "sheet"), to);
  } else throw new UnreadableError("unsupported");
}

interface Relation {
  readonly id: string;
  readonly type: string;
  readonly target: string;
}

/** What a part points to, by full names inside the archive. `""` is the archive itself. */
function relationsOf(archive: Archive, part: string): Relation[] {
  const cut = part.lastIndexOf("/") + 1;
  const folder = part.slice(0, cut);
  const bytes = archive.read(`${folder}_rels/${part.slice(cut)}.rels`);
  const relations: Relation[] = [];
  if (bytes === undefined) return relations;
  readXml(bytes, {
    open(name, { Id = "", Type = "", Target = "" }) {
      if (name !== "Relationship") return;
      relations.push({
        id: Id,
        type: Type,
        target: Target.startsWith("/") ? Target.slice(1) : folder + Target,
      });
    },
    close: () => undefined,
    text: () => undefined,
  });
  return relations;
}

/** Slides or sheets in the order the main part lists them. */
function partsInOrder(
  archive: Archive,
  main: string,
  element: string,
): { readonly name: string; readonly target: string }[] {
  const targets = new Map(relationsOf(archive, main).map(({ id, target }) => [id, target]));
  const parts: { name: string; target: string }[] = [];
  const bytes = archive.read(main);
  if (bytes === undefined) throw new UnreadableError("damaged");
  readXml(bytes, {
    open(name, attributes) {
      if (name !== element) return;
      const target = targets.get(attributes["r:id"] ?? "");
      if (target !== undefined) parts.push({ name: attributes["name"] ?? "", target });
    },
    close: () => undefined,
    text: () => undefined,
  });
  return parts;
}

/** The container lists its streams by name, in UTF-16. */
function namesEncryption(bytes: Uint8Array): boolean {
  const name = Array.from(ENCRYPTED_PACKAGE, (char) => `${char}\0`).join("");
  return new TextDecoder("latin1").decode(bytes).includes(name);
}
