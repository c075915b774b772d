import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { UnwritableError, lonePath, patternPath, word } from "../../../src/service/escape.ts";
import { globbed, specified, words } from "./_systemd.ts";

const AWKWARD = [
  "/opt/ding bridge/src/main.ts",
  "/opt/100%/main.ts",
  "/opt/%h/main.ts",
  "/opt/$HOME/main.ts",
  "/opt/${HOME}/$$/main.ts",
  '/opt/"quoted"/main.ts',
  "/opt/it's/main.ts",
  "/opt/back\\slash/main.ts",
  "/opt/a;b #c/main.ts",
  "/opt/钉钉/main.ts",
  "/opt/*.d/[x]/what?",
  "",
];

describe("a path in a unit", () => {
  test.each(AWKWARD)("comes out as it went in: %s", (path) => {
    expect(words(word(path))).toEqual([path]);
    expect(specified(lonePath(path))).toBe(path);
    expect(globbed(specified(patternPath(path)))).toBe(path);
  });

  test("whatever it is, or it is refused", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 4 }), (texts) => {
        const holdsControl = texts.some((text) => /\p{Cc}/u.test(text));
        if (holdsControl) expect(() => texts.map(word)).toThrow(UnwritableError);
        else expect(words(texts.map(word).join(" "))).toEqual(texts);
      }),
    );
  });

  test("of several words each stays one", () => {
    expect(words(["/a b", "--config", "c d"].map(word).join(" "))).toEqual([
      "/a b",
      "--config",
      "c d",
    ]);
  });

  test.each(["/opt/x\nExecStartPre=/bin/evil", "/opt/x\r", "/opt/\t", "/opt/\u0085"])(
    "cannot begin a setting of its own: %j",
    (path) => {
      expect(() => word(path)).toThrow(UnwritableError);
      expect(() => lonePath(path)).toThrow(UnwritableError);
      expect(() => patternPath(path)).toThrow(UnwritableError);
    },
  );

  test.each(["/opt/blank ", "/opt/goes on\\"])(
    "whose end would get lost without quotes is refused: %j",
    (path) => {
      expect(() => lonePath(path)).toThrow(UnwritableError);
      expect(words(word(path))).toEqual([path]);
    },
  );
});
