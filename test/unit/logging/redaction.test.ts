import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { startLogging, type Logging } from "../../../src/logging.ts";
import { createFolder, createStream, removeFolders } from "./_streams.ts";

afterEach(removeFolders);

/** As secrets are, and with everything that is written differently in a URL or in JSON. */
const secrets = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("abcdefXYZ0189-_.~")),
      fc.constantFrom(...Array.from("/+=%&\"\\?#: é密😀'{}[],")),
    ),
    minLength: 8,
    maxLength: 40,
  })
  // Not a piece of what every line is made of.
  .map((text) => `q7${text}7q`);

const spellings: ((secret: string) => string)[] = [
  (secret) => secret,
  encodeURIComponent,
  encodeURI,
  (secret) => new URLSearchParams({ a: secret }).toString().slice(2),
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  (secret) => encodeURIComponent(encodeURIComponent(secret)),
  (secret) => encodeURIComponent(JSON.stringify(secret)),
];

const around = fc.string({ maxLength: 20 });

/** The secret in one of its spellings, with something around it. */
const holding = (secret: string) =>
  fc
    .tuple(around, fc.constantFrom(...spellings), around)
    .map(([before, spell, after]) => `${before}${spell(secret)}${after}`);

/** Any object, the secret somewhere in it: in a value, a name, an error, several times. */
const objectsWith = (secret: string) => {
  const leaf = fc.oneof(
    holding(secret),
    holding(secret).map((text) => new Error(text, { cause: text })),
    holding(secret).map((text) => new Map([[text, text]])),
    fc.constant(new TextEncoder().encode(secret)),
    fc.string(),
    fc.integer(),
    fc.constant(null),
  );
  const key = fc.oneof(fc.string({ maxLength: 10 }), holding(secret));
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
    ),
  }));
  return fc.dictionary(key, node, { minKeys: 1, maxKeys: 5 });
};

/** The secret cut in two, its halves next to each other: as name and value, in a list, in two fields. */
const splitUp = (secret: string) =>
  fc.integer({ min: 1, max: secret.length - 1 }).map((at) => {
    const [one, other] = [secret.slice(0, at), secret.slice(at)];
    return { [one]: other, list: [one, other], one, other, object: { [one]: { [other]: "" } } };
  });

const cases = secrets.chain((secret) =>
  fc.record({
    secret: fc.constant(secret),
    message: fc.oneof(fc.constant("said"), holding(secret)),
    fields: fc.oneof(objectsWith(secret), splitUp(secret)),
  }),
);

const fileOf = (folder: string) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");

describe("no line holds a secret, wherever it was", () => {
  test.each(["text", "json"] as const)("%s", (format) => {
    fc.assert(
      fc.property(cases, ({ secret, message, fields }) => {
        const { out, text } = createStream();
        const dir = createFolder();
        const log: Logging = startLogging("info", out, { format, dir, secrets: [secret] });
        log.info(message, fields);
        log.flush();
        const written = [text(), fileOf(dir)];
        for (const line of written) {
          expect(line.split("\n")).toHaveLength(2);
          for (const spell of spellings) expect(line).not.toContain(spell(secret));
        }
        expect(() => JSON.parse(written[1] ?? "")).not.toThrow();
        removeFolders();
        if (format === "json") expect(() => JSON.parse(written[0] ?? "")).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });
});
