/** Names looked up for one answer. */
const NAMES = 40;
/** DingTalk's nicknames are shorter. */
const NAME_CHARS = 32;

/** Where a name may end: before anything that is no letter or digit, so that 张三 is not found in 张三丰. */
const NAME = /(?<![\w.%+-])@([\p{L}\p{N}][^\n@]{0,31})/gu;
const BOUNDARY = /[^\p{L}\p{N}·・.'’()（）\-_]+/gu;

const CLOSING = /[.'’)）\-_]+$/u;

/**
 * What may be meant by the "@name"s of a text: up to three words after each "@", since names of several
 * words exist. Mail addresses are none.
 */
export function namesIn(text: string): string[] {
  const names = new Set<string>();
  for (const [, rest = ""] of text.matchAll(NAME)) {
    if (names.size >= NAMES) break;
    const add = (name: string) => {
      names.add(name);
      // "(@Bob)", "ask @Bob."
      names.add(name.replace(CLOSING, ""));
    };
    let words = 0;
    for (const { index } of rest.matchAll(BOUNDARY)) {
      add(rest.slice(0, index));
      if (++words === 3) break;
    }
    if (words < 3) add(rest.trimEnd());
  }
  return [...names].filter((name) => name !== "" && name.length <= NAME_CHARS);
}
