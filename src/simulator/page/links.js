import { make } from "./dom.js";

/** What the page may do with an address: open it, say something in the person's name, or nothing. */
export function linkOf(address) {
  const url = parsed(address);
  if (url === undefined) return {};
  if (url.protocol === "http:" || url.protocol === "https:") return { open: url.href };
  const query = url.searchParams;
  if (url.protocol === "dtmd:") {
    const isSay = url.href.startsWith("dtmd://dingtalkclient/sendMessage?");
    return isSay && query.get("content") ? { say: query.get("content") } : {};
  }
  // DingTalk's own way to open a page in its side panel or the browser.
  const isPage = url.href.startsWith("dingtalk://dingtalkclient/page/link?");
  return isPage && /^https?:\/\//i.test(query.get("url")) ? { open: query.get("url") } : {};
}

function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}

/** The address of a picture or file: one of the web's, or by media id what the robot has uploaded. */
export function mediaUrl(media) {
  if (/^https?:\/\//i.test(media)) return media;
  return /^[@$][\w-]+$/.test(media) ? `/media/${encodeURIComponent(media)}` : undefined;
}

/** A link that opens elsewhere, a button that says its words, or what is neither as it stands. */
export function linkElement(address, attributes, ...children) {
  const { open, say } = linkOf(address);
  if (open !== undefined) {
    const blank = { href: open, target: "_blank", rel: "noopener noreferrer" };
    return make("a", { ...attributes, ...blank }, ...children);
  }
  if (say === undefined) return make("span", attributes, ...children);
  return make("button", { ...attributes, type: "button", "data-say": say }, ...children);
}

export function picture(media, attributes) {
  const src = mediaUrl(media);
  return src === undefined ? "" : make("img", { ...attributes, src });
}
