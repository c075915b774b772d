import { describe, expect, test } from "bun:test";
import { readDocument } from "../../../src/extract/document.ts";
import { dateOf } from "../../../src/extract/formats/sheet-dates.ts";
import { openZip } from "../../../src/extract/formats/zip.ts";
import { DEFAULT_LIMITS, type Extracted } from "../../../src/extract/types.ts";
import * as make from "./_fixtures.ts";

const read = (format: "html" | "pdf" | "office", bytes: Uint8Array, limits = {}) =>
  readDocument(format, bytes, { ...DEFAULT_LIMITS, ...limits });
const text = (text: string, truncated = false): Extracted => ({ ok: true, text, truncated });
const no = (reason: string) => expect.objectContaining({ ok: false, reason });

describe("html", () => {
  const html = (source: string) => read("html", make.utf8(source));

  test("is the text as it reads, without tags, scripts and styles", async () => {
    const page = `<!doctype html><html><head><title>周报</title><style>p{}</style><script>alert("x")</script></head>
      <body><!-- no --><h1>一</h1><p>a  <b>b</b>\n c &amp; &#x4f60;</p><ul><li>x</li><li>y</li></ul>
      <table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table>
      <pre>  two\n  lines</pre>line<br>break<template>t</template><noscript>n</noscript></body></html>`;
    expect(await html(page)).toEqual(
      text("周报\n\n一\n\na b c & 你\n\n- x\n- y\n\nk | v\n1 | 2\n\n  two\n  lines\n\nline\nbreak"),
    );
  });

  test("is read in the charset the page names", async () => {
    const page = `<meta http-equiv="Content-Type" content="text/html; charset=big5"><p>`;
    const bytes = Uint8Array.of(...make.utf8(page), 0xa7, 0x41, 0xa6, 0x6e);
    expect(await read("html", bytes)).toEqual(text("你好"));
  });

  test("with nothing to read is no text", async () => {
    expect(await html("<script>let a</script><img src=x>")).toEqual(no("no text"));
  });

  // These would run into the test's limit if it took the square of their length.
  test("nested a million deep ends soon", async () => {
    expect(await html(`top${"<div>".repeat(1_000_000)}bottom`)).toEqual(text("top", true));
  });

  test("20 MB of tags, brackets and entities end soon", async () => {
    for (const piece of ["<", "<a ", "&", "<!--", "<script>", "</p>", "<p>x", '<a b="']) {
      await html(piece.repeat(2_500_000 / piece.length));
    }
  });
});

describe("pdf", () => {
  test("is the text of its pages", async () => {
    const bytes = make.latinPdf(["Hello\nworld", "Second page"]);
    expect(await read("pdf", bytes)).toEqual(text("Hello\nworld\n\nSecond page"));
  });

  test("joins a word cut at a line end by its hyphen", async () => {
    expect(await read("pdf", make.latinPdf(["exam-\nple"]))).toEqual(text("exam-ple"));
  });

  // Invoices and official documents name a font every Chinese system has, and leave it out.
  test.each([
    ["UniGB-UCS2-H", "4f60597d"],
    ["GBK-EUC-H", "c4e3bac3"],
  ])("reads Chinese whose font is not embedded (%s)", async (encoding, hex) => {
    expect(await read("pdf", make.cjkPdf({ encoding, hex }))).toEqual(text("你好"));
  });

  test("reads Chinese by the font's own table (ToUnicode)", async () => {
    const toUnicode = { "0001": "4f60", "0002": "597d" };
    const bytes = make.cjkPdf({ encoding: "Identity-H", hex: "00010002", toUnicode });
    expect(await read("pdf", bytes)).toEqual(text("你好"));
  });

  test("without text, as a scan, is no text", async () => {
    expect(await read("pdf", make.latinPdf([""]))).toEqual(no("no text"));
  });

  test("with a password is encrypted", async () => {
    expect(await read("pdf", make.encryptedPdf())).toEqual(no("encrypted"));
  });

  test("of 10 000 pages is read up to the limit", async () => {
    const pages = Array.from({ length: 10_000 }, (_, at) => `page ${at + 1}`);
    const read200 = await read("pdf", make.latinPdf(pages), { chars: 1_000_000 });
    expect(read200).toMatchObject({ ok: true, truncated: true });
    expect(read200.ok && read200.text.endsWith("page 200")).toBe(true);
  });

  test("cut off, or nothing but random bytes, is damaged", async () => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    for (const bytes of [
      random,
      Uint8Array.of(...make.utf8("%PDF-1.7\n"), ...random),
      make.utf8("%PDF-1.7"),
    ]) {
      expect(await read("pdf", bytes)).toEqual(no("damaged"));
    }
  });

  test("pages that contain themselves end", async () => {
    const bytes = make.pdf([
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 100000 >>",
    ]);
    expect((await read("pdf", bytes)).ok).toBe(false);
  });
});

describe("docx", () => {
  test("is a line per paragraph, a row per table row", async () => {
    const body = `<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c &lt;</w:t></w:r></w:p>
      <w:tbl><w:tr><w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
      <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>项</w:t></w:r></w:p>`;
    expect(await read("office", make.docx(body))).toEqual(text("a\tb\nc <\n1 | 2\n- 项"));
  });

  test("leaves out deleted text, field codes and the older drawing of a text box", async () => {
    const body = `<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText><w:t>kept</w:t></w:r>
      <mc:AlternateContent><mc:Choice><w:r><w:t>box</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>box</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>`;
    expect(await read("office", make.docx(body))).toEqual(text("keptbox"));
  });

  test("whose main part has another name is found by what points to it", async () => {
    const bytes = make.zip([
      { name: "_rels/.rels", content: make.relations({ main: "/word/document2.xml" }) },
      {
        name: "word/document2.xml",
        content: "<w:document><w:p><w:t>web</w:t></w:p></w:document>",
      },
    ]);
    expect(await read("office", bytes)).toEqual(text("web"));
  });

  test("with a password is encrypted, and an old .doc in its place unsupported", async () => {
    const old = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, ...new Uint8Array(600));
    const name = Array.from("EncryptedPackage", (char) => `${char}\0`).join("");
    expect(await read("office", old)).toEqual(no("unsupported"));
    expect(await read("office", Uint8Array.of(...old, ...make.utf8(name)))).toEqual(
      no("encrypted"),
    );
  });

  test("entities it declares itself do not multiply", async () => {
    const laughs = `<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><d><w:t>&b;</w:t></d>`;
    const bytes = make.docx("", { content: laughs });
    expect(await read("office", bytes)).toEqual(text("&b;"));
  });

  test("random bytes are damaged", async () => {
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    expect(await read("office", random)).toEqual(no("damaged"));
    expect(await read("office", Uint8Array.of(0x50, 0x4b, 3, 4, ...random))).toEqual(no("damaged"));
    expect(await read("office", make.docx(["a"]).subarray(0, 200))).toEqual(no("damaged"));
  });
});

describe("xlsx and pptx", () => {
  test("a sheet is a line per row, with dates as dates", async () => {
    const rows = `<row><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>数</t></is></c></row>
      <row><c r="A2" s="1"><v>45292</v></c><c r="D2"><v>1.5</v></c><c t="b"><v>1</v></c></row><row/>`;
    const strings = ["<t>日</t><t>期</t><rPh><t>riqi</t></rPh>"];
    expect(await read("office", make.xlsx(rows, strings))).toEqual(
      text("--- 预算 ---\n日期\t数\n2024-01-01\t\t\t1.5\tTRUE"),
    );
  });

  test("a cell far to the right does not fill the text with tabs", async () => {
    const bytes = make.xlsx(`<row><c r="XFD1"><v>7</v></c></row>`);
    expect(await read("office", bytes)).toEqual(text(`--- 预算 ---\n${"\t".repeat(20)}7`));
  });

  test("dates and times", () => {
    expect([45292, 45292.75, 0.75, -1, 1e9].map(dateOf)).toEqual([
      "2024-01-01",
      "2024-01-01 18:00:00",
      "18:00:00",
      "-1",
      "1000000000",
    ]);
  });

  test("slides come in the order they are shown", async () => {
    expect(await read("office", make.pptx(["first", "second"]))).toEqual(
      text("--- 1 ---\nfirst\n\n--- 2 ---\nsecond"),
    );
  });
});

describe("archives made to explode", () => {
  const zeros = new Uint8Array(60_000_000);
  const limits = { inflatedBytes: 50_000_000, entries: 2_000 };

  test("by what they declare", async () => {
    expect(await read("office", make.docx("", { content: zeros }))).toEqual(no("too large"));
  });

  test("and lie about it: stopped while unpacking", async () => {
    const bytes = make.docx("", { content: zeros, declared: 1_000 });
    expect(await read("office", bytes)).toEqual(no("too large"));
  });

  test("in many parts, which count together", () => {
    const part = new Uint8Array(9_000_000).map((_, at) => (at >> 6) * 31);
    const names = Array.from({ length: 7 }, (_, at) => `${at}.xml`);
    const archive = openZip(make.zip(names.map((name) => ({ name, content: part }))), limits);
    expect(() => names.map((name) => archive.read(name))).toThrow("too large");
  });

  test("too well packed, within the size", async () => {
    const bytes = make.docx("", { content: new Uint8Array(20_000_000) });
    expect(await read("office", bytes)).toEqual(no("too large"));
  });

  test("with more entries than a document has", async () => {
    const parts = Array.from({ length: 2_001 }, (_, at) => ({ name: `${at}`, content: "" }));
    expect(await read("office", make.zip(parts))).toEqual(no("too large"));
  });

  test("an archive in an archive stays closed", async () => {
    const inner = make.docx(["inner"]);
    const bytes = make.docx("", { content: inner });
    expect(await read("office", bytes)).toEqual(no("no text"));
  });

  test("directories that point anywhere are damaged, not followed", () => {
    const whole = make.docx(["a"]);
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      try {
        const archive = openZip(bytes, limits);
        archive.read("word/document.xml");
        archive.read("../../etc/passwd");
      } catch (error) {
        expect((error as Error).name).toBe("UnreadableError");
      }
    }
  });
});
