import type { Effective } from "./model.ts";
import { isSecret, type Settled } from "./settle.ts";
import { dotted, type Path } from "./shape.ts";

/** Every key of one level, as people may see it. */
export function effectiveOf(settings: readonly Settled[], at: Path = []): Effective[] {
  return settings.map(({ path, output, origin }) => ({
    path: dotted([...at, ...path]),
    value: output !== undefined && isSecret(path) ? "***" : output,
    source: origin?.source ?? "default",
  }));
}
