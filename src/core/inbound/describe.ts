import { cutText } from "./cut.ts";
import type { LinkPart, MediaPart, Part, Quote, RecordPart } from "./model.ts";

/** What became of a picture, voice message, video or file, in words for the agent. */
export type NameOf = (part: MediaPart) => string;

const MAX_QUOTE_CHARS = 1200;
const MAX_QUOTES_CHARS = 3600;
const MAX_DEPTH = 3;

/** Placeholders: "[picture 1]", "[file 1: report.pdf]". Numbered per kind, from the first that is asked for. */
export function numberedNames(): NameOf {
  const counts = new Map<string, number>();
  return ({ media, name, recognition }) => {
    const count = (counts.get(media) ?? 0) + 1;
    counts.set(media, count);
    const more = recognition ?? name;
    return `[${media} ${count}${more === undefined ? "" : `: ${more}`}]`;
  };
}

/** A part as plain text. */
export function describePart(part: Part, nameOf: NameOf = numberedNames()): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "media":
      return nameOf(part);
    case "link":
      return linkText(part);
    case "record":
      return recordText(part);
    case "unknown": {
      const said = part.said === undefined ? "" : `: ${part.said}`;
      return `[${part.msgtype}, cannot be read${said}]`;
    }
  }
}

/**
 * What a message answers to, for the agent, as lines that begin with ">": the quoted message first,
 * what that one answered to below it, with one ">" more.
 */
export function describeQuote(quote: Quote, nameOf: NameOf = numberedNames()): string {
  const levels: string[] = [];
  let level: Quote | undefined = quote;
  for (let depth = 1; level !== undefined && depth <= MAX_DEPTH; depth++) {
    levels.push(levelText(level, ">".repeat(depth), nameOf));
    level = level.quote;
  }
  return cutText(levels.join("\n"), MAX_QUOTES_CHARS);
}

function levelText(quote: Quote, mark: string, nameOf: NameOf): string {
  const who = quote.fromRobot ? "you" : (quote.who ?? "someone");
  const said = quote.parts.map((part) => describePart(part, nameOf)).join("\n");
  const lines = cutText(said.trim() || "[the quoted message was not delivered]", MAX_QUOTE_CHARS);
  const marked = [`${who} wrote:`, ...lines.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)]
    .map((line) => (line.trim() === "" ? mark : `${mark} ${line}`))
    .join("\n");
  return cutText(marked, MAX_QUOTE_CHARS);
}

/** A link without a title is its address: that is one in markdown too, and shorter. */
function linkText({ url, title }: LinkPart): string {
  if (title === undefined) return url;
  // Round brackets would end a markdown link early, angle ones keep it together.
  const address = /[()]/.test(url) ? `<${url.replace(/[<>]/g, encodeURIComponent)}>` : url;
  return `[${title.replace(/[\\[\]]/g, String.raw`\$&`)}](${address})`;
}

function recordText({ title, summary, lines }: RecordPart): string {
  const head = title === "" ? "[forwarded chat]" : `[forwarded chat: ${title}]`;
  const body = lines.map(({ who, text }) => `${who}: ${text}`).join("\n");
  return [head, body || summary].filter((each) => each !== "").join("\n");
}
