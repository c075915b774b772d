import { textIn } from "./msg-keys.ts";
import type { SentBody } from "./model.ts";

/** What the chat shows of a message that is more than words. Pictures and files by address or media id. */
export type Post =
  | {
      readonly kind: "link";
      readonly title: string;
      readonly text: string;
      readonly url: string;
      readonly picture: string;
    }
  | {
      readonly kind: "actionCard";
      readonly title: string;
      readonly text: string;
      readonly buttons: readonly PostButton[];
      readonly orientation: "vertical" | "horizontal";
    }
  | { readonly kind: "feedCard"; readonly links: readonly (PostButton & { picture: string })[] }
  | { readonly kind: "image"; readonly media: string }
  | { readonly kind: "file"; readonly media: string; readonly name: string }
  | { readonly kind: "audio"; readonly media: string; readonly ms: number }
  | { readonly kind: "video"; readonly media: string; readonly cover: string };

export interface PostButton {
  readonly title: string;
  readonly url: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Undefined for text and markdown. */
export function postOf(body: SentBody): Post | undefined {
  const { msgtype } = body;
  // By the webhook what is said stands under the kind's name, by the OpenAPI beside it.
  const inner = body[msgtype];
  const said = (typeof inner === "object" && inner !== null ? inner : body) as Fields;
  const text = (name: string) => textIn(said, name);
  switch (msgtype) {
    case "link":
    case "sampleLink": {
      const url = text("messageUrl");
      return {
        kind: "link",
        title: text("title"),
        text: text("text"),
        url,
        picture: text("picUrl"),
      };
    }
    case "feedCard": {
      const links = listIn(said, "links").map((link) => ({
        title: textIn(link, "title"),
        url: textIn(link, "messageURL"),
        picture: textIn(link, "picURL"),
      }));
      return { kind: "feedCard", links };
    }
    case "sampleImageMsg":
      return { kind: "image", media: text("photoURL") };
    case "sampleFile":
      return { kind: "file", media: text("mediaId"), name: text("fileName") };
    case "sampleAudio":
      return { kind: "audio", media: text("mediaId"), ms: Number(text("duration")) };
    case "sampleVideo":
      return { kind: "video", media: text("videoMediaId"), cover: text("picMediaId") };
    default:
      return /^(?:actionCard|sampleActionCard\d?)$/.test(msgtype) ? actionCard(said) : undefined;
  }
}

function actionCard(said: Fields): Post {
  const numbered = [1, 2, 3, 4, 5].flatMap((at) => [
    { title: textIn(said, `actionTitle${at}`), url: textIn(said, `actionURL${at}`) },
    { title: textIn(said, `buttonTitle${at}`), url: textIn(said, `buttonUrl${at}`) },
  ]);
  const listed = listIn(said, "btns").map((button) => ({
    title: textIn(button, "title"),
    url: textIn(button, "actionURL"),
  }));
  const single = { title: textIn(said, "singleTitle"), url: textIn(said, "singleURL") };
  const beside = said["btnOrientation"] === "1" || said["buttonTitle1"] !== undefined;
  return {
    kind: "actionCard",
    title: textIn(said, "title"),
    text: textIn(said, "text"),
    buttons: [single, ...listed, ...numbered].filter(({ title }) => title !== ""),
    orientation: beside ? "horizontal" : "vertical",
  };
}

const listIn = (said: Fields, name: string): readonly Fields[] =>
  Array.isArray(said[name]) ? (said[name] as Fields[]) : [];

/** The post in words, for lists of chats. */
export function postText(post: Post): string {
  switch (post.kind) {
    case "link":
    case "actionCard":
      return post.title;
    case "feedCard":
      return post.links.map(({ title }) => title).join(" · ");
    case "file":
      return post.name;
    default:
      return "";
  }
}
