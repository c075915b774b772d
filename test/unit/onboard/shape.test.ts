import { expect, test } from "bun:test";
import { idProblem, secretProblem } from "../../../src/onboard/shape.ts";
import { TEXTS } from "../../../src/onboard/texts.ts";

test.each([
  ["dinge9fjs5bijaq65z3m", undefined],
  ["suitexyz12345", undefined],
  ["", "id-empty"],
  ["3312345678", "id-is-agent-id"],
  ["12345678-9abc-def0-1234-56789abcdef0", "id-is-app-id"],
  ["ding0123456789abcdef35c2f4657eb6378f", "id-is-corp-id"],
  ["GT-lsu_0123456789abcdefghijklmnopqrstuvwxyz", "id-is-secret"],
  ["ding 123", "id-odd"],
  ["应用", "id-odd"],
] as const)("the Client ID %j: %p", (id, problem) => {
  expect(idProblem(id)).toBe(problem);
});

test.each([
  ["GT-lsu_0123456789abcdef", undefined],
  ["", "secret-empty"],
  ["************", "secret-masked"],
  ["••••••••", "secret-masked"],
  ["dinge9fjs5bijaq65z3m", "secret-is-id"],
  ["two words here", "secret-odd"],
  ["short", "secret-odd"],
] as const)("the Client Secret %j: %p", (secret, problem) => {
  expect(secretProblem(secret, "dinge9fjs5bijaq65z3m")).toBe(problem);
});

test("both languages have words for the same things", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value;
  expect(shape(TEXTS.zh)).toEqual(shape(TEXTS.en));
});

test("the words for a refusal name what to look at", () => {
  for (const { robot } of Object.values(TEXTS)) {
    expect(robot.failures.configuration).toContain("Stream");
    expect(robot.failures.configuration).toContain("消息接收模式");
    expect(robot.failures.credentials).toContain("IP");
    expect(robot.failures.unavailable).toContain("api.dingtalk.com:443");
  }
});
