import { make } from "./dom.js";
import { highlightMentions, markdown, people, withMentions } from "./markdown.js";
import { postBody, sizeOf } from "./posts.js";
import { t, toMinute } from "./texts.js";

/** The robot's is drawn by the style sheet. */
export function avatar(kind, text) {
  const attributes = { class: `avatar ${kind}`, "aria-hidden": "true" };
  return make("span", attributes, kind.startsWith("robot") ? "" : text);
}

export function chatRow(from, name, caption, content) {
  const who = make("span", { class: "who" }, name);
  const meta = make("div", { class: "meta" }, who, make("span", { class: "caption" }, caption));
  const said = make("div", { class: "said" }, meta, content);
  return make("div", { class: `row ${from}` }, avatar(from, name.slice(-2)), said);
}

/** `addressed`: whom the message mentions, which DingTalk has cut out of what it passes on. */
export function messageRow(event, addressed) {
  const { from, name, msgtype, text, at, atAll, time, shown = {}, post } = event;
  const kind = post ? `post post-${post.kind}` : msgtype;
  const attributes = { class: `bubble ${kind}`, "data-testid": "bubble", "data-from": from };
  const words = () => [msgtype === "markdown" ? markdown(text) : make("span", {}, text)];
  const content = make("div", attributes, ...(post ? postBody(post) : words()));
  highlightMentions(content, atAll ? [...at, t.everybody, "all"] : at);
  if (addressed) content.prepend(make("span", { class: "mention" }, `@${addressed} `));
  if (shown.quote) content.prepend(quoted(shown.quote));
  content.append(...attachments(shown));
  return chatRow(from, name, toMinute.format(time), content);
}

/** Words for a message without any, as lists of chats show them. */
export function previewOf({ pictures, file, voice } = {}) {
  if (pictures) return `[${t.picture}]`;
  if (file) return `[${t.file}] ${file.name}`;
  return voice ? `[${t.voice}] ${voice.words ?? ""}` : "";
}

/** As a short text: DingTalk shows no markup and no line breaks of what is quoted. */
function quoted({ who, text }) {
  const plain = markdown(text);
  for (const lineBreak of plain.querySelectorAll("br")) lineBreak.replaceWith(" ");
  const words = withMentions(plain.textContent.trim(), [...people.keys()]);
  return make("blockquote", { class: "quoted" }, make("b", {}, `${who}: `), words);
}

function attachments({ pictures = [], file, voice }) {
  const images = pictures.map((code) =>
    make("img", { class: "sent", src: `/picture/${encodeURIComponent(code)}`, alt: t.picture }),
  );
  return [...images, ...(file ? [fileCard(file)] : []), ...(voice ? voiceLine(voice) : [])];
}

function fileCard({ name, bytes }) {
  return make("span", { class: "file" }, make("b", {}, name), make("small", {}, sizeOf(bytes)));
}

function voiceLine({ ms, words = "" }) {
  const length = make("span", { class: "voice" }, `${Math.round(ms / 1000)}″`);
  return [length, make("small", { class: "recognised" }, words)];
}
