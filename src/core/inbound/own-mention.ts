import { mentionedIn, mentionsRobot } from "./mentions.ts";
import type { Piece } from "./rich-text.ts";
import type { RobotMessage } from "./robot-message.ts";

/** "@name" and what parts it from the words after it. A longer name is none, but words that began with "@". */
const MENTION = /^\s*@[^\s@,，。!！?？:：;；、]{1,32}(?=[\s@,，。!！?？:：;；、]|$)[\s,，:：、]*/u;

/**
 * A group's richText without the robot's own "@name", which DingTalk leaves in (and cuts out of a plain
 * text). The callback does not say what the robot is called, so it must be told from where a mention
 * stands: words in front address the robot, since the message would not have come without a mention of
 * it. What may be a colleague's name stays: a robot that reads its own name loses nothing, one that does
 * not learn whom a message is about does.
 *
 * - A mention in front goes, unless another one follows at once and the robot is not the only one @-ed.
 * - A mention further back goes only if it is the only one and nobody but the robot is @-ed.
 * - Of a run that goes on after the name, only the name goes.
 */
export function withoutOwnMention(
  pieces: readonly Piece[],
  message: RobotMessage,
): readonly Piece[] {
  if (message.kind !== "group" || !mentionsRobot(message)) return pieces;
  const named = pieces.findIndex(
    (piece) => piece.kind === "at" && piece.id !== undefined && piece.id === message.chatbotUserId,
  );
  if (named >= 0) return pieces.toSpliced(named, 1);

  const spoken = pieces.flatMap((piece, at) =>
    (piece.kind === "run" || piece.kind === "at") && piece.text.trim() !== ""
      ? [{ at, ...piece, isMention: piece.kind === "at" || MENTION.test(piece.text) }]
      : [],
  );
  const mentions = spoken.filter(({ isMention }) => isMention);
  const [first, second] = spoken;
  const [mention] = mentions;
  // A mention with an id that is not the robot's is somebody else's.
  if (mention?.kind !== "run") return pieces;
  const alone = message.atUsers !== undefined && mentionedIn(message).length === 0;
  const rest = mention.text.replace(MENTION, "");
  const anotherFollows = rest === "" ? second?.isMention === true : rest.startsWith("@");
  const isOwn = mention === first ? alone || !anotherFollows : alone && mentions.length === 1;
  return isOwn ? pieces.toSpliced(mention.at, 1, { kind: "run", text: rest }) : pieces;
}
