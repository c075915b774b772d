import { describe, expect, test } from "bun:test";
import { EXIT, UserError } from "../../../src/host/exit.ts";
import { foreignStoreError, storeError } from "../../../src/host/store-error.ts";
import { LayoutError } from "../../../src/store/schema.ts";

const FILE = "/data/dingbridge.sqlite";
const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

describe("one trouble with the store, as the worker and who works beside it say it", () => {
  test.each<[error: Error, worker: string, exit: number, beside: string]>([
    [new Error("database is locked"), "in use by another process", EXIT.crash, "is busy"],
    [new Error("database or disk is full"), "the disk of /data is full", EXIT.crash, "is full"],
    [coded("ENOSPC", "ENOSPC: no space"), "the disk of /data is full", EXIT.crash, "is full"],
    [
      new Error("file is not a database\nat prepare()"),
      "is damaged or no database (file is not a database)",
      EXIT.configuration,
      "is damaged or no database (file is not a database)",
    ],
    [new LayoutError("layout 99"), "dataDir: layout 99", EXIT.configuration, `${FILE}: layout 99`],
    [coded("EACCES"), "cannot be used (EACCES)", EXIT.configuration, "as the user that runs"],
    [coded("ENOENT"), "cannot be used (ENOENT)", EXIT.configuration, `there is no ${FILE}`],
  ])("%s", (error, worker, exit, beside) => {
    const own = storeError(error, "/data", FILE);
    expect(own.message).toContain(worker);
    expect(own.exitCode).toBe(exit);
    const other = foreignStoreError(error, FILE);
    if (!(other instanceof UserError)) throw new Error("expected a UserError", { cause: other });
    expect(other.message).toContain(beside);
    expect(other.exitCode).toBe(EXIT.crash);
  });

  test("what the file has no part in comes back as it is, and so does what is said already", () => {
    for (const error of [new TypeError("x is undefined"), new UserError("no such disk", 2)]) {
      expect(foreignStoreError(error, FILE)).toBe(error);
    }
  });
});
