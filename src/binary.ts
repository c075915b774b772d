import process from "node:process";
import { READ_FILE } from "./extract/sandbox.ts";
import { EMBEDDED } from "./service/embedded.ts";

/**
 * Where a compiled binary begins (test/build-binary.ts). It has no packages on disk to look files up
 * in: the build has `import.meta.resolve` replaced by this. And the process that reads one file people
 * sent is the same program once more.
 */
Object.assign(globalThis, {
  resolveEmbedded: (name: string) => new URL(`./${EMBEDDED[name]?.name}`, import.meta.url).href,
});

await (process.argv[2] === READ_FILE ? import("./extract/child-main.ts") : import("./main.ts"));
