import * as v from "valibot";

/** Values as files and environment variables write them. What they expect is in every complaint, never the value. */

export const text = (expected: string) =>
  v.pipe(
    v.string(`expected ${expected}`),
    v.trim(),
    v.minLength(1, `is empty: expected ${expected}`),
  );

export const integer = (expected: string, min: number, max: number) =>
  v.pipe(
    // A number from an environment variable is text.
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))],
      `expected ${expected}`,
    ),
    v.integer(`expected ${expected}`),
    v.minValue(min, `expected ${expected}`),
    v.maxValue(max, `expected ${expected}`),
  );

export const milliseconds = (min: number, max: number) =>
  integer(`a whole number of milliseconds from ${min} to ${max}`, min, max);

export const address = (expected: string) =>
  v.pipe(
    text(expected),
    v.check((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ""), `expected ${expected}`),
    v.check((url) => {
      const parsed = URL.parse(url);
      return parsed === null || (parsed.username === "" && parsed.password === "");
    }, "must not hold a user name or password"),
    v.check((url) => !/[?#]/.test(url), "must not hold a query or fragment"),
    v.transform((url) => url.replace(/\/+$/, "")),
  );

export const flag = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((word) => word === "true"),
    ),
  ],
  "expected true or false",
);

export const choice = <const T extends readonly string[]>(words: T) =>
  v.picklist(words, `expected ${words.map((word) => JSON.stringify(word)).join(" or ")}`);

export const id = (expected: string) =>
  v.pipe(
    // Some files hold numeric ids.
    v.union(
      [text(expected), v.pipe(v.number(), v.safeInteger(), v.transform(String))],
      `expected ${expected}`,
    ),
  );

/** A secret that travels in an HTTP header, so only what a header can hold. */
export const token = v.pipe(
  v.string('expected a string, "${ENV_NAME}" or {source: "env" | "file", …}'),
  v.trim(),
  v.regex(
    /^[\x21-\x7e]+$/,
    "expected visible ASCII characters only, without blanks and line breaks",
  ),
);

export const secret = v.pipe(
  v.string('expected a string, "${ENV_NAME}" or {source: "env" | "file", …}'),
  v.trim(),
  v.minLength(1, "is empty"),
);

export const agentId = v.pipe(
  id('an agent\'s id, like "main"'),
  v.regex(/^[^:/\s]+$/, 'expected an agent\'s id without blanks, ":" and "/", like "main"'),
);

/** Other bridges write a prefix before an id. */
const PREFIX = /^(?:dingtalk|dd|ding|user|group):/i;

export const ids = (expected: string) =>
  v.array(
    v.pipe(
      id(expected),
      v.transform((text) => text.replace(PREFIX, "")),
      v.minLength(1, `expected ${expected}`),
    ),
    `expected a list of ids: ${expected}`,
  );
