import { editDistance } from "../edit-distance.ts";
import { BLOCK, type Shape } from "./shape.ts";

/**
 * The dotted path of every key the schema knows, with "*" for a name that may be any: "groups.*.agentId".
 * What may stand under `accounts.<id>` is the same again and not repeated.
 */
export function knownPaths(shape: Shape = BLOCK, prefix = ""): string[] {
  if (shape.kind === "leaf") return [];
  const entries = shape.kind === "record" ? [["*", shape.of] as const] : [...shape.entries];
  return entries.flatMap(([key, inner]) =>
    inner.kind === "leaf" ? [`${prefix}${key}`] : knownPaths(inner, `${prefix}${key}.`),
  );
}

/** What somebody may have meant who wrote an unknown key: the same, with records by their own names. */
export function candidates(shape: Shape, prefix = ""): string[] {
  if (shape.kind !== "group") return [];
  return [...shape.entries].flatMap(([key, inner]) =>
    inner.kind === "group" ? candidates(inner, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
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
