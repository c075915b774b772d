import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { namesIn } from "../../../src/core/reply/names.ts";

describe("namesIn()", () => {
  test.each([
    ["@张三 请看一下", "张三"],
    ["好的，@张三，明天见", "张三"],
    ["谢谢@李四！", "李四"],
    ["ask @Ann about it", "Ann"],
    ["ask @Li Lei about it", "Li Lei"],
    ["(@bob)", "bob"],
    ["结束 @王五", "王五"],
    ["@O'Neil ok", "O'Neil"],
    ["@阿卜杜拉·买买提 好", "阿卜杜拉·买买提"],
  ])("%s: %s may be meant", (text, name) => {
    expect(namesIn(text)).toContain(name);
  });

  test("a name is not found in a longer one", () => {
    expect(namesIn("@张三丰 来了")).not.toContain("张三");
  });

  test.each(["mail bob@example.com", "no at", "@", "@ x", "a @\nb", ""])(
    "%j names nobody",
    (text) => {
      expect(namesIn(text)).toEqual([]);
    },
  );

  test("two people one after the other", () => {
    expect(namesIn("@张三 @李四 看看")).toEqual(expect.arrayContaining(["张三", "李四"]));
  });

  test("stays small whatever the text", () => {
    expect(namesIn("@a ".repeat(10_000)).length).toBeLessThan(50);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const name of namesIn(text)) expect(text).toContain(`@${name}`);
      }),
    );
  });
});
