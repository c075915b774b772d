import { describe, expect, test } from "bun:test";
import { calledAs } from "../../../src/host/called.ts";

describe("calledAs()", () => {
  test("is the runtime with the tree's entry, where nothing has started it", () => {
    expect(calledAs("bun", {}, false)).toBe("bun src/main.ts");
    expect(calledAs("deno", {}, false)).toBe("deno run -A src/main.ts");
    expect(calledAs("node", {}, false)).toBe("node src/main.ts");
  });

  test("is what the launcher was called by", () => {
    const env = { DINGBRIDGE_CALLED: "npx dingbridge" };
    expect(calledAs("bun", env, false)).toBe("npx dingbridge");
  });

  test("is the program's own name, where it is one file", () => {
    expect(calledAs("bun", {}, true)).toBe("dingbridge");
  });
});
