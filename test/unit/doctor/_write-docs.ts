import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { troubleshooting } from "../../../src/doctor/docs.ts";
import { ROOT } from "../../support/runtimes.ts";

// After a change of the texts: run this, then the formatter.
writeFileSync(join(ROOT, "docs/troubleshooting.md"), troubleshooting("en"));
writeFileSync(join(ROOT, "docs/troubleshooting.zh-CN.md"), troubleshooting("zh"));
