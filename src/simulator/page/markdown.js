import { make } from "./dom.js";
import { marked } from "./marked.js";

// Raw HTML is no token at all: it falls through to plain text, which marked escapes.
const asText = () => undefined;
marked.use({ gfm: true, breaks: false, tokenizer: { html: asText, tag: asText } });

const INLINE = "a br code del em h1 h2 h3 h4 h5 h6 img input strong";
const BLOCKS = "blockquote hr li ol p pre table tbody td th thead tr ul";
const TAGS = new Set(`${INLINE} ${BLOCKS}`.split(" "));
const ATTRIBUTES = new Set("align alt checked disabled href src start title type".split(" "));
const LINK = /^(?:https?:\/\/|mailto:)/i;
const IMAGE = /^https?:\/\//i;

/** Markdown as nodes. Nothing gets in that is not on the lists, whatever marked lets through. */
export function markdown(text) {
  const template = document.createElement("template");
  template.innerHTML = marked.parse(text);
  for (const element of template.content.querySelectorAll("*")) sanitise(element);
  return template.content;
}

function sanitise(element) {
  const { localName: tag } = element;
  if (!TAGS.has(tag)) return element.remove();
  for (const name of element.getAttributeNames()) {
    if (!ATTRIBUTES.has(name)) element.removeAttribute(name);
  }
  if (tag === "img" && !IMAGE.test(element.getAttribute("src"))) element.replaceWith(element.alt);
  if (tag !== "a") return;
  if (!LINK.test(element.getAttribute("href"))) return element.removeAttribute("href");
  Object.assign(element, { target: "_blank", rel: "noopener noreferrer" });
}

/** Display names by staff id. Messages carry only ids; frames from DingTalk tell the names. */
export const people = new Map([["user01", "小明"]]);

/** The text with each "@id" of those mentioned replaced by their name, highlighted. */
export function withMentions(text, at) {
  const fragment = document.createDocumentFragment();
  for (const part of text.split(/(@[\w-]+)/)) {
    const id = part.slice(1);
    const mentioned = part.startsWith("@") && at.includes(id);
    const name = `@${people.get(id) ?? id}`;
    fragment.append(mentioned ? make("span", { class: "mention" }, name) : part);
  }
  return fragment;
}

export function highlightMentions(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (!text.parentElement.closest("code, a")) text.replaceWith(withMentions(text.data, at));
  }
}
