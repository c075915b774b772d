import type { ActionCard, Message } from "../../message.ts";
import { jsonOf } from "./json.ts";
import { imageOf } from "./markdown.ts";
import { pictureOf } from "./source.ts";
import { addressedMarkdown, addressedWords } from "./words.ts";

/**
 * The body for a session webhook, as JSON text; undefined for what a webhook cannot carry: files, sound,
 * video, and a card's new state. Of link and feedCard nobody can be @-ed.
 * @see https://open.dingtalk.com/document/development/robot-message-type
 * @throws {TypeError} a picture that is neither uploaded nor at an https address
 */
export function webhookBody(message: Message): string | undefined {
  const body = bodyOf(message);
  return body === undefined ? undefined : jsonOf(body);
}

function bodyOf(message: Message): object | undefined {
  switch (message.format) {
    case "text": {
      const { content, ...at } = addressedWords(message);
      return { msgtype: "text", text: { content }, ...at };
    }
    case "markdown": {
      const { content, ...at } = addressedWords(message);
      return { msgtype: "markdown", markdown: { title: message.title, text: content }, ...at };
    }
    case "link": {
      const { title, text, url, picture } = message;
      const picUrl = picture === undefined ? {} : { picUrl: picture };
      // DingTalk takes no link without a text.
      return { msgtype: "link", link: { title, text: text || title, messageUrl: url, ...picUrl } };
    }
    case "actionCard":
      return actionCard(message);
    case "feedCard": {
      const links = message.links.map(({ title, url, picture }) => ({
        title,
        messageURL: url,
        picURL: picture,
      }));
      return { msgtype: "feedCard", feedCard: { links } };
    }
    case "image": {
      const title = message.name ?? "🖼️";
      return { msgtype: "markdown", markdown: { title, text: imageOf(pictureOf(message)) } };
    }
    default:
      return undefined;
  }
}

function actionCard({ title, text, mention, buttons, orientation }: ActionCard): object {
  const { content, ...at } = addressedMarkdown(text, mention);
  const [first, second] = buttons;
  const pressed =
    first !== undefined && second === undefined
      ? { singleTitle: first.title, singleURL: first.url }
      : {
          btnOrientation: orientation === "horizontal" ? "1" : "0",
          btns: buttons.map((button) => ({ title: button.title, actionURL: button.url })),
        };
  return { msgtype: "actionCard", actionCard: { title, text: content, ...pressed }, ...at };
}
