import process from "node:process";
import { readDocument } from "./document.ts";
import type { Request } from "./child.ts";

/**
 * The process a file is read in (child.ts starts it). Standard input: one line of JSON (`Request`),
 * then the file. Standard output: one line of JSON (`Extracted`).
 */
const { header, bytes } = await readInput();
// If the worker is gone without having ended this process, it ends itself.
setTimeout(() => process.exit(1), header.limits.timeoutMs + 1_000).unref();
const extracted = await readDocument(header.format, bytes, header.limits);
process.stdout.write(`${JSON.stringify(extracted)}\n`, () => process.exit(0));

async function readInput(): Promise<{ header: Request; bytes: Uint8Array }> {
  let header: Request | undefined;
  let bytes = new Uint8Array(0);
  let filled = 0;
  let before = "";
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    let rest = chunk;
    if (header === undefined) {
      const end = chunk.indexOf(10);
      before += new TextDecoder().decode(end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) continue;
      header = JSON.parse(before) as Request;
      bytes = new Uint8Array(header.bytes);
      rest = chunk.subarray(end + 1);
    }
    bytes.set(rest, filled);
    filled += rest.length;
  }
  if (header === undefined || filled !== bytes.length) process.exit(1);
  return { header, bytes };
}
