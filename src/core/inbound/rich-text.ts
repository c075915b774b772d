import { arrayIn, firstText, idIn, nameIn, objectIn, type Fields } from "./fields.ts";
import type { Gathering } from "./gather.ts";
import { addMedia } from "./media.ts";
import type { Media } from "./model.ts";

/** A piece of a richText, live or quoted. */
export type Piece =
  | { readonly kind: "run"; readonly text: string }
  /** A mention that says so; those of real callbacks are runs that begin with "@". */
  | { readonly kind: "at"; readonly id: string | undefined; readonly text: string }
  | { readonly kind: "media"; readonly media: Media; readonly fields: Fields }
  | { readonly kind: "unknown"; readonly msgtype: string };

const MAX_PIECES = 5000;
const MAX_DEPTH = 4;
const MEDIA: ReadonlyMap<string, Media> = new Map([
  ["picture", "picture"],
  ["image", "picture"],
  ["audio", "audio"],
  ["video", "video"],
  ["file", "file"],
]);

/**
 * The pieces of `content.richText`. Live items say `{text}` or `{type, downloadCode}`, quoted ones
 * `{msgType, content}`; the types besides text and picture are seen in connectors only.
 * @see https://open.dingtalk.com/document/development/receive-message-1
 */
export function piecesOf(richText: unknown): readonly Piece[] {
  const pieces: Piece[] = [];
  const read = (items: unknown, depth: number) => {
    for (const item of arrayIn(items, MAX_PIECES) ?? []) {
      if (pieces.length >= MAX_PIECES) return;
      const fields = typeof item === "string" ? { text: item } : objectIn(item);
      if (fields === undefined) continue;
      const inner = ["children", "richText", "content"].find((name) => Array.isArray(fields[name]));
      if (fields["type"] !== "paragraph" || inner === undefined) pieces.push(...pieceOf(fields));
      else if (depth < MAX_DEPTH) {
        read(fields[inner], depth + 1);
        pieces.push({ kind: "run", text: "\n" });
      }
    }
  };
  read(richText, 0);
  return pieces;
}

function pieceOf(fields: Fields): Piece[] {
  const type = nameIn(fields["type"], 64) ?? nameIn(fields["msgType"], 64) ?? "";
  const words = blanksAndAll(fields["text"]) ?? blanksAndAll(fields["content"]);
  const media = MEDIA.get(type) ?? (type === "" && hasCode(fields) ? "picture" : undefined);
  if (media !== undefined) return [{ kind: "media", media, fields }];
  const skill = objectIn(fields["skillData"]);
  if (type === "skill" || skill !== undefined) {
    const name = nameIn(skill?.["displayName"]) ?? nameIn(skill?.["skillId"]) ?? words;
    return name === undefined ? [] : [{ kind: "run", text: `[${name}]` }];
  }
  switch (type) {
    case "at":
    case "mention": {
      const name = nameIn(fields["atName"]) ?? nameIn(fields["name"]) ?? nameIn(words);
      if (name === undefined) return [];
      const id = idIn(fields["atUserId"]) ?? idIn(fields["userId"]) ?? idIn(fields["dingtalkId"]);
      return [{ kind: "at", id, text: name.startsWith("@") ? name : `@${name}` }];
    }
    case "paragraph":
      return [{ kind: "run", text: `${words ?? ""}\n` }];
    default:
      if (words !== undefined) return [{ kind: "run", text: words }];
      return type === "" || type === "text" ? [] : [{ kind: "unknown", msgtype: type }];
  }
}

export function addPieces(pieces: readonly Piece[], into: Gathering): void {
  for (const piece of pieces) {
    if (piece.kind === "media") addMedia(piece.media, piece.fields, into);
    else if (piece.kind === "unknown") into.add(piece);
    else into.say(piece.text);
  }
}

function hasCode(fields: Fields): boolean {
  return firstText(fields, "downloadCode", "pictureDownloadCode") !== undefined;
}

/** Runs are joined as they are: a run of blanks keeps two words apart. */
function blanksAndAll(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
