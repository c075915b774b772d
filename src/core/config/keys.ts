import { ConfigSchema } from "./schema.ts";

/** A valibot object, wrapped in `optional` or not. */
interface Entries {
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly wrapped?: unknown;
}

/** The dotted path of every key the schema knows. */
export function knownPaths(schema: unknown = ConfigSchema, prefix = ""): string[] {
  const { entries } = unwrapped(schema);
  return Object.entries(entries ?? {}).flatMap(([key, value]) =>
    unwrapped(value).entries === undefined
      ? [`${prefix}${key}`]
      : knownPaths(value, `${prefix}${key}.`),
  );
}

function unwrapped(schema: unknown): Entries {
  const { entries, wrapped } = schema as Entries;
  return entries === undefined && wrapped !== undefined ? unwrapped(wrapped) : (schema as Entries);
}

/** The known key someone most likely meant, or undefined if none is close. */
export function nearest(path: string, known: readonly string[]): string | undefined {
  const normal = (key: string) => key.replace(/[_\-.]/g, "").toLowerCase();
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(path.length / 3)) + 1;
  for (const key of known) {
    // The last part alone counts too: `pingIntervalMs` was meant to be `stream.pingIntervalMs`.
    const distance = Math.min(
      editDistance(normal(path), normal(key)),
      editDistance(normal(path), normal(key.slice(key.lastIndexOf(".") + 1))),
    );
    if (distance < least) [best, least] = [key, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
