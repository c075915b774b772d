import { idIn } from "./fields.ts";

/**
 * The address of a link as a person can open it: DingTalk's own scheme opens nothing outside its
 * client, but a drive page has an AppLink of the same path, which finds the client from a browser
 * too, and a wrapped link carries what it wraps. Undefined for what is no link.
 * @see https://open.dingtalk.com/document/development/structure-of-applink
 * @see https://open.dingtalk.com/document/dingstart/group-jump-protocol
 */
export function openableUrl(value: unknown): string | undefined {
  const url = idIn(value);
  if (url === undefined || !/^(?:https?|dingtalk):\/\/[^\s]+$/i.test(url)) return undefined;
  const page = /^dingtalk:\/\/dingtalkclient\/page\/(yunpan|link)\?(.*)$/i.exec(url);
  if (page === null) return url;
  const [, name = "", query = ""] = page;
  if (name.toLowerCase() === "yunpan") return `https://applink.dingtalk.com/page/yunpan?${query}`;
  const inner = new URLSearchParams(query).get("url") ?? "";
  return /^https?:\/\/[^\s]+$/i.test(inner) ? inner : url;
}
