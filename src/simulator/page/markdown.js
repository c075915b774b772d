import { make } from "./dom.js";
import { linkOf, linkElement, mediaUrl } from "./links.js";
import { marked } from "./marked.js";

// Raw HTML is no token at all: it falls through to plain text, which marked escapes.
const asText = () => undefined;
marked.use({ gfm: true, breaks: false, tokenizer: { html: asText, tag: asText } });

const INLINE = "a br code del em h1 h2 h3 h4 h5 h6 img input strong";
const BLOCKS = "blockquote hr li ol p pre table tbody td th thead tr ul";
const TAGS = new Set(`${INLINE} ${BLOCKS}`.split(" "));
const ATTRIBUTES = new Set("align alt checked disabled href src start title type".split(" "));

/**
 * Markdown as nodes. Nothing gets in that is not on the lists, whatever marked lets through. In a card
 * links that say something in the person's name do nothing.
 */
export function markdown(text, { inCard = false } = {}) {
  const template = document.createElement("template");
  template.innerHTML = marked.parse(text);
  for (const element of template.content.querySelectorAll("*")) sanitise(element, inCard);
  return template.content;
}

function sanitise(element, inCard) {
  const { localName: tag } = element;
  if (!TAGS.has(tag)) return element.remove();
  for (const name of element.getAttributeNames()) {
    if (!ATTRIBUTES.has(name)) element.removeAttribute(name);
  }
  if (tag === "img") {
    const src = mediaUrl(element.getAttribute("src"));
    return src === undefined ? element.replaceWith(element.alt) : (element.src = src);
  }
  if (tag !== "a") return;
  const address = element.getAttribute("href");
  const inert = inCard && linkOf(address).say !== undefined;
  const link = linkElement(inert ? "" : address, {}, ...element.childNodes);
  if (link.localName === "button") link.className = "say";
  element.replaceWith(link);
}

/** Display names by staff id. Messages carry only ids; frames from DingTalk tell the names. */
export const people = new Map([["user01", "小明"]]);

/** The text with each "@id" or "@name" of those mentioned replaced by their name, highlighted. */
export function withMentions(text, at) {
  const fragment = document.createDocumentFragment();
  if (at.length === 0) return append(fragment, text);
  // The longest first: one name may begin like another.
  const names = at.toSorted((a, b) => b.length - a.length).map(escaped);
  for (const part of text.split(new RegExp(`(@(?:${names.join("|")})(?![\\w-]))`))) {
    const id = part.slice(1);
    const mentioned = part.startsWith("@") && at.includes(id);
    const name = `@${people.get(id) ?? id}`;
    fragment.append(mentioned ? make("span", { class: "mention" }, name) : part);
  }
  return fragment;
}

function append(fragment, text) {
  fragment.append(text);
  return fragment;
}

const escaped = (text) => text.replace(/[^\p{L}\p{N}]/gu, "\\$&");

export function highlightMentions(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (!text.parentElement.closest("code, a")) text.replaceWith(withMentions(text.data, at));
  }
}
