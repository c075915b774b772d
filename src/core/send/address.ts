import * as v from "valibot";

/** Whom a message is for, as callers write it: `user:<user id>` or `group:<conversation id>`. */
export interface Address {
  readonly kind: "user" | "group";
  readonly id: string;
}

const EXPECTED = 'expected "user:<user id>" or "group:<conversation id>"';
/** DingTalk's ids are much shorter, and hold no blanks. */
const ADDRESS = /^(user|group):([^\s\p{C}]{1,200})$/u;

/** Issues hold nothing of what was given. */
export const AddressSchema = v.pipe(
  v.string(EXPECTED),
  v.regex(ADDRESS, EXPECTED),
  v.check(
    (text) => !text.startsWith("user:$:"),
    'an id beginning with "$:" is no user id: who has no other can only be answered, not written to',
  ),
  v.transform((text): Address => {
    const [, kind, id = ""] = ADDRESS.exec(text) ?? [];
    return { kind: kind === "group" ? "group" : "user", id };
  }),
);

export const nameOf = ({ kind, id }: Address): string => `${kind}:${id}`;
