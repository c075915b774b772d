import { arrayIn, idIn, objectIn } from "./fields.ts";

/** One who is @-ed in a message: the robot itself, a colleague, or an outsider, who has no `userId`. */
export interface Mentioned {
  /** The user id inside the organisation: `staffId`. */
  readonly userId?: string | undefined;
  readonly dingtalkId?: string | undefined;
}

const MAX_MENTIONS = 200;

/** `atUsers` as it comes, the robot included. Undefined if it is not there. */
export function atUsersIn(value: unknown): readonly Mentioned[] | undefined {
  return arrayIn(value, MAX_MENTIONS)
    ?.map(objectIn)
    .map((user) => ({ userId: idIn(user?.["staffId"]), dingtalkId: idIn(user?.["dingtalkId"]) }))
    .filter(({ userId, dingtalkId }) => userId !== undefined || dingtalkId !== undefined);
}
