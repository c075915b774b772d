import { arrayIn, firstText, nameIn, objectIn, textIn, type Fields } from "./fields.ts";
import type { Gathering } from "./gather.ts";
import { openableUrl } from "./links.ts";

const MAX_NODES = 2000;
const MAX_DEPTH = 6;

/**
 * An interactive card: a document or drive file that somebody shares (`biz_custom_action_url`), or,
 * quoted, a message of the robot's own, as a tree (`cardContent`; robots' markdown comes like this too).
 */
export function addCard(fields: Fields, into: Gathering): void {
  const url = openableUrl(fields["biz_custom_action_url"]);
  const blocks = arrayIn(fields["cardContent"], MAX_NODES) ?? [];
  const text = firstText(fields, "text", "content");
  const before = into.parts().length;
  if (url !== undefined) into.add({ kind: "link", url, title: nameIn(fields["title"]) });
  addBlocks(blocks, into);
  if (into.parts().length === before && text !== undefined) into.say(text);
  if (into.parts().length === before) into.add({ kind: "unknown", msgtype: "interactiveCard" });
}

/**
 * What is readable of the tree: texts joined as they stand, links among them, a blank line between
 * blocks. UNKNOWN nodes hold layout data and the card's source, other types nobody has seen yet.
 */
function addBlocks(blocks: readonly unknown[], into: Gathering): void {
  let nodesLeft = MAX_NODES;
  let said = "";

  const walk = (item: unknown, depth: number) => {
    const node = objectIn(item);
    if (node === undefined || nodesLeft-- <= 0 || depth > MAX_DEPTH) return;
    switch (node["elementType"]) {
      case "UNKNOWN":
        return;
      case "TEXT":
        return say(textValue(node["value"]), false);
      case "LINK":
        return say(openableUrl(node["value"]) ?? textIn(node["value"]) ?? "", true);
      case "IMAGE":
        said = "";
        // Its code is of a kind that the download interface refuses.
        return into.add({ kind: "unknown", msgtype: "picture" });
      default:
        for (const child of arrayIn(node["children"], MAX_NODES) ?? []) walk(child, depth + 1);
    }
  };

  /** An address must not run into the words around it. */
  let wasLink = false;
  const say = (words: string, isLink: boolean) => {
    const joint = (isLink || wasLink) && /\S$/.test(said) && /^\S/.test(words) ? " " : "";
    into.say(joint + words);
    said = words || said;
    wasLink = isLink;
  };

  blocks.forEach((block, at) => {
    if (at > 0 && said !== "") into.say("\n\n");
    said = "";
    walk(block, 0);
  });
}

function textValue(value: unknown): string {
  return typeof value === "string" ? value : "";
}
