import { runtime } from "#runtime";
import { createExtractor } from "../../../src/extract/extractor.ts";
import { confined } from "../../../src/extract/sandbox.ts";
import { KINDS, latinPdf } from "./_fixtures.ts";

/** Has a file read by a process that hangs, and has nothing else to do. */
const command = confined(runtime.name, new URL("./_misbehaving-child.ts", import.meta.url));
const { extractText } = createExtractor({
  runtime: runtime.name,
  command: { ...command, args: [...command.args, "hang"] },
});
void extractText(latinPdf(["x"]), KINDS.pdf, "x.pdf");
