import JSON5 from "json5";
import * as v from "valibot";
import { BlockSchema, problemsOf } from "./schema/message-schema.ts";
import type { Message } from "../message.ts";
import { attachmentIn, isUnusableMark } from "./attachments.ts";
import { BUTTON_DIRECTIVE, cardFor, readDirective } from "./buttons.ts";
import { codeSpans, piecesOf } from "../fences.ts";

/** A part of an answer: words as they were written, or another message. */
export type Segment =
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "message"; readonly message: Message };

/** Whether a code block with this behind its fence is a message written as JSON. */
export const isMessageBlock = (info: string) => /^dingtalk(?:\s|$)/i.test(info);

/**
 * Takes an answer apart, in order: a fenced block named "dingtalk" that holds one JSON object is a message,
 * a line with a `MEDIA:` mark or with the image of a local file is a file, and a directive that asks for
 * buttons is a card. What cannot be read stays in the words, and `onInvalid` is told why, without its
 * content; an unreadable directive vanishes.
 */
export function segmentsOf(answer: string, onInvalid: (reason: string) => void): Segment[] {
  const segments: Segment[] = [];
  let words: string[] = [];

  const takeWords = () => {
    const text = withoutBlankEdges(words.join("\n"));
    words = [];
    return text;
  };
  const say = (text: string) => {
    if (text !== "") segments.push({ kind: "words", text });
  };
  const add = (message: Message) => {
    say(takeWords());
    segments.push({ kind: "message", message });
  };

  const readDirectives = (text: string) => {
    const spans = codeSpans(text);
    let span = 0;
    let from = 0;
    let said = "";
    for (const { index, 0: directive } of text.matchAll(BUTTON_DIRECTIVE)) {
      while ((spans[span]?.[1] ?? Infinity) <= index) span++;
      if ((spans[span]?.[0] ?? Infinity) <= index) continue;
      said += text.slice(from, index);
      from = index + directive.length;
      const asked = readDirective(directive);
      if (asked === undefined) continue;
      words.push(said);
      said = "";
      const { words: before, card } = cardFor(asked, takeWords());
      words.push(before);
      add(card);
    }
    words.push(said + text.slice(from));
  };

  const readLines = (text: string) => {
    let lines: string[] = [];
    for (const line of text.split("\n")) {
      const attachment = attachmentIn(line);
      if (attachment === undefined) {
        if (isUnusableMark(line))
          onInvalid("MEDIA: expected an absolute path or an http(s) address");
        lines.push(line);
        continue;
      }
      if (lines.length > 0) readDirectives(lines.join("\n"));
      lines = [];
      add(attachment);
    }
    if (lines.length > 0) readDirectives(lines.join("\n"));
  };

  for (const { text, fence } of piecesOf(answer)) {
    if (fence === undefined) {
      readLines(text);
      continue;
    }
    const message = isMessageBlock(fence.info) ? readBlock(fence.body, onInvalid) : undefined;
    if (message === undefined) words.push(text);
    else add(message);
  }
  say(takeWords());
  return segments;
}

function readBlock(body: string, onInvalid: (reason: string) => void): Message | undefined {
  const json = parseJson5(body);
  if (json === undefined) {
    onInvalid("expected one JSON object");
    return undefined;
  }
  const parsed = v.safeParse(BlockSchema, json);
  if (parsed.success) return parsed.output;
  const problems = problemsOf(parsed.issues).map(({ path, reason }) =>
    path === "" ? reason : `${path}: ${reason}`,
  );
  onInvalid(problems.join("; "));
  return undefined;
}

/** Models like to leave commas at the end. Undefined for what is no JSON. */
function parseJson5(text: string): unknown {
  try {
    return JSON5.parse(text);
  } catch {
    return undefined;
  }
}

/** Without empty lines at the beginning, and without anything empty at the end. */
function withoutBlankEdges(text: string): string {
  const end = text.trimEnd();
  const first = end.length - end.trimStart().length;
  return end.slice(end.lastIndexOf("\n", first) + 1);
}
