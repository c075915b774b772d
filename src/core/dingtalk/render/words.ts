import type { Mention, Named, Words } from "../../message.ts";
import { codeSpans, outsideFences } from "../../fences.ts";

/** DingTalk's ids and names are much shorter; what is longer must not take the answer's place. */
const MAX_NAME_CHARS = 200;

/** Who is @-ed by a webhook's body, which must also say their `@id`. */
export interface AtField {
  readonly at?: { readonly atUserIds?: readonly string[]; readonly isAtAll?: true };
}

/**
 * The words with everybody @-ed who can be, for a webhook. Whoever has no id is only named.
 * @see https://open.dingtalk.com/document/development/custom-robots-send-group-messages
 */
export function addressedWords(words: Words): { readonly content: string } & AtField {
  const ids = new Set<string>();
  const texts = words.parts.map(({ text, mention, named = [] }) => {
    const id = idOf(mention);
    if (id !== undefined) ids.add(id);
    const said = withIds(text, named, (userId) => ids.add(userId));
    return greeting(nameOf(mention), words.format) + said;
  });
  const content = texts.join(separatorOf(words.format));
  const others = idsIn(words).filter((id) => !ids.has(id));
  return {
    content: [content, others.map((id) => `@${id}`).join(" ")]
      .filter((part) => part !== "")
      .join(gapOf(words.format)),
    ...atField([...ids, ...others], words.at?.all),
  };
}

/** The words for the OpenAPI, which can @ nobody: people are named only. */
export function namedWords(words: Words): {
  readonly content: string;
  /** Somebody besides the asker was to be @-ed. */
  readonly unmentioned: boolean;
} {
  let unmentioned = idsIn(words).length > 0 || words.at?.all === true;
  const texts = words.parts.map(({ text, mention, named = [] }) => {
    withIds(text, named, () => {
      unmentioned = true;
    });
    return greeting(nickOf(mention), words.format) + text;
  });
  return { content: texts.join(separatorOf(words.format)), unmentioned };
}

/** Markdown that begins with whom it is for, and the list that goes with it. */
export function addressedMarkdown(
  text: string,
  mention: Mention | undefined,
): { readonly content: string } & AtField {
  const id = idOf(mention);
  return {
    content: greeting(nameOf(mention), "markdown") + text,
    ...atField(id === undefined ? [] : [id]),
  };
}

export function namedMarkdown(text: string, mention: Mention | undefined): string {
  return greeting(nickOf(mention), "markdown") + text;
}

function atField(ids: readonly string[], all?: boolean): AtField {
  if (ids.length === 0 && all !== true) return {};
  return {
    at: {
      ...(ids.length === 0 ? {} : { atUserIds: ids }),
      ...(all === true ? { isAtAll: true } : {}),
    },
  };
}

// A markdown heading or list only counts as one at the start of a line.
const gapOf = (format: Words["format"]) => (format === "markdown" ? "\n\n" : " ");
const separatorOf = (format: Words["format"]) => (format === "markdown" ? "\n\n---\n\n" : "\n\n");

const greeting = (name: string | undefined, format: Words["format"]) =>
  name === undefined ? "" : `@${name}${gapOf(format)}`;

const idsIn = ({ at }: Words) => [
  ...new Set((at?.userIds ?? []).flatMap((userId) => usable(userId) ?? [])),
];

/** The text with "@userId" for each "@name" outside code, told one by one to `onMention`. */
function withIds(
  text: string,
  named: readonly Named[],
  onMention: (userId: string) => void,
): string {
  const ids = new Map(
    named.flatMap(({ name, userId }) => {
      const id = usable(userId);
      return name === "" || id === undefined ? [] : [[name, id] as const];
    }),
  );
  if (ids.size === 0 || !text.includes("@")) return text;
  const pattern = patternFor([...ids.keys()]);
  return outsideFences(text, (part) =>
    outsideSpans(part, (gap) =>
      gap.replace(pattern, (written: string, name: string) => {
        const id = ids.get(name);
        if (id === undefined) return written;
        onMention(id);
        return `@${id}`;
      }),
    ),
  );
}

/**
 * A name counts where nothing goes on behind it that could belong to a longer one (张三 in 张三丰), and
 * where its "@" is none of a mail or web address.
 */
function patternFor(names: readonly string[]): RegExp {
  const longestFirst = names.toSorted((one, other) => other.length - one.length);
  const written = longestFirst.map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(
    `(?<![\\w.%+/-])@(${written.join("|")})(?![\\p{L}\\p{M}\\p{N}_]|[·・.'’-][\\p{L}\\p{N}])`,
    "gu",
  );
}

function outsideSpans(text: string, change: (part: string) => string): string {
  let from = 0;
  let changed = "";
  for (const [start, end] of codeSpans(text)) {
    changed += change(text.slice(from, start)) + text.slice(start, end);
    from = end;
  }
  return changed + change(text.slice(from));
}

const idOf = (mention: Mention | undefined) => usable(mention?.userId);
/** How a webhook calls somebody: by their id, or by their name if they have none. */
const nameOf = (mention: Mention | undefined) =>
  mention?.userId === undefined ? nickOf(mention) : idOf(mention);
const nickOf = (mention: Mention | undefined) => usable(mention?.nick?.replace(/\s+/g, " "));

function usable(name: string | undefined): string | undefined {
  if (name === undefined || name.trim() === "" || name.length > MAX_NAME_CHARS) return undefined;
  return name.toWellFormed();
}
