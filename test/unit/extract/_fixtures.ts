import { deflateRawSync } from "node:zlib";

/** Files as people send them, made here so that each test says what is in its file. */

export const KINDS = {
  txt: { mime: "text/plain", family: "text", extension: "txt" },
  md: { mime: "text/markdown", family: "text", extension: "md" },
  csv: { mime: "text/csv", family: "text", extension: "csv" },
  json: { mime: "application/json", family: "text", extension: "json" },
  html: { mime: "text/html", family: "text", extension: "html" },
  pdf: { mime: "application/pdf", family: "document", extension: "pdf" },
  docx: {
    mime: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    family: "document",
    extension: "docx",
  },
  xlsx: {
    mime: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    family: "document",
    extension: "xlsx",
  },
  pptx: {
    mime: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    family: "document",
    extension: "pptx",
  },
} as const;

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** "你好，世界" in GBK, which no runtime can encode. */
export const HELLO_GBK = Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3, 0xa3, 0xac, 0xca, 0xc0, 0xbd, 0xe7);

// --- pdf ---

export function pdf(objects: readonly string[], trailer = ""): Uint8Array {
  let out = "%PDF-1.7\n";
  const offsets = objects.map((object, at) => {
    const offset = out.length;
    out += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join("")}`;
  const start = out.length;
  out += `${table}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
  return latin1(out);
}

const stream = (content: string) =>
  `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
const page = (content: number) =>
  `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${content} 0 R >>`;

/** One page per text, each line of it a line on the page. */
export function latinPdf(pages: readonly string[], trailer = ""): Uint8Array {
  const kids = pages.map((_, at) => `${4 + 2 * at} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  for (const [at, text] of pages.entries()) {
    const lines = text.split("\n").map((line) => `(${line}) Tj 0 -20 Td`);
    objects.push(page(5 + 2 * at), stream(`BT /F1 12 Tf 72 720 Td ${lines.join(" ")} ET`));
  }
  return pdf(objects, trailer);
}

interface CjkFont {
  /** How the page's bytes are to be read: a CMap's name. */
  readonly encoding: string;
  /** The text on the page, in that encoding. */
  readonly hex: string;
  /** What the bytes mean in Unicode, where the font says so. */
  readonly toUnicode?: Readonly<Record<string, string>>;
}

/** One page in a Chinese font that is not embedded, as invoices and official documents have it. */
export function cjkPdf({ encoding, hex, toUnicode }: CjkFont): Uint8Array {
  const map = Object.entries(toUnicode ?? {}).map(([code, unicode]) => `<${code}> <${unicode}>`);
  const cmap = [
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def",
    "1 begincodespacerange <0000> <ffff> endcodespacerange",
    `${map.length} beginbfchar\n${map.join("\n")}\nendbfchar endcmap end end`,
  ].join("\n");
  const [ordering, reference] = toUnicode ? ["Identity", "/ToUnicode 8 0 R"] : ["GB1", ""];
  return pdf([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
    `<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /${encoding} /DescendantFonts [6 0 R] ${reference} >>`,
    page(5),
    stream(`BT /F1 12 Tf 72 720 Td <${hex}> Tj ET`),
    `<< /Type /Font /Subtype /CIDFontType2 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 2 >> /DW 1000 /FontDescriptor 7 0 R >>`,
    "<< /Type /FontDescriptor /FontName /SimSun /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 859 /Descent -140 /CapHeight 700 /StemV 80 >>",
    ...(toUnicode ? [stream(cmap)] : []),
  ]);
}

/** Says it is encrypted, with keys that fit no password. */
export const encryptedPdf = (): Uint8Array =>
  latinPdf(
    ["secret"],
    `/ID [<${"00".repeat(16)}> <${"00".repeat(16)}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${"11".repeat(32)}> /U <${"22".repeat(32)}> >>`,
  );

// --- zip ---

export interface ZipPart {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** What the directory claims, if not the truth. */
  readonly declared?: number;
  readonly flags?: number;
}

export function zip(parts: readonly ZipPart[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content, declared, flags = 0 } of parts) {
    const raw = typeof content === "string" ? utf8(content) : content;
    const packed = deflateRawSync(raw);
    const path = utf8(name);
    const sizes = [packed.length, declared ?? raw.length];
    const local = record(30, { 0: 0x04034b50, 18: sizes[0], 22: sizes[1] }, { 6: flags, 8: 8, 26: path.length }); // prettier-ignore
    const central = record(46, { 0: 0x02014b50, 20: sizes[0], 24: sizes[1], 42: offset }, { 8: flags, 10: 8, 28: path.length }); // prettier-ignore
    chunks.push(local, path, packed);
    directory.push(central, path);
    offset += local.length + path.length + packed.length;
  }
  const length = directory.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const count = Math.min(parts.length, 0xffff);
  const end = record(22, { 0: 0x06054b50, 12: length, 16: offset }, { 8: count, 10: count });
  return new Uint8Array(Buffer.concat([...chunks, ...directory, end]));
}

function record(
  length: number,
  words: Readonly<Record<number, number | undefined>>,
  halves: Readonly<Record<number, number>>,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(length));
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value ?? 0, true);
  for (const [at, value] of Object.entries(halves)) view.setUint16(Number(at), value, true);
  return new Uint8Array(view.buffer);
}

// --- office ---

const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

export function relations(targets: Readonly<Record<string, string>>): string {
  const list = Object.entries(targets).map(
    ([id, target]) =>
      `<Relationship Id="${id}" Type="${OFFICE}/${id === "main" ? "officeDocument" : "part"}" Target="${target}"/>`,
  );
  return `<?xml version="1.0"?><Relationships>${list.join("")}</Relationships>`;
}

const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;

/** `body`: XML of the document's body; plain texts become paragraphs. */
export function docx(body: string | readonly string[], part: Partial<ZipPart> = {}): Uint8Array {
  const xml = typeof body === "string" ? body : body.map(paragraph).join("");
  return zip([
    { name: "_rels/.rels", content: relations({ main: "word/document.xml" }) },
    {
      name: "word/document.xml",
      content: `<?xml version="1.0"?><w:document><w:body>${xml}</w:body></w:document>`,
      ...part,
    },
  ]);
}

export function pptx(slides: readonly string[]): Uint8Array {
  const ids = slides.map((_, at) => `r${at}`);
  return zip([
    { name: "_rels/.rels", content: relations({ main: "ppt/presentation.xml" }) },
    {
      name: "ppt/presentation.xml",
      content: `<p:presentation><p:sldIdLst>${ids.map((id) => `<p:sldId r:id="${id}"/>`).join("")}</p:sldIdLst></p:presentation>`,
    },
    {
      name: "ppt/_rels/presentation.xml.rels",
      // Numbered against their order, as after moving slides about.
      content: relations(
        Object.fromEntries(ids.map((id, at) => [id, `slides/slide${slides.length - at}.xml`])),
      ),
    },
    ...slides.map((text, at) => ({
      name: `ppt/slides/slide${slides.length - at}.xml`,
      content: `<p:sld><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:sld>`,
    })),
  ]);
}

/** `rows`: XML of the one sheet's rows. Style 1 is a date. */
export function xlsx(rows: string, strings: readonly string[] = []): Uint8Array {
  return zip([
    { name: "_rels/.rels", content: relations({ main: "xl/workbook.xml" }) },
    {
      name: "xl/workbook.xml",
      content: `<workbook><sheets><sheet name="预算" sheetId="1" r:id="r1"/></sheets></workbook>`,
    },
    { name: "xl/_rels/workbook.xml.rels", content: relations({ r1: "worksheets/sheet1.xml" }) },
    {
      name: "xl/sharedStrings.xml",
      content: `<sst>${strings.map((text) => `<si>${text}</si>`).join("")}</sst>`,
    },
    {
      name: "xl/styles.xml",
      content: `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy/m/d"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    },
    {
      name: "xl/worksheets/sheet1.xml",
      content: `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    },
  ]);
}
