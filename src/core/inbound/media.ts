import { durationIn, fileNameIn, firstText, idIn, type Fields } from "./fields.ts";
import type { Gathering } from "./gather.ts";
import type { Media } from "./model.ts";

/**
 * Below this a number means seconds: one document shows a video of "5", another one of 4000. No voice
 * message is shorter than half a second, and DingTalk cuts them at a minute.
 */
const SECONDS_BELOW: Readonly<Record<Media, number>> = {
  audio: 300,
  video: 1000,
  picture: 0,
  file: 0,
};

/**
 * A picture, voice message, video or file. `downloadCode` comes first: both codes of a picture can be
 * resolved, but only this one is documented.
 * @see https://open.dingtalk.com/document/development/receive-message-1
 */
export function addMedia(media: Media, fields: Fields, into: Gathering): void {
  const codes = [fields["downloadCode"], fields["pictureDownloadCode"]]
    .map(idIn)
    .filter((code) => code !== undefined);
  const name = fileNameIn(fields["fileName"]);
  const words = media === "audio" ? firstText(fields, "recognition")?.trim() : undefined;
  if (codes.length === 0 && words === undefined) {
    into.add({ kind: "unknown", msgtype: media, said: name });
    return;
  }
  into.add({
    kind: "media",
    media,
    codes: [...new Set(codes)],
    name,
    durationMs: durationIn(fields["duration"], SECONDS_BELOW[media]),
    recognition: words === undefined ? undefined : into.take(words).toWellFormed() || undefined,
  });
}
