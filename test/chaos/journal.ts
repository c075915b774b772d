/** What happened, as the outside saw it. */
export interface Line {
  readonly at: number;
  readonly what: string;
  /** The messages it is about; none: it concerns all. */
  readonly tags: readonly string[];
}

export interface Violation {
  readonly what: string;
  readonly tag: string | undefined;
}

/** The story of a run, and what in it should not have been. */
export interface Journal {
  readonly startedAt: number;
  note(what: string, tags?: readonly string[]): void;
  violation(what: string, tag?: string): void;
  readonly violations: readonly Violation[];
  /** All that concerns one message. */
  timelineOf(tag: string): string;
  clock(at: number): string;
}

/** How long after a message's last line others are still of interest. */
const AFTER_MS = 3000;

export function createJournal(): Journal {
  const startedAt = Date.now();
  const lines: Line[] = [];
  const violations: Violation[] = [];
  const clock = (at: number) => `${((at - startedAt) / 1000).toFixed(3).padStart(9)}s`;

  const note = (what: string, tags: readonly string[] = []) =>
    void lines.push({ at: Date.now(), what, tags });

  return {
    startedAt,
    note,
    clock,
    violation(what, tag) {
      violations.push({ what, tag });
      note(`VIOLATION: ${what}`, tag === undefined ? [] : [tag]);
    },
    violations,
    timelineOf(tag) {
      const own = lines.filter(({ tags }) => tags.includes(tag));
      const from = own.at(0)?.at ?? Infinity;
      const to = (own.at(-1)?.at ?? 0) + AFTER_MS;
      return lines
        .filter(
          ({ at, tags }) => tags.includes(tag) || (tags.length === 0 && at >= from && at <= to),
        )
        .map(({ at, what, tags }) => `${clock(at)}  ${tags.includes(tag) ? "·" : "#"} ${what}`)
        .join("\n");
    },
  };
}
