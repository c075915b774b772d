import { arrayIn, firstText, nameIn, objectIn, type Fields } from "./fields.ts";
import type { Gathering } from "./gather.ts";
import type { RecordLine } from "./model.ts";

const MAX_LINES = 200;

/**
 * A forwarded chat. What real callbacks carry is the title and a summary; connectors have seen the lines
 * under three names, as an array or as its JSON text.
 */
export function addRecord(fields: Fields, into: Gathering): void {
  const title = nameIn(fields["title"]) ?? "";
  // An empty chat's summary is the text "[]".
  const words = firstText(fields, "summary")?.trim() ?? "[]";
  const summary = words === "[]" ? "" : into.take(words).toWellFormed();
  const lines = linesIn(fields, into);
  if (title === "" && summary === "" && lines.length === 0) {
    into.add({ kind: "unknown", msgtype: "chatRecord" });
  } else {
    into.add({ kind: "record", title, summary, lines });
  }
}

function linesIn(fields: Fields, into: Gathering): RecordLine[] {
  for (const name of ["chatRecord", "records", "messages"]) {
    const lines = (arrayIn(fields[name], MAX_LINES) ?? [])
      .map((item) => lineOf(item))
      .filter((line) => line !== undefined)
      .map(({ who, text }) => ({ who, text: into.take(text).toWellFormed() }))
      .filter(({ text }) => text !== "");
    if (lines.length > 0) return lines;
  }
  return [];
}

function lineOf(item: unknown): RecordLine | undefined {
  const fields = objectIn(item);
  if (fields === undefined) return undefined;
  const text = wordsOf(fields);
  if (text === undefined) return undefined;
  const who = nameIn(fields["senderName"]) ?? nameIn(fields["senderNick"]);
  return { who: who ?? nameIn(fields["sender"]) ?? "?", text };
}

function wordsOf(fields: Fields): string | undefined {
  for (const name of ["content", "message", "text"]) {
    const value = fields[name];
    const inner = objectIn(value);
    const words =
      inner === undefined ? firstText(fields, name) : firstText(inner, "text", "content");
    if (words !== undefined) return words.trim();
  }
  const kind = nameIn(fields["msgType"]) ?? nameIn(fields["msgtype"]);
  return kind === undefined ? undefined : `[${kind}]`;
}
