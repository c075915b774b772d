import { make } from "./dom.js";
import { linkElement, mediaUrl, picture } from "./links.js";
import { markdown } from "./markdown.js";
import { t } from "./texts.js";

/** What the robot says in something else than words. */
export function postBody(post) {
  return [RENDER[post.kind]?.(post) ?? ""];
}

const RENDER = {
  link: ({ title, text, url, picture: media }) =>
    linkElement(
      url,
      { class: "link-card" },
      make("b", {}, title),
      make("span", { class: "summary" }, text),
      picture(media, { alt: "" }),
    ),

  actionCard: ({ text, buttons, orientation }) =>
    make(
      "div",
      { class: "action-card" },
      make("div", { class: "markdown" }, markdown(text)),
      make(
        "div",
        { class: `actions ${orientation}` },
        ...buttons.map(({ title, url }) => linkElement(url, { class: "action" }, title)),
      ),
    ),

  feedCard: ({ links }) =>
    make(
      "div",
      { class: "feed" },
      ...links.map(({ title, url, picture: media }) =>
        linkElement(
          url,
          { class: "feed-item" },
          make("span", {}, title),
          picture(media, { alt: "" }),
        ),
      ),
    ),

  image: ({ media }) => picture(media, { class: "sent", alt: t.picture }),

  file: ({ media, name }) => {
    const size = make("small", {});
    void describe(media).then(({ bytes }) => (size.textContent = sizeOf(bytes)));
    const href = `${mediaUrl(media) ?? ""}?download=${encodeURIComponent(name)}`;
    const attributes = { class: "file", href, download: name, title: t.download };
    return make("a", attributes, make("b", {}, name), size);
  },

  audio: ({ media, ms }) => {
    const length = make("span", { class: "voice" }, `${Math.round(ms / 1000)}″`);
    const box = make("div", { class: "sound" }, length);
    void describe(media).then(({ mime }) => {
      // Of the formats DingTalk plays, browsers know only some.
      const player = make("audio", { controls: "", preload: "none" });
      if (player.canPlayType(mime) === "") return;
      player.src = mediaUrl(media);
      box.append(player);
    });
    return box;
  },

  video: ({ media, cover }) =>
    make("video", {
      class: "sent",
      controls: "",
      preload: "none",
      src: mediaUrl(media) ?? "",
      poster: mediaUrl(cover) ?? "",
    }),
};

/** Words for it, where there are none, as lists of chats show them. */
export const postPreview = ({ kind }) =>
  ({ image: `[${t.picture}]`, file: `[${t.file}]`, audio: `[${t.voice}]`, video: `[${t.video}]` })[
    kind
  ] ?? "";

/** What is known of an upload. Nothing of what lies elsewhere. */
async function describe(media) {
  const url = mediaUrl(media);
  if (url === undefined || !url.startsWith("/media/")) return { mime: "", bytes: undefined };
  const response = await fetch(`${url}/about`).catch(() => undefined);
  return response?.ok === true ? await response.json() : { mime: "", bytes: undefined };
}

export function sizeOf(bytes) {
  if (bytes === undefined) return "";
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
