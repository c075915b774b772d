import { JsonLexer, JsonObjectNode, JsonParser, JsonTokenType } from "@croct/json5-parser";
import JSON5 from "json5";
import { isTree } from "../core/config/aliases-tree.ts";
import type { Tree } from "../core/config/model.ts";

/** One key of a file. */
export interface Change {
  readonly path: readonly string[];
  readonly value: string | boolean;
}

export type Edited =
  | { readonly ok: true; readonly text: string; readonly isChanged: boolean }
  /**
   * `not-json5`: it cannot be read · `not-an-object`: something else stands at the top or on the way to a
   * key · `cannot-keep`: something besides these keys, like a comment, would not survive.
   */
  | { readonly ok: false; readonly reason: "not-json5" | "not-an-object" | "cannot-keep" };

/**
 * A JSON5 file's text with some keys changed, and everything else as it was: comments, order, quotes,
 * line ends. What comes out is read again and compared; an edit that lost anything is no edit.
 * @param text undefined: there is no file yet.
 */
export function edit(text: string | undefined, changes: readonly Change[]): Edited {
  if (text === undefined || text.trim() === "") {
    return { ok: true, text: written(changes), isChanged: true };
  }
  const before = parsed(text);
  if (before === undefined) return { ok: false, reason: "not-json5" };
  const wanted = applied(before.json, changes);
  if (wanted === undefined) return { ok: false, reason: "not-an-object" };
  if (same(before.json, wanted)) return { ok: true, text, isChanged: false };
  const bare = commentsIn(text);
  if (isTree(before.json) && Object.keys(before.json).length === 0 && bare?.length === 0) {
    return { ok: true, text: written(changes), isChanged: true };
  }
  const after = rewritten(text, changes);
  const isKept =
    after !== undefined &&
    bare !== undefined &&
    same(parsed(after)?.json, wanted) &&
    same(commentsIn(after), bare);
  return isKept ? { ok: true, text: after, isChanged: true } : { ok: false, reason: "cannot-keep" };
}

/** Whether a text in JSON5 holds comments. Undefined: it cannot be read. */
export function hasComments(text: string): boolean | undefined {
  const comments = commentsIn(text);
  return comments === undefined ? undefined : comments.length > 0;
}

/** The changes alone, as a file of their own. */
export function written(changes: readonly Change[]): string {
  return `${JSON.stringify(applied({}, changes), null, 2)}\n`;
}

function rewritten(text: string, changes: readonly Change[]): string | undefined {
  try {
    const strings = veil(text);
    const root = JsonParser.parse(strings.veiled, JsonObjectNode);
    for (const { path, value } of changes) {
      let at = root;
      for (const key of path.slice(0, -1)) {
        if (!at.has(key)) at.set(key, {});
        at = at.get(key, JsonObjectNode);
      }
      at.set(path.at(-1) ?? "", value);
    }
    const after = strings.unveil(root.toString());
    // New lines come with LF, whatever the others have.
    const isCrlf = text.includes("\r\n") && !/(?<!\r)\n/.test(text);
    return isCrlf ? after.replaceAll(/\r?\n/g, "\r\n") : after;
  } catch {
    return undefined;
  }
}

/**
 * The parser reads strings as JSON has them and refuses some that are JSON5, like 'a "b"' and "\x41". What
 * may be one of those gets a stand-in while the keys are changed.
 */
function veil(text: string) {
  let mark = "string";
  while (text.includes(mark)) mark += "-";
  const originals: string[] = [];
  const veiled = JsonLexer.tokenize(text)
    .map(({ type, value }) => {
      const isOdd = type === JsonTokenType.STRING && /\\|^'.*"/s.test(value);
      return isOdd ? `"${mark}${originals.push(value) - 1}"` : value;
    })
    .join("");
  const standIn = new RegExp(`"${mark}(\\d+)"`, "g");
  return {
    veiled,
    unveil: (changed: string) =>
      changed.replaceAll(standIn, (all, at: string) => originals[Number(at)] ?? all),
  };
}

function applied(json: unknown, changes: readonly Change[]): Tree | undefined {
  if (!isTree(json)) return undefined;
  const tree = structuredClone(json);
  for (const { path, value } of changes) {
    let at: Tree = tree;
    for (const key of path.slice(0, -1)) {
      if (!Object.hasOwn(at, key)) at[key] = {};
      const next = at[key];
      if (!isTree(next)) return undefined;
      at = next;
    }
    at[path.at(-1) ?? ""] = value;
  }
  return tree;
}

function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON5.parse(text) };
  } catch {
    return undefined;
  }
}

function commentsIn(text: string): readonly string[] | undefined {
  try {
    return JsonLexer.tokenize(text)
      .filter(
        ({ type }) => type === JsonTokenType.LINE_COMMENT || type === JsonTokenType.BLOCK_COMMENT,
      )
      .map(({ value }) => value);
  } catch {
    return undefined;
  }
}

/** By what they come to, with `Infinity` and `NaN` told from null: order of keys included. */
function same(a: unknown, b: unknown): boolean {
  return JSON5.stringify(a) === JSON5.stringify(b);
}
