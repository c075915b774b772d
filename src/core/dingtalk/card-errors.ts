import { envelopeOf } from "./envelope.ts";
import { apiVerdict, type Sent, type Verdict } from "./errors.ts";

export type CardResult = Sent | CardRefusal;

export interface CardRefusal extends Verdict {
  readonly ok: false;
  /** A permission or the template is wrong: no card will work until somebody mends that. */
  readonly setting?: true;
}

type Meaning = Pick<CardRefusal, "failure" | "setting"> & { readonly meaning: string };

/** `create`: a new card · `stream`: a frame of its text · `update`: its state. */
export type CardCall = "create" | "stream" | "update";

const TEMPLATES = "open-dev.dingtalk.com/fe/card";

const setting = (meaning: string): Meaning => ({ failure: "blocked", meaning, setting: true });
const final = (meaning: string): Meaning => ({ failure: "final", meaning });

const SCOPES: Readonly<Record<CardCall, string>> = {
  create: "Card.Instance.Write",
  stream: "Card.Streaming.Write",
  update: "Card.Instance.Write",
};

/** DingTalk says no more than `unknownError` in all these cases. */
const NOT_STREAMING = setting(
  "the card takes no streamed text: check that the app has the permissions Card.Streaming.Write and " +
    "Card.Instance.Write, that card.contentKey is a variable of the template, and that the template is " +
    "an AI card with streaming switched on for it",
);

/**
 * What only calls about cards are refused for.
 * @see https://open.dingtalk.com/document/development/create-and-deliver-cards
 * @see https://open.dingtalk.com/document/development/api-streamingupdate
 */
const CODES: readonly (readonly [RegExp, Meaning])[] = [
  [
    /^param\.templateNotExist$/i,
    setting("there is no such card template: check card.templateId, which ends in .schema"),
  ],
  [
    /^param\.templateUnpublished$/i,
    setting(
      `the card template is not published: publish it (${TEMPLATES}) or check card.templateId`,
    ),
  ],
  [/^param\.contentUnsafe$/i, final("DingTalk considers the content improper")],
  [/^param\.stream\.content$/i, final("the text is longer than a card takes (card.maxChars)")],
  [
    /^param\.(userIdNotExist|openSpaceId\w*)$/i,
    final("there is no such person or chat for the robot"),
  ],
  [/^param\./i, final("DingTalk cannot read the card")],
];

/**
 * What an answer means that is no success. `streams`: this template has taken streamed text before, so an
 * unknown error is a fault of the moment.
 */
export function cardRefusal(
  call: CardCall,
  status: number,
  body: string,
  streams: boolean,
): CardRefusal {
  const { code, message, requestid, scopes } = envelopeOf(body);
  const known = meaningOf(call, code, scopes, streams);
  if (known === undefined) return { ok: false, ...apiVerdict(status, body) };
  const { meaning, ...rest } = known;
  const said = [`HTTP ${status}`, code, message, requestid && `requestid ${requestid}`]
    .filter(Boolean)
    .join(", ");
  return { ok: false, ...rest, reason: `${meaning} (${said})` };
}

function meaningOf(
  call: CardCall,
  code: string,
  scopes: readonly string[],
  streams: boolean,
): Meaning | undefined {
  if (/\.AccessTokenPermissionDenied$|^apiPermissionDenied$/i.test(code)) {
    const names = scopes.length > 0 ? scopes.join(", ") : SCOPES[call];
    return setting(
      `the app lacks the permission ${names}: add it in the developer console ` +
        "(open-dev.dingtalk.com, the app, 权限管理), publish a version and restart dingbridge",
    );
  }
  if (call === "stream" && !streams && /^unknown\.?error$/i.test(code)) return NOT_STREAMING;
  return CODES.find(([known]) => known.test(code))?.[1];
}

/** Whether a card with this id is there already, perhaps by a try nobody heard the end of. */
export function existsAlready(body: string): boolean {
  return /^param\.cardAlreadyExist$/i.test(envelopeOf(body).code);
}
