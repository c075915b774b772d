import * as v from "valibot";
import {
  ActionCardSchema,
  AttachmentSchema,
  FeedCardSchema,
  LinkSchema,
} from "../reply/schema/message-schema.ts";
import type { At, Message } from "../message.ts";
import { AddressSchema, type Address } from "./address.ts";
import type { Content } from "./content.ts";
import { problemsIn, type Problem } from "./problems.ts";
import { accountFor, type KnownAccounts } from "./recipients.ts";
import type { SendRequest } from "./sending.ts";

export type ParsedRequest =
  | { readonly ok: true; readonly request: Omit<SendRequest, "by"> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MAX_ADDRESSES = 1000;
const MAX_CHARS = 100_000;
/**
 * What DingTalk lets one message @.
 * @see https://open.dingtalk.com/document/development/custom-robots-send-group-messages
 */
const MAX_MENTIONS = 50;

const AddressListSchema = v.pipe(
  v.array(AddressSchema, 'expected "user:<user id>", "group:<conversation id>" or a list of these'),
  v.minLength(1, "is empty: expected at least one addressee"),
  v.maxLength(MAX_ADDRESSES, `expected at most ${MAX_ADDRESSES} addressees`),
);
const OneAddressSchema = v.pipe(
  AddressSchema,
  v.transform((address) => [address]),
);

const words = v.pipe(
  v.string("expected text"),
  v.check((text) => text.trim() !== "", "is empty"),
  v.maxLength(MAX_CHARS, `is longer than ${MAX_CHARS} characters`),
);

/** An array passes for an object elsewhere. */
const anObject = v.custom<object>(
  (input) => typeof input === "object" && input !== null && !Array.isArray(input),
  "expected an object",
);
const unknownKey = v.never("is not a key here");

const AtSchema = v.pipe(
  anObject,
  v.objectWithRest(
    {
      userIds: v.optional(
        v.pipe(
          v.array(
            v.pipe(
              v.string("expected a user id"),
              v.regex(/^[^\s\p{C}]{1,64}$/u, "expected a user id"),
            ),
            "expected a list of user ids",
          ),
          v.maxLength(MAX_MENTIONS, `expected at most ${MAX_MENTIONS} user ids`),
        ),
        [],
      ),
      all: v.optional(v.boolean("expected true or false"), false),
    },
    unknownKey,
  ),
);

const KeySchema = v.pipe(
  v.string("expected text"),
  v.regex(/^[\x21-\x7e]{1,128}$/, "expected 1 to 128 visible ASCII characters without blanks"),
);

const MESSAGES = {
  link: LinkSchema,
  actionCard: ActionCardSchema,
  feedCard: FeedCardSchema,
  ...AttachmentSchema,
} as const;

const CONTENTS = ["text", "markdown", ...Object.keys(MESSAGES)];
const ONE_CONTENT = `expected exactly one of ${CONTENTS.join(", ")}`;

const BodySchema = v.pipe(
  anObject,
  v.objectWithRest(
    {
      to: v.lazy((to) => (typeof to === "string" ? OneAddressSchema : AddressListSchema)),
      account: v.optional(v.unknown()),
      text: v.optional(words),
      markdown: v.optional(words),
      link: v.optional(MESSAGES.link),
      actionCard: v.optional(MESSAGES.actionCard),
      feedCard: v.optional(MESSAGES.feedCard),
      image: v.optional(MESSAGES.image),
      file: v.optional(MESSAGES.file),
      audio: v.optional(MESSAGES.audio),
      video: v.optional(MESSAGES.video),
      at: v.optional(AtSchema),
      idempotencyKey: v.optional(KeySchema),
    },
    unknownKey,
  ),
);

/**
 * Reads what `POST /v1/messages` is given. `headerKey` is the header `Idempotency-Key`, for callers who
 * would rather not touch the body. Problems hold nothing of what was given but the paths.
 */
export function parseRequest(
  json: unknown,
  headerKey: string | undefined,
  accounts: KnownAccounts,
): ParsedRequest {
  const body = v.safeParse(BodySchema, json);
  const isObject = v.is(anObject, json);
  const chosen = accountFor(isObject ? (json as Body).account : undefined, accounts);
  const header = v.safeParse(v.optional(KeySchema), headerKey);
  const problems = [
    ...problemsIn(body.issues ?? []),
    ...problemsIn(header.issues ?? []).map(({ reason }) => ({ path: "Idempotency-Key", reason })),
    ...(chosen.ok || !isObject ? [] : [{ path: "account", reason: chosen.reason }]),
    ...contentProblems(json),
  ];
  if (!body.success || !header.success || !chosen.ok || problems.length > 0) {
    return { ok: false, problems };
  }
  const { to, at, idempotencyKey = header.output } = body.output;
  const together = [
    ...mentionProblems(body.output, to),
    ...(header.output === undefined || header.output === idempotencyKey
      ? []
      : [{ path: "idempotencyKey", reason: "is not the one in the header Idempotency-Key" }]),
  ];
  const content = contentOf(body.output, at === undefined ? undefined : mentionsIn(at));
  return together.length > 0 || content === undefined
    ? { ok: false, problems: together }
    : { ok: true, request: { account: chosen.account, to, content, idempotencyKey } };
}

type Body = v.InferOutput<typeof BodySchema>;

function contentProblems(json: unknown): Problem[] {
  if (!v.is(anObject, json)) return [];
  const given = CONTENTS.filter((name) => Object.hasOwn(json, name));
  return given.length === 1 ? [] : [{ path: "", reason: ONE_CONTENT }];
}

function mentionProblems({ at, text, markdown }: Body, to: readonly Address[]): Problem[] {
  if (at === undefined) return [];
  if (text === undefined && markdown === undefined) {
    return [{ path: "at", reason: "goes with text or markdown only" }];
  }
  return to.some(({ kind }) => kind === "group")
    ? []
    : [{ path: "at", reason: "in a direct chat nobody is @-ed: expected a group in to" }];
}

function mentionsIn({ userIds, all }: v.InferOutput<typeof AtSchema>): At | undefined {
  const at = { userIds: [...new Set(userIds)], ...(all ? { all } : {}) };
  return at.userIds.length > 0 || all ? at : undefined;
}

function contentOf(body: Body, at: At | undefined): Content | undefined {
  if (body.text !== undefined) return { kind: "text", text: body.text, at };
  if (body.markdown !== undefined) return { kind: "markdown", text: body.markdown, at };
  const messages: readonly (Message | undefined)[] = [
    body.link,
    body.actionCard,
    body.feedCard,
    body.image,
    body.file,
    body.audio,
    body.video,
  ];
  const message = messages.find((given) => given !== undefined);
  return message === undefined ? undefined : { kind: "message", message };
}
