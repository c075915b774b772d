import { expect, test } from "bun:test";
import { qrOf } from "../../../src/onboard/ui.ts";

const URL = "https://open-dev.dingtalk.com/openapp/registration/openClaw?user_code=MUEU-DEKR-5TN3";

test("a QR code fits into a usual terminal, or is left out", () => {
  const rows = qrOf(URL, { isTTY: false, columns: 80 })?.split("\n") ?? [];
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.length).toBeLessThanOrEqual(24);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(qrOf(URL, { isTTY: true, columns: 20 })).toBeUndefined();
});

test("on a terminal its light parts are light whatever the colours are", () => {
  const rows = qrOf(URL, { isTTY: true, columns: 80 })?.split("\n") ?? [];
  expect(rows.every((row) => row.startsWith("\u001B[97;40m") && row.endsWith("\u001B[0m"))).toBe(
    true,
  );
});
