import { Lexer, Marked, type MarkedExtension, type MarkedOptions } from "marked";

/**
 * Formulas, which stay as they are written: no mark in them is markup. A dollar sign opens one only
 * right before something and closes one only right behind something, so that prices are none. Bounded:
 * one that is never closed costs little.
 */
const FORMULA =
  /^(?:\$\$(?:[^$\\]|\\[\s\S]){1,600}?\$\$|\$(?![\s$])(?:[^$\\\n]|\\[^\n]){0,300}?(?<![\s\\])\$(?!\d)|\\\((?:[^\\]|\\(?!\))){1,300}?\\\)|\\\[(?:[^\\]|\\(?!\])){1,600}?\\\])/;

/**
 * Bold words right beside Chinese: "**注意：**请看". CommonMark sees none where the marks stand between
 * punctuation and a letter, which without spaces between words is often the case.
 */
const BOLD = /^\*\*(?=[^\s*])((?:[^*\\`]|\\[\s\S]|`[^`]*`)*?)(?<![\s\\])\*\*(?!\*)/;

/** An address with no space before the Chinese that follows it, which is not part of it. */
const ADDRESS =
  /^https?:\/\/[^\s<，。；：！？、（）【】《》「」“”‘’…]*[^\s<，。；：！？、（）【】《》「」“”‘’….,:;!?'")*_~](?=[*_~]*[，。；：！？、（）【】《》「」“”‘’…])/;

const extension: MarkedExtension = {
  extensions: [
    {
      name: "formula",
      level: "inline",
      start: (src) => {
        const at = src.indexOf("$");
        return at < 0 ? undefined : at;
      },
      tokenizer: (src) => {
        if (!src.startsWith("$") && !src.startsWith("\\")) return undefined;
        const raw = FORMULA.exec(src)?.[0];
        return raw === undefined ? undefined : { type: "formula", raw };
      },
    },
    {
      name: "bold",
      level: "inline",
      tokenizer(src) {
        if (!src.startsWith("**")) return undefined;
        const [raw, text] = BOLD.exec(src) ?? [];
        if (raw === undefined || text === undefined) return undefined;
        return { type: "strong", raw, text, tokens: this.lexer.inlineTokens(text) };
      },
    },
    {
      name: "address",
      level: "inline",
      tokenizer(src) {
        if (!src.startsWith("http") || this.lexer.state.inLink) return undefined;
        const raw = ADDRESS.exec(src)?.[0];
        if (raw === undefined) return undefined;
        return { type: "link", raw, text: raw, href: raw, autolink: true, tokens: [] };
      },
    },
  ],
};

const plain: MarkedOptions = { gfm: true };
const extended: MarkedOptions = new Marked({ gfm: true }, extension).defaults;

/** A lexer for blocks and common words, and one for words that need more. Both know the same links. */
export function lexers(): { readonly blocks: Lexer; readonly words: Lexer } {
  const blocks = new Lexer({ ...plain });
  const words = new Lexer({ ...extended });
  words.tokens.links = blocks.tokens.links;
  return { blocks, words };
}

/** Whether the common lexer would miss something. */
export const needsMore = (src: string): boolean =>
  src.includes("$") ||
  src.includes("\\(") ||
  src.includes("\\[") ||
  // oxlint-disable-next-line no-control-regex -- anything but ASCII
  ((src.includes("**") || src.includes("://")) && /[^\x00-\x7f]/.test(src));
