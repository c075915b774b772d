/** A piece of what somebody said, in the order in which it was said. */
export type Part = TextPart | MediaPart | LinkPart | RecordPart | UnknownPart;

export interface TextPart {
  readonly kind: "text";
  readonly text: string;
}

export interface MediaPart {
  readonly kind: "media";
  readonly media: Media;
  /** Download codes to try, the best first. None only where `recognition` says it all. */
  readonly codes: readonly string[];
  /** What the sender's file is called: a name to show, not a path to write to. */
  readonly name?: string | undefined;
  readonly durationMs?: number | undefined;
  /** The words of a voice message, as DingTalk understood them. */
  readonly recognition?: string | undefined;
}

export type Media = "picture" | "audio" | "video" | "file";

export interface LinkPart {
  readonly kind: "link";
  readonly url: string;
  readonly title?: string | undefined;
}

/** A forwarded chat. Mostly DingTalk gives its title and a summary, and no lines. */
export interface RecordPart {
  readonly kind: "record";
  readonly title: string;
  readonly summary: string;
  readonly lines: readonly RecordLine[];
}

export interface RecordLine {
  readonly who: string;
  readonly text: string;
}

/** There was something that cannot be handed on. */
export interface UnknownPart {
  readonly kind: "unknown";
  readonly msgtype: string;
  /** DingTalk's own words for it, or the name of a file that came without its code. */
  readonly said?: string | undefined;
}

/** A message that somebody answers to. All that is known of it may be its id. */
export interface Quote {
  readonly who?: string | undefined;
  /** DingTalk's opaque id of who said it: `$:LWCP_v1:$…`. */
  readonly senderId?: string | undefined;
  readonly fromRobot: boolean;
  readonly msgId?: string | undefined;
  /** What DingTalk answered when the robot sent it through OpenAPI. */
  readonly processQueryKey?: string | undefined;
  readonly parts: readonly Part[];
  readonly quote?: Quote | undefined;
}

/** What a message says, and what it answers to. */
export interface Said {
  readonly parts: readonly Part[];
  readonly quote?: Quote | undefined;
}
