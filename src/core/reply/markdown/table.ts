import type { Token, Tokens } from "marked";
import { padded, widthOf } from "./width.ts";

export type Tables = "keep" | "code" | "list";

/** A table's parts as lines: those above that are repeated where it goes on, and the rows. */
export interface TableLines {
  readonly head: readonly string[];
  readonly rows: readonly string[];
}

type Write = (tokens: readonly Token[]) => string;

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ").trim();

/** As markdown, one line for each row. */
export function asTable({ header, align, rows }: Tokens.Table, write: Write): TableLines {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const cellsOf = (cells: readonly Tokens.TableCell[]) =>
    row(cells.map(({ tokens }) => oneLine(write(tokens)).replaceAll("|", "\\|")));
  const marks = { left: ":---", center: ":---:", right: "---:" };
  return {
    head: [cellsOf(header), row(align.map((each) => (each === null ? "---" : marks[each])))],
    rows: rows.map(cellsOf),
  };
}

/** A column wider than this does not move the others: the line wraps on a phone anyway. */
const MAX_COLUMN = 40;

/** In columns, for a monospaced font. `write` gives words without markup. */
export function asColumns({ header, align, rows }: Tokens.Table, write: Write): TableLines {
  const texts = [header, ...rows].map((row) => row.map(({ tokens }) => oneLine(write(tokens))));
  const widths = header.map((_, column) =>
    Math.min(MAX_COLUMN, Math.max(3, ...texts.map((row) => widthOf(row[column] ?? "")))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => padded(text, widths[column] ?? 0, align[column] ?? "left"))
      .join("  ")
      .trimEnd();
  const [first = [], ...others] = texts;
  return {
    head: [line(first), widths.map((width) => "-".repeat(width)).join("  ")],
    rows: others.map(line),
  };
}

/** Each row as lines "header: value"; empty cells are left out. A table without rows shows its header. */
export function asItems({ header, rows }: Tokens.Table, write: Write): string[][] {
  const names = header.map(({ tokens }) => oneLine(write(tokens)));
  if (rows.length === 0) return [names.filter((name) => name !== "")];
  return rows.map((row) =>
    row.flatMap(({ tokens }, column) => {
      const value = oneLine(write(tokens));
      if (value === "") return [];
      const name = names[column] ?? "";
      return [name === "" ? value : `${name}: ${value}`];
    }),
  );
}
