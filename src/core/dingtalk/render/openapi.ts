import type { ActionCard, Attachment, Message } from "../../message.ts";
import { jsonOf } from "./json.ts";
import { linkTo } from "./markdown.ts";
import { mediaIdOf, pictureOf } from "./source.ts";
import { namedMarkdown, namedWords } from "./words.ts";

/** What the OpenAPI's two ways to send have in common. */
export interface ApiPayload {
  readonly msgKey: string;
  /** JSON text. */
  readonly msgParam: string;
  /** What this way cannot carry: "at", "feedCard". */
  readonly leftOut: readonly string[];
}

/** The sampleActionCard templates end here. */
const MAX_BUTTONS = 5;

/**
 * The message for the OpenAPI. It can @ nobody; an asker is named instead, which is not counted as left
 * out. A feedCard becomes a list of links.
 * @see https://open.dingtalk.com/document/development/robot-message-type
 * @throws {TypeError} a file that has not been uploaded; a card's new state, which goes another way
 */
export function apiPayload(message: Message): ApiPayload {
  switch (message.format) {
    case "text": {
      const { content, unmentioned } = namedWords(message);
      return payload("sampleText", { content }, unmentioned ? ["at"] : []);
    }
    case "markdown": {
      const { content: text, unmentioned } = namedWords(message);
      return payload("sampleMarkdown", { title: message.title, text }, unmentioned ? ["at"] : []);
    }
    case "link": {
      const { title, text, url, picture = "" } = message;
      // DingTalk takes no link without a text, and the template's fields must all be there.
      return payload("sampleLink", {
        title,
        text: text || title,
        messageUrl: url,
        picUrl: picture,
      });
    }
    case "actionCard":
      return actionCard(message);
    case "feedCard": {
      const text = message.links.map((link) => `- ${linkTo(link)}`).join("\n");
      const title = message.links[0]?.title ?? "";
      return payload("sampleMarkdown", { title, text }, ["feedCard"]);
    }
    case "image":
      return payload("sampleImageMsg", { photoURL: pictureOf(message) });
    case "audio":
      return audio(message);
    case "video":
      return video(message);
    case "file":
      return file(message);
    case "card":
      throw new TypeError("a card is changed where it is, not sent");
  }
}

const payload = (
  msgKey: string,
  param: Readonly<Record<string, string>>,
  leftOut: readonly string[] = [],
): ApiPayload => ({ msgKey, msgParam: jsonOf(param), leftOut });

/** The nearest template: buttons it has no place for become links under the text. */
function actionCard(card: ActionCard): ApiPayload {
  const { title, orientation } = card;
  const buttons = card.buttons.slice(0, MAX_BUTTONS);
  const links = card.buttons.slice(MAX_BUTTONS).map(linkTo);
  const text = [namedMarkdown(card.text, card.mention), ...links].join("\n\n");
  const [first, second] = buttons;
  if (first !== undefined && second === undefined) {
    const single = { singleTitle: first.title, singleURL: first.url };
    return payload("sampleActionCard", { title, text, ...single });
  }
  const sideBySide = orientation === "horizontal" && buttons.length === 2;
  const [titleKey, urlKey] = sideBySide
    ? ["buttonTitle", "buttonUrl"]
    : ["actionTitle", "actionURL"];
  const fields = buttons.flatMap((button, at) => [
    [`${titleKey}${at + 1}`, button.title],
    [`${urlKey}${at + 1}`, button.url],
  ]);
  const msgKey = `sampleActionCard${sideBySide ? 6 : buttons.length}`;
  return payload(msgKey, { title, text, ...Object.fromEntries(fields) });
}

/** Without its length a recording goes as a file, which plays as well. */
function audio(message: Attachment): ApiPayload {
  if (message.durationMs === undefined) return file(message);
  const duration = String(Math.max(1, Math.round(message.durationMs)));
  return payload("sampleAudio", { mediaId: mediaIdOf(message.source), duration });
}

/** A video player needs a still picture, the length and MP4; without them it goes as a file. */
function video(message: Attachment): ApiPayload {
  const { source, cover, durationMs, name = "video.mp4" } = message;
  if (cover === undefined || !("mediaId" in cover) || durationMs === undefined) {
    return file(message);
  }
  if (extensionOf(name) !== "mp4") return file(message);
  return payload("sampleVideo", {
    videoMediaId: mediaIdOf(source),
    picMediaId: cover.mediaId,
    videoType: "mp4",
    // In seconds, unlike a recording's.
    duration: String(Math.max(1, Math.round(durationMs / 1000))),
  });
}

function file({ source, name = "file" }: Attachment): ApiPayload {
  const fileType = extensionOf(name) ?? "bin";
  return payload("sampleFile", { mediaId: mediaIdOf(source), fileName: name, fileType });
}

const extensionOf = (name: string) => /\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase();
