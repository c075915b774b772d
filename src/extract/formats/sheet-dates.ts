import { readXml } from "./xml.ts";

/** Number formats every workbook has that show a date or a time, those of Chinese Excel among them. */
const BUILT_IN = [
  [14, 22],
  [27, 36],
  [45, 47],
  [50, 58],
] as const;
/** Day 0 of the calendar that begins in 1900, with the leap year Excel believes in. */
const EPOCH_MS = Date.UTC(1899, 11, 30);
const DAY_MS = 86_400_000;
/** 9999-12-31, the last day a workbook knows. */
const LAST_DAY = 2_958_465;

/** Workbooks keep a date as a number, and only the cell's style tells: says which styles are dates. */
export function readDateStyles(bytes: Uint8Array | undefined): (style: number) => boolean {
  const custom = new Set<number>();
  const styles: boolean[] = [];
  let inCells = false;
  if (bytes !== undefined) {
    readXml(bytes, {
      open(name, attributes) {
        const id = Number(attributes["numFmtId"] ?? 0);
        if (name === "cellXfs") inCells = true;
        else if (name === "numFmt" && showsDate(attributes["formatCode"] ?? "")) custom.add(id);
        else if (name === "xf" && inCells) {
          styles.push(custom.has(id) || BUILT_IN.some(([from, to]) => id >= from && id <= to));
        }
      },
      close(name) {
        if (name === "cellXfs") inCells = false;
      },
      text: () => undefined,
    });
  }
  return (style) => styles[style] ?? false;
}

function showsDate(format: string): boolean {
  // Without words in quotes, colours and locales in brackets, and escaped characters.
  return /[ymdhs]/i.test(format.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ""));
}

/** `45292` → `2024-01-01`, `45292.75` → `2024-01-01 18:00:00`, `0.75` → `18:00:00`. */
export function dateOf(days: number): string {
  if (!(days >= 0 && days <= LAST_DAY)) return String(days);
  const seconds = Math.round((days * DAY_MS) / 1000);
  const [date = "", time = ""] = new Date(EPOCH_MS + seconds * 1000).toISOString().split("T");
  const clock = time.slice(0, 8);
  if (days < 1) return clock;
  return clock === "00:00:00" ? date : `${date} ${clock}`;
}
