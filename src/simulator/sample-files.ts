import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chart, silence } from "./samples.ts";

/** Files on this machine that the echo sends, by path. */
export interface SampleFiles {
  readonly picture: string;
  readonly file: string;
  readonly sound: string;
}

/** Writes them into a folder, which is made if it is not there. */
export function writeSampleFiles(folder: string): SampleFiles {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  return {
    picture: write("chart.png", chart()),
    file: write("report.pdf", pdf("dingbridge: a sample report")),
    sound: write("voice.amr", silence(3000)),
  };
}

/**
 * A page with a line of text.
 * @see https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf annex H
 */
function pdf(line: string): Uint8Array {
  const page = `BT /F1 24 Tf 72 720 Td (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${page.length} >>\nstream\n${page}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join("")}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return new TextEncoder().encode(text + table + trailer);
}
