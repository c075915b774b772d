/** Tidying shortens a text, so a reader gathers more than will be handed out. */
const SURPLUS = 4;

/** Gathers text until there is enough of it. */
export interface Collector {
  add(text: string): void;
  /** A line end, unless the line is still empty. */
  newLine(): void;
  /** Nothing more is taken: a reader stops. */
  readonly full: boolean;
  /** A reader stopped for another reason, with more to come. */
  leaveRest(): void;
  /** Not all of the file's text is here. */
  readonly partial: boolean;
  /** Where the text stands: `true` after a blank, a line end, or at the start. */
  readonly afterBlank: boolean;
  readonly afterLineEnd: boolean;
  text(): string;
}

/** `chars`: how much will be handed out in the end. */
export function createCollector(chars: number): Collector {
  const parts: string[] = [];
  let room = chars * SURPLUS;
  let last = "\n";
  let rest = false;
  const collector: Collector = {
    add(text) {
      if (text === "" || room <= 0) return;
      const part = text.length > room ? text.slice(0, room) : text;
      parts.push(part);
      room -= part.length;
      last = part.at(-1) ?? last;
    },
    newLine() {
      if (last !== "\n") collector.add("\n");
    },
    get full() {
      return room <= 0;
    },
    leaveRest() {
      rest = true;
    },
    get partial() {
      return rest || room <= 0;
    },
    get afterBlank() {
      return last === " " || last === "\t" || last === "\n";
    },
    get afterLineEnd() {
      return last === "\n";
    },
    text: () => parts.join(""),
  };
  return collector;
}
