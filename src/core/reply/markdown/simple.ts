import type { Token } from "marked";

const PLAIN = String.raw`(?:[^*_\`\\<[$~]|~(?!~)|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9]))+`;
const INSIDE = String.raw`[^*_\`\\<[\]$~\n]+`;

/**
 * Letters; bold; italics; code; a link. Bold words may stand right beside Chinese and may begin or end
 * with punctuation, where CommonMark would see none. Underscores between letters are letters.
 */
const WORDS = new RegExp(
  [
    `(${PLAIN})`,
    String.raw`\*\*(?=[^\s*])(${INSIDE})(?<!\s)\*\*(?!\*)`,
    String.raw`(?<![\w*])\*(?=[^\s*])(${INSIDE})(?<!\s)\*(?![\w*])`,
    "(?<!`)`([^`]+)`(?!`)",
    String.raw`(?<!!)\[(?=[^\s])(${INSIDE})(?<!\s)\]\((https?:\/\/[^\s()<>\\*]+)\)`,
  ].join("|"),
  "y",
);

/**
 * Words with nothing in them but these, as most are: a lexer takes ten times as long for them. Undefined
 * if there is anything else.
 */
export function simpleWords(src: string): Token[] | undefined {
  const tokens: Token[] = [];
  WORDS.lastIndex = 0;
  while (WORDS.lastIndex < src.length) {
    const match = WORDS.exec(src);
    if (match === null) return undefined;
    const [raw, plain, bold, italic, code, label, href] = match;
    if (plain !== undefined) {
      // An address goes on behind an underscore.
      if (plain.includes("_") && /:\/\/|www\.|@/.test(plain)) return undefined;
      tokens.push(textToken(raw));
    } else if (bold !== undefined) {
      tokens.push({ type: "strong", raw, text: bold, tokens: [textToken(bold)] });
    } else if (italic !== undefined) {
      tokens.push({ type: "em", raw, text: italic, tokens: [textToken(italic)] });
    } else if (code !== undefined) {
      tokens.push({ type: "codespan", raw, text: codeText(code) });
    } else if (label !== undefined && href !== undefined) {
      tokens.push({
        type: "link",
        raw,
        href,
        title: null,
        text: label,
        tokens: [textToken(label)],
      });
    }
  }
  return tokens;
}

const textToken = (raw: string): Token => ({ type: "text", raw, text: raw });

/** One space on both sides belongs to the marks. */
function codeText(code: string): string {
  const text = code.replaceAll("\n", " ");
  return /^ .*[^ ].* $/.test(text) ? text.slice(1, -1) : text;
}
