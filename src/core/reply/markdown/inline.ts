import type { Token, Tokens } from "marked";
import type { Inline } from "./dialect.ts";
import { escapedTag, isBlank } from "./escape.ts";
import { imageOf, linkOf } from "./links.ts";

interface Run extends Inline {
  /** DingTalk pairs marks more freely than markdown does, so those left over are escaped if there is a pair. */
  readonly stars: boolean;
  readonly underscores: boolean;
  /** Whether something that may be a tag came before. */
  angle: boolean;
}

const BREAK_TAG = /^<br\s*\/?>$/i;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const WORD = /[\p{L}\p{N}]/u;

/** Words as the dialect writes them; a newline stands for a line break. */
export function inline(tokens: readonly Token[], context: Inline): string {
  const only = tokens[0];
  const plain = tokens.length === 1 && only?.type === "text" ? only.raw : undefined;
  if (plain !== undefined && !/[<>*_&]/.test(plain)) return plain.replace(/[ \t]*\n[ \t]*/g, "\n");
  const source = tokens.map(({ raw }) => raw).join("");
  return written(tokens, {
    ...context,
    stars: source.indexOf("*") !== source.lastIndexOf("*"),
    underscores: source.indexOf("_") !== source.lastIndexOf("_"),
    angle: false,
  });
}

function written(tokens: readonly Token[], run: Run): string {
  const parts: string[] = [];
  let before = "";
  for (const [at, token] of tokens.entries()) {
    const part = writtenToken(token, before, tokens[at + 1]?.raw ?? "", run);
    parts.push(part);
    // Not of all that is written so far: that would copy it for each token.
    if (part !== "") before = part.slice(-2);
  }
  return parts.join("").replace(/[ \t]+\n/g, "\n");
}

/** One token; `before` and `next` are what stands around it. */
function writtenToken(token: Token, before: string, next: string, run: Run): string {
  const plain = run.dialect.kind === "plain";
  switch (token.type) {
    case "escape":
      return plain ? (token as Tokens.Escape).text : token.raw === "\\<" ? "&lt;" : token.raw;
    case "strong":
    case "em":
      return emphasis(before, token as Tokens.Strong | Tokens.Em, next, run);
    case "codespan":
      return codeOf((token as Tokens.Codespan).text, token.raw, plain);
    case "br":
      return "\n";
    case "del": {
      const inner = written((token as Tokens.Del).tokens, run);
      // One tilde stands for "from … to …" in Chinese.
      return token.raw.startsWith("~~") ? inner : `~${inner}~`;
    }
    case "link":
      return linkOf(token as Tokens.Link, written((token as Tokens.Link).tokens, run), run, (raw) =>
        textOf(raw, before, next, run),
      );
    case "image":
      return imageOf(token as Tokens.Image, run);
    case "html":
      run.angle = true;
      if (BREAK_TAG.test(token.raw)) return "\n";
      return plain ? token.raw : escapedTag(token.raw);
    case "formula":
      // A "less than" right before a letter would be a tag.
      return plain ? token.raw : token.raw.replace(/<(?=[a-z/!?])/gi, "&lt;");
    case "checkbox":
      return (token as Tokens.Checkbox).checked ? "☑ " : "☐ ";
    default:
      return textOf(token.raw, before, next, run);
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function decoded(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi,
    (all: string, ten?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
      const code = ten === undefined ? Number.parseInt(hex ?? "", 16) : Number(ten);
      return code > 0 && code < 0x11_00_00 ? String.fromCodePoint(code).toWellFormed() : all;
    },
  );
}

function textOf(raw: string, before: string, next: string, run: Run): string {
  const text = raw.replace(/[ \t]*\n[ \t]*/g, "\n");
  if (run.dialect.kind === "plain") return text.includes("&") ? decoded(text) : text;
  if (!/[<>*_]/.test(text)) return text;
  if (run.names.length === 0 || !text.includes("@")) return marksOf(text, before, next, run);
  const named = run.names.find((name) => text.includes(`@${name}`));
  if (named === undefined) return marksOf(text, before, next, run);
  const at = text.indexOf(`@${named}`);
  const end = at + named.length + 1;
  return `${marksOf(text.slice(0, at), before, "@", run)}${text.slice(at, end)}${textOf(text.slice(end), "x", next, run)}`;
}

function marksOf(text: string, before: string, next: string, run: Run): string {
  return text.replace(/[<>]|\*+|_+/g, (mark, at: number) => {
    if (mark === "<") {
      run.angle = true;
      return "&lt;";
    }
    if (mark === ">") return run.angle ? "&gt;" : mark;
    if (!(mark.startsWith("*") ? run.stars : run.underscores)) return mark;
    const previous = at > 0 ? text[at - 1] : before.at(-1);
    const following = text[at + mark.length] ?? next[0];
    if (mark.length === 1 && isBlank(previous) && isBlank(following)) return mark;
    return mark.replace(/./g, "\\$&");
  });
}

/**
 * Emphasis with marks that every renderer takes for marks: one pair for each line, and with a space
 * where a mark would stand between punctuation and a letter.
 */
function emphasis(
  before: string,
  token: Tokens.Strong | Tokens.Em,
  next: string,
  run: Run,
): string {
  const inner = written(token.tokens, run);
  const mark = token.type === "strong" ? "**" : "*";
  if (isIdentifier(token, before, next)) {
    const own = token.raw.slice(0, mark.length);
    const literal = run.dialect.kind === "plain" ? own : own.replace(/./g, "\\$&");
    return literal + inner + literal;
  }
  if (run.dialect.kind === "plain") return inner;
  const lines = inner.split("\n").map((line) => line.trim());
  const marked = lines.map((line) => (line === "" ? "" : mark + line + mark)).join("\n");
  const [first = ""] = lines;
  const last = lines.at(-1) ?? "";
  const gapBefore = PUNCTUATION.test(firstOf(first)) && WORD.test(lastOf(before)) ? " " : "";
  const gapAfter = PUNCTUATION.test(lastOf(last)) && WORD.test(firstOf(next)) ? " " : "";
  return gapBefore + marked + gapAfter;
}

/** `__init__`, `a*b*c`: marks between letters of a program's words are part of them. */
function isIdentifier(token: Tokens.Strong | Tokens.Em, before: string, next: string): boolean {
  const { text } = token;
  if (token.raw.startsWith("__")) return /^[A-Za-z]\w*$/.test(text);
  // "src/*.ts and lib/*.ts"
  if (token.type === "em" && (/^[./\\]|\/$/.test(text) || /[/\\]$/.test(before))) return true;
  const within = /[A-Za-z0-9)\]]$/.test(before) && /^[A-Za-z0-9([]/.test(next);
  return within && (token.type === "em" ? !/\s/.test(text) : /^(?:\w|\d+)$/.test(text));
}

const firstOf = (text: string) => String.fromCodePoint(text.codePointAt(0) ?? 32);
const lastOf = (text: string) => /[\s\S]$/u.exec(text.slice(-2))?.[0] ?? " ";

function codeOf(text: string, raw: string, plain: boolean): string {
  if (plain) return text;
  const mark = /^`+/.exec(raw)?.[0] ?? "`";
  // Three marks at the beginning of a line would be a block's.
  const needed = mark.length > 2 && !text.includes("`") ? "`" : mark;
  const padded = /^`|`$/.test(text) ? ` ${text} ` : text;
  return needed + padded + needed;
}
