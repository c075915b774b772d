import type { Token, Tokens } from "marked";
import { textBlock, type Block } from "./block.ts";
import { PLAIN, type Dialect, type Inline } from "./dialect.ts";
import { escapedTag } from "./escape.ts";
import { inline } from "./inline.ts";
import { isAddress } from "./links.ts";
import { parse } from "./parse.ts";
import { asColumns, asItems, asTable, type Tables } from "./table.ts";

export interface Layout {
  readonly dialect: Dialect;
  readonly tables: Tables;
  /** Names that stay as they are written behind an "@". */
  readonly names: readonly string[];
}

/** Where a block stands. */
interface Place {
  readonly quote: string;
  readonly indent: number;
  readonly group: number;
  readonly tight: boolean;
  /** Of the items it is the first block of. */
  readonly marker: string;
  readonly inList: boolean;
}

const OUTSIDE: Place = {
  quote: "",
  indent: 0,
  group: 0,
  tight: false,
  marker: "",
  inList: false,
};

/** An answer as the blocks of a dialect, in order. */
export function layOut(text: string, layout: Layout): Block[] {
  const { dialect, tables } = layout;
  const context: Inline = { dialect, names: layout.names, used: new Set() };
  const markup = dialect.kind !== "plain";
  const blocks: Block[] = [];
  const definitions = new Map<Block, string>();
  let groups = 0;
  /** The number the last list ended with, for the rest of a list that was cut. */
  let lastNumber = 0;

  const add = (
    kind: Block["kind"],
    place: Place,
    lines: readonly string[],
    more?: Partial<Block>,
  ) => {
    const { quote, indent, marker, tight, group } = place;
    blocks.push(textBlock(lines, { kind, quote, indent, marker, tight, group, ...more }));
  };

  /** What stands outside of lists and quotes: a marker that waits for words goes before it, if it counts. */
  const addApart = (
    kind: "code" | "table" | "rule",
    place: Place,
    lines: readonly string[],
    more?: Partial<Block>,
  ) => {
    if (/\d/.test(place.marker)) add("item", place, [""]);
    add(kind, OUTSIDE, lines, more);
  };

  const words = (tokens: readonly Token[] | undefined) => {
    const said = inline(tokens ?? [], context);
    return said.includes("\n") ? said.split("\n").map((line) => line.trim()) : [said.trim()];
  };

  const addWords = (place: Place, lines: readonly string[]) => {
    const said = trimmed(lines);
    if (said.length > 0 || /\d/.test(place.marker)) {
      add(place.marker === "" ? "text" : "item", place, said.length > 0 ? said : [""]);
    }
  };

  const addCode = (place: Place, code: string, lang: string) => {
    if (code.trim() === "") return;
    const lines = code.replace(/\n$/, "").split("\n");
    const mark = fenceFor(code);
    const fence = { head: [mark + lang.replaceAll("`", "")], tail: [mark] };
    addApart("code", place, lines, markup ? fence : {});
  };

  /** As it is written: what looks like a list in it is none. */
  const addFormula = (text: string) => {
    const lines = text.split("\n").map((line) => line.trimEnd());
    if (!markup) {
      add("code", OUTSIDE, lines);
      return;
    }
    const shown = lines.map((line) => line.replace(/<(?=[a-z/!?])/gi, "&lt;"));
    add(
      "code",
      OUTSIDE,
      shown.map((line, at) => (at < lines.length - 1 ? `${line}  ` : line)),
    );
  };

  const addTable = (place: Place, table: Tokens.Table) => {
    const plainly = (tokens: readonly Token[]) => inline(tokens, { ...context, dialect: PLAIN });
    if (tables === "code") {
      const { head, rows } = asColumns(table, plainly);
      const mark = fenceFor([...head, ...rows].join("\n"));
      addApart("table", place, rows, markup ? { head: [mark, ...head], tail: [mark] } : { head });
    } else if (tables === "keep" && markup) {
      const { head, rows } = asTable(table, (tokens) => inline(tokens, context));
      addApart("table", place, rows, { head });
    } else {
      if (/\d/.test(place.marker)) add("item", place, [""]);
      const items = asItems(table, (tokens) => inline(tokens, context));
      for (const [at, lines] of items.entries()) {
        addWords({ ...place, marker: dialect.bullet, tight: at > 0 }, lines);
      }
    }
  };

  const addList = (list: Tokens.List, place: Place, joined: boolean) => {
    const first = list.start === "" ? 1 : list.start;
    // Items that all say "1." are counted from there, and so are those behind a cut.
    const start = joined && first <= lastNumber ? lastNumber + 1 : first;
    for (const [at, item] of list.items.entries()) {
      const number = list.ordered ? start + at : 0;
      if (list.ordered && !place.inList) lastNumber = number;
      const marker = markerOf(list.ordered, number, place.inList, dialect);
      const tight = !list.loose && (at > 0 || place.tight);
      const inside: Place = {
        ...place,
        inList: true,
        tight,
        marker: (at === 0 ? place.marker : "") + marker,
      };
      // The markers of items around it stand before the first only.
      const indent = place.indent + (at === 0 ? 0 : place.marker.length);
      addItem(item, { ...inside, indent });
    }
  };

  const addItem = (item: Tokens.ListItem, place: Place) => {
    // A number in brackets is part of the words.
    const indent = place.indent + place.marker.replace(/\(\d+\) /g, "").length;
    const size = blocks.length;
    const [box, ...others] = item.tokens;
    // A tight item's box stands before its words, a loose one's among them.
    const children = box?.type === "checkbox" ? withBox(box, others) : item.tokens;
    let begun = false;
    for (const token of children) {
      if (token.type === "space") continue;
      const below = { ...place, indent, marker: "", tight: !item.loose };
      addBlock(token, begun ? below : place, false);
      begun ||= blocks.length > size;
    }
    if (!begun) addWords(place, []);
  };

  const addBlock = (token: Token, place: Place, joined: boolean) => {
    const { tokens: below } = token as { tokens?: Token[] };
    switch (token.type) {
      case "space":
        break;
      case "heading": {
        const line = words(below).join(" ").trim();
        if (line === "") break;
        if (place.inList || place.quote !== "") {
          addWords(place, [markup && !line.includes("**") ? `**${line}**` : line]);
          break;
        }
        const depth = Math.min((token as Tokens.Heading).depth, dialect.headings);
        add("heading", { ...place, marker: markup ? `${"#".repeat(depth)} ` : "" }, [line]);
        break;
      }
      case "code":
        addCode(place, (token as Tokens.Code).text, (token as Tokens.Code).lang ?? "");
        break;
      case "table":
        addTable(place, token as Tokens.Table);
        break;
      case "hr":
        addApart("rule", place, [dialect.rule]);
        break;
      case "list":
        addList(token as Tokens.List, place, joined);
        break;
      case "blockquote": {
        // Out of the list: a quote inside one is more than DingTalk knows.
        if (/\d/.test(place.marker)) add("item", place, [""]);
        const group = place.group === 0 ? ++groups : place.group;
        const quote = markup ? `${place.quote}> ` : "";
        for (const each of (token as Tokens.Blockquote).tokens)
          addBlock(each, { ...OUTSIDE, quote, group }, false);
        break;
      }
      case "html":
        addWords(place, htmlLines(token.raw, markup));
        break;
      case "def": {
        const { href } = token as Tokens.Def;
        const before = blocks.length;
        addWords(place, [markup ? escapedTag(token.raw.trim()) : token.raw.trim()]);
        const block = blocks[before];
        if (block !== undefined && isAddress(href)) definitions.set(block, href);
        break;
      }
      default:
        addWords(place, words(below));
    }
  };

  for (const { piece, tokens } of parse(text)) {
    if (piece.kind === "code") addCode(OUTSIDE, piece.text, piece.lang);
    if (piece.kind === "math") addFormula(piece.text);
    for (const [at, token] of tokens.entries()) {
      const joined = piece.joined && at === 0;
      addBlock(token, { ...OUTSIDE, tight: joined && piece.tight }, joined);
    }
  }

  return blocks.filter((block) => !context.used.has(definitions.get(block) ?? "\n"));
}

function markerOf(ordered: boolean, number: number, inList: boolean, dialect: Dialect): string {
  if (!ordered) return dialect.bullet;
  return inList && !dialect.nestedNumbers ? `${dialect.bullet}(${number}) ` : `${number}. `;
}

function withBox(box: Token, others: readonly Token[]): Token[] {
  const [first, ...rest] = others;
  if (first?.type !== "text" && first?.type !== "paragraph") {
    return [{ type: "paragraph", raw: box.raw, text: box.raw, tokens: [box] }, ...others];
  }
  return [{ ...first, tokens: [box, ...(first.tokens ?? [])] }, ...rest];
}

/** Shown as it is written, but for line breaks. */
function htmlLines(raw: string, markup: boolean): string[] {
  return raw
    .replace(/<br\s*\/?>[ \t]*\n?/gi, "\n")
    .split("\n")
    .map((line) => (markup ? escapedTag(line.trim()) : line.trimEnd()));
}

/** A fence that nothing in the code ends. */
function fenceFor(code: string): string {
  const runs = code.match(/`{3,}/g) ?? [];
  return "`".repeat(Math.max(3, ...runs.slice(0, 1000).map(({ length }) => length + 1)));
}

function trimmed(lines: readonly string[]): readonly string[] {
  if (lines.length === 1) return lines[0] === "" ? [] : lines;
  return lines.filter((line, at) => line !== "" || (at > 0 && at < lines.length - 1));
}
