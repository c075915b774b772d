import { MEDIA_ID } from "./fields.ts";

export type Fields = Readonly<Record<string, unknown>>;
/** Turns the names DingTalk has for the keys of a message into ours. */
export type Spelling = (fields: Fields) => Fields;

/** A name of ours that is there as well wins; nulls stand for nothing. */
const renaming =
  (names: ReadonlyMap<string, string>): Spelling =>
  (fields) => {
    const given = Object.entries(fields).filter(([, value]) => value !== null);
    const keys = new Set(given.map(([key]) => key));
    return Object.fromEntries(
      given.map(([key, value]) => {
        const name = names.get(key);
        return [name === undefined || keys.has(name) ? key : name, value];
      }),
    );
  };

export const plain = renaming(new Map());

/** Of a link, a line of a feedCard, a button. */
export const linked = renaming(
  new Map([
    ["messageUrl", "url"],
    ["messageURL", "url"],
    ["actionUrl", "url"],
    ["actionURL", "url"],
    ["picUrl", "picture"],
    ["picURL", "picture"],
  ]),
);

const ORIENTATIONS = new Map([
  ["0", "vertical"],
  ["1", "horizontal"],
]);

export const carded: Spelling = (fields) => {
  const { singleTitle, singleURL, btns, btnOrientation, ...others } = plain(fields);
  const single =
    singleTitle === undefined && singleURL === undefined
      ? undefined
      : [{ title: singleTitle, url: singleURL }];
  const buttons = btns ?? single;
  const orientation = ORIENTATIONS.get(String(btnOrientation)) ?? btnOrientation;
  return {
    ...(buttons === undefined ? {} : { buttons }),
    ...(orientation === undefined ? {} : { orientation }),
    ...others,
  };
};

/** `src` may be any of the three things a file comes from. */
export const sourced: Spelling = (fields) => {
  const src = typeof fields["src"] === "string" ? fields["src"] : "";
  const isUrl = /^[a-z][a-z\d+.-]+:/i.test(src);
  return renaming(new Map([["src", MEDIA_ID.test(src) ? "mediaId" : isUrl ? "url" : "path"]]))(
    fields,
  );
};
