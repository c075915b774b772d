import { addCard } from "./card.ts";
import { arrayIn, firstText, nameIn, objectIn, type Fields } from "./fields.ts";
import type { Gathering } from "./gather.ts";
import { openableUrl } from "./links.ts";
import { addMedia } from "./media.ts";
import { addRecord } from "./record.ts";
import { addPieces, piecesOf, type Piece } from "./rich-text.ts";

const MAX_LINKS = 50;
const MAX_SAID_CHARS = 500;

type Read = (fields: Fields, into: Gathering) => void;

/** Undocumented ones are seen in connectors: robots' messages that a user forwards or quotes. */
const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["text", addText],
  ["reply", addText],
  ["picture", (fields, into) => addMedia("picture", fields, into)],
  ["image", (fields, into) => addMedia("picture", fields, into)],
  ["audio", (fields, into) => addMedia("audio", fields, into)],
  ["video", (fields, into) => addMedia("video", fields, into)],
  ["file", (fields, into) => addMedia("file", fields, into)],
  ["interactiveCard", addCard],
  ["chatRecord", addRecord],
  ["markdown", addMarkdown],
  ["actionCard", addActionCard],
]);

/**
 * What a message of a kind says, live or quoted. `keep` may take pieces out of a richText.
 * @see https://open.dingtalk.com/document/development/receive-message-1
 */
export function addSaid(
  msgtype: string,
  fields: Fields,
  into: Gathering,
  keep: (pieces: readonly Piece[]) => readonly Piece[] = (pieces) => pieces,
): void {
  if (msgtype === "richText") return addRichText(fields, into, keep);
  const read = READERS.get(msgtype);
  if (read !== undefined) return read(fields, into);
  const words = firstText(fields, msgtype, "fileName", "text", "content", "title");
  into.add({
    kind: "unknown",
    msgtype: nameIn(msgtype, 64) ?? "?",
    said: nameIn(words, MAX_SAID_CHARS),
  });
}

function addText(fields: Fields, into: Gathering): void {
  into.say(firstText(fields, "content", "text") ?? "");
}

function addRichText(
  fields: Fields,
  into: Gathering,
  keep: (pieces: readonly Piece[]) => readonly Piece[],
): void {
  const pieces = piecesOf(fields["richText"]);
  if (pieces.length > 0) return addPieces(keep(pieces), into);
  const words = firstText(fields, "content", "text");
  if (words === undefined) into.add({ kind: "unknown", msgtype: "richText" });
  else into.say(words);
}

/** The title of a markdown message is for lists and pushes: its text says it too. */
function addMarkdown(fields: Fields, into: Gathering): void {
  const words = firstText(fields, "content", "text", "title");
  if (words === undefined) into.add({ kind: "unknown", msgtype: "markdown" });
  else into.say(words);
}

function addActionCard(fields: Fields, into: Gathering): void {
  const title = firstText(fields, "title")?.trim();
  const text = firstText(fields, "text", "content")?.trim();
  const repeated = title === undefined || text?.includes(title) === true;
  const words = [repeated ? undefined : title, text].filter((each) => each !== undefined);
  const links = (arrayIn(fields["actionUrlItemList"], MAX_LINKS) ?? []).flatMap((item) => {
    const link = objectIn(item);
    const url = openableUrl(link?.["actionUrl"]);
    return url === undefined
      ? []
      : [{ kind: "link" as const, url, title: nameIn(link?.["title"]) }];
  });
  if (words.length + links.length === 0) into.add({ kind: "unknown", msgtype: "actionCard" });
  if (words.length > 0) into.say(words.join("\n\n"));
  for (const link of links) into.add(link);
}
