import type { Attachment, Source } from "../../message.ts";

/** @throws {TypeError} what is to be sent has not been uploaded */
export function mediaIdOf(source: Source): string {
  if ("mediaId" in source) return source.mediaId;
  throw new TypeError("the file has not been uploaded");
}

/**
 * What shows a picture: a media id, or an address DingTalk fetches it from.
 * @throws {TypeError} the picture has neither and must be uploaded first
 */
export function pictureOf({ source }: Attachment): string {
  if ("url" in source && URL.parse(source.url)?.protocol === "https:") return source.url;
  return mediaIdOf(source);
}
