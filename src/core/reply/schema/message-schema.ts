import * as v from "valibot";
import { MAX_MESSAGE_BYTES, bytesOf } from "../../dingtalk/render.ts";
import * as is from "./fields.ts";
import { carded, linked, plain, sourced, type Fields, type Spelling } from "./spellings.ts";
import type {
  ActionCard,
  Attachment,
  Button,
  FeedCard,
  LinkMessage,
  Message,
  Source,
} from "../../message.ts";

/** What a message may have at most: phones show no longer feedCard. */
export const MAX_BUTTONS = 10;
const MAX_LINKS = 9;

/** The address of a button that makes whoever presses it say these words in the chat. */
export function sendUrl(words: string): string {
  return `dtmd://dingtalkclient/sendMessage?content=${encodeURIComponent(words.toWellFormed())}`;
}

/** What is wrong with a message: where, like "buttons.0.url" ("" for all of it), and why. Never holds a value. */
export function problemsOf(
  issues: readonly v.BaseIssue<unknown>[],
): { readonly path: string; readonly reason: string }[] {
  return issues.map((issue) => ({
    path: (issue.path ?? []).map(({ key }) => nameOf(key)).join("."),
    reason: issue.received === "undefined" ? "is missing" : issue.message,
  }));
}

/** Keys come from outside too. */
const nameOf = (key: unknown) =>
  String(key)
    .slice(0, 40)
    .replace(/[^\w$-]/g, "?");

const SOURCE = {
  url: v.optional(is.webUrl),
  path: v.optional(is.path),
  mediaId: v.optional(is.mediaId),
};

/** Turns the three keys a file may come from into one source. */
const withSource = <
  T extends { url?: string | undefined; path?: string | undefined; mediaId?: string | undefined },
>() =>
  v.rawTransform<T, T & { readonly source: Source }>(({ dataset, addIssue, NEVER }) => {
    const { url, path, mediaId } = dataset.value;
    const sources: Source[] = [
      ...(url === undefined ? [] : [{ url }]),
      ...(path === undefined ? [] : [{ path }]),
      ...(mediaId === undefined ? [] : [{ mediaId }]),
    ];
    const [source] = sources;
    if (source !== undefined && sources.length === 1) return { ...dataset.value, source };
    addIssue({ message: 'expected one of "url", "path" and "mediaId"' });
    return NEVER;
  });

const fits = <M extends LinkMessage | ActionCard | FeedCard>() =>
  v.check<M, string>(
    (message) => bytesOf(message) <= MAX_MESSAGE_BYTES,
    `takes more than the ${MAX_MESSAGE_BYTES} bytes that a message may have`,
  );

function schemas(unknownKeys: "refuse" | "ignore") {
  const rest: v.GenericSchema =
    unknownKeys === "refuse" ? v.never("is not a key here") : v.unknown();
  const object = <E extends v.ObjectEntries>(spelling: Spelling, entries: E) =>
    v.pipe(
      v.custom<Fields>(
        (input) => typeof input === "object" && input !== null && !Array.isArray(input),
        "expected an object",
      ),
      v.transform(spelling),
      v.objectWithRest(entries, rest, "expected an object"),
    );

  const link = v.pipe(
    object(linked, {
      title: is.title,
      text: v.optional(is.text, ""),
      url: is.url,
      picture: v.optional(is.picture),
    }),
    v.transform(({ title, text, url, picture }): LinkMessage => ({
      format: "link",
      title,
      text,
      url,
      ...(picture === undefined ? {} : { picture }),
    })),
    fits<LinkMessage>(),
  );

  const button = v.pipe(
    object(linked, { title: is.title, url: v.optional(is.url), send: v.optional(is.words) }),
    v.check(
      ({ url, send }) => (url === undefined) !== (send === undefined),
      'expected either "url" or "send"',
    ),
    v.transform(({ title, url, send = "" }): Button => ({ title, url: url ?? sendUrl(send) })),
  );
  const actionCard = v.pipe(
    object(carded, {
      title: is.title,
      text: v.pipe(is.text, v.minLength(1, "is empty")),
      buttons: is.listOf(button, MAX_BUTTONS),
      orientation: v.optional(is.orientation, "vertical"),
    }),
    v.transform(({ title, text, buttons, orientation }): ActionCard => ({
      format: "actionCard",
      title,
      text,
      buttons,
      orientation,
    })),
    fits<ActionCard>(),
  );

  const line = v.pipe(
    object(linked, { title: is.title, url: is.url, picture: is.picture }),
    v.transform(({ title, url, picture }) => ({ title, url, picture })),
  );
  const feedCard = v.pipe(
    object(plain, { links: is.listOf(line, MAX_LINKS) }),
    v.transform(({ links }): FeedCard => ({ format: "feedCard", links })),
    fits<FeedCard>(),
  );

  const cover = v.pipe(
    object(sourced, SOURCE),
    withSource(),
    v.transform(({ source }) => source),
  );
  const attachment = (format: Attachment["format"]) =>
    v.pipe(
      object(sourced, {
        ...SOURCE,
        name: v.optional(is.fileName),
        durationMs: v.optional(is.duration),
        cover: v.optional(cover),
      }),
      withSource(),
      v.transform(({ source, name, durationMs, cover }): Attachment => ({
        format,
        source,
        ...(name === undefined ? {} : { name }),
        ...(durationMs === undefined ? {} : { durationMs }),
        ...(cover === undefined ? {} : { cover }),
      })),
    );

  return {
    link,
    actionCard,
    feedCard,
    image: attachment("image"),
    file: attachment("file"),
    audio: attachment("audio"),
    video: attachment("video"),
  };
}

const strict = schemas("refuse");

/**
 * `{title, text?, url, picture?}`; a `url` is http(s), dingtalk: or dtmd:, a `picture` http(s) or a media
 * id. Like the schemas below it refuses keys it does not know, understands DingTalk's own names for them
 * (messageUrl, picUrl, …), and turns the JSON into the message itself.
 */
export const LinkSchema = strict.link;

/**
 * `{title, text, buttons: [{title, url} | {title, send}], orientation?: "vertical" | "horizontal"}`; `text`
 * is markdown, `send` the words that whoever presses the button says by it.
 */
export const ActionCardSchema = strict.actionCard;

/** `{links: [{title, url, picture}]}` */
export const FeedCardSchema = strict.feedCard;

/**
 * One schema for each kind of file: `{name?, durationMs?, cover?}` and one of `url` (http(s)), `path`
 * (absolute) and `mediaId`; a `cover` is an object with one of these.
 */
export const AttachmentSchema = {
  image: strict.image,
  file: strict.file,
  audio: strict.audio,
  video: strict.video,
} as const;

/**
 * Any of them with its `type`, as an agent writes it: `{type: "link", title: …}`. Keys that mean nothing
 * are passed over.
 */
export const BlockSchema = byType(schemas("ignore"));

function byType(messages: typeof strict) {
  const types = new Map<string, v.GenericSchema<Fields, Message>>(Object.entries(messages));
  const names = [...types.keys()];
  return v.pipe(
    v.looseObject(
      { type: v.picklist(names, `expected one of ${names.join(", ")}`) },
      "expected an object",
    ),
    v.rawTransform<{ type: string } & { [key: string]: unknown }, Message>(
      ({ dataset, addIssue, NEVER }) => {
        const { type, ...fields } = dataset.value;
        const schema = types.get(type);
        if (schema === undefined) return NEVER;
        const parsed = v.safeParse(schema, fields);
        if (parsed.success) return parsed.output;
        for (const { message, received, path } of parsed.issues) {
          addIssue({ message, received, ...(path === undefined ? {} : { path }) });
        }
        return NEVER;
      },
    ),
  );
}
