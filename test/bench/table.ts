import type { RuntimeName } from "../support/runtimes.ts";

/** One line of a table: what it shows, and how to read that from what was measured. */
export type Row<T> = readonly [label: string, cell: (measured: T) => string];

export const verdict = (met: boolean) => (met ? "ok" : "below target");

/** The most there may be, and whether it was kept. */
export const atMost = (limit: number, figures: readonly (number | undefined)[]) =>
  figures.includes(undefined)
    ? "n/a"
    : `<= ${limit} ${verdict(figures.every((figure) => (figure ?? Infinity) <= limit))}`;

export const fixed = (figure: number | undefined, digits = 0) => figure?.toFixed(digits) ?? "n/a";

/** One column a runtime. */
export function tableOf<T extends { readonly runtime: RuntimeName }>(
  rows: readonly Row<T>[],
  measured: readonly T[],
): string {
  const lines = [
    ["", ...measured.map(({ runtime }) => runtime)],
    ...rows.map(([label, cell]) => [label].concat(measured.map(cell))),
  ];
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
