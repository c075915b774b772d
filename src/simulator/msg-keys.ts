import { mimeOf } from "./media-types.ts";
import type { Upload } from "./model.ts";

type Param = Readonly<Record<string, unknown>>;
type Find = (mediaId: string) => Upload | undefined;

const actions = (count: number) =>
  Array.from({ length: count }, (_, at) => [`actionTitle${at + 1}`, `actionURL${at + 1}`]).flat();
const CARD = ["title", "text"];

/** What msgParam must have, by msgKey: each a string that says something. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  sampleText: ["content"],
  sampleMarkdown: ["title", "text"],
  sampleImageMsg: ["photoURL"],
  sampleLink: ["title", "text", "messageUrl"],
  sampleActionCard: [...CARD, "singleTitle", "singleURL"],
  sampleActionCard2: [...CARD, ...actions(2)],
  sampleActionCard3: [...CARD, ...actions(3)],
  sampleActionCard4: [...CARD, ...actions(4)],
  sampleActionCard5: [...CARD, ...actions(5)],
  // Its names are others, in their letters' case too.
  sampleActionCard6: [...CARD, "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"],
  sampleAudio: ["mediaId", "duration"],
  sampleFile: ["mediaId", "fileName", "fileType"],
  sampleVideo: ["duration", "videoMediaId", "videoType", "picMediaId"],
};

export const isMsgKey = (key: string): boolean => Object.hasOwn(FIELDS, key);

/** Whether msgParam is what this msgKey needs. What it names by media id must have been uploaded. */
export function paramFits(msgKey: string, param: Param, find: Find): boolean {
  const complete = (FIELDS[msgKey] ?? []).every((name) => textIn(param, name) !== "");
  return complete && mediaFits(msgKey, param, find);
}

function mediaFits(msgKey: string, param: Param, find: Find): boolean {
  const media = (name: string) => find(textIn(param, name));
  const isImage = (upload: Upload | undefined) => upload?.mime?.startsWith("image/") === true;
  switch (msgKey) {
    case "sampleImageMsg":
      return /^https?:\/\//.test(textIn(param, "photoURL")) || isImage(media("photoURL"));
    case "sampleFile":
      return media("mediaId") !== undefined;
    case "sampleAudio": {
      const sound = media("mediaId");
      const mime = sound === undefined ? undefined : mimeOf(sound.bytes);
      return (mime === "audio/amr" || mime === "audio/ogg") && isNumber(param["duration"]);
    }
    case "sampleVideo":
      return (
        media("videoMediaId")?.mime === "video/mp4" &&
        isImage(media("picMediaId")) &&
        param["videoType"] === "mp4" &&
        isNumber(param["duration"])
      );
    default:
      return true;
  }
}

/** Numbers travel as strings. */
const isNumber = (value: unknown) => typeof value === "string" && /^\d+$/.test(value);

export function textIn(param: Param, name: string): string {
  const value = param[name];
  return typeof value === "string" ? value : "";
}
