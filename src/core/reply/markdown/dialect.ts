/** What a renderer of DingTalk's understands, and how it wants it written. */
export interface Dialect {
  readonly kind: "robot" | "card" | "plain";
  /** What a line break inside a paragraph is. */
  readonly lineBreak: string;
  readonly bullet: string;
  readonly rule: string;
  readonly headings: number;
  /** Whether an ordered list may stand inside another list. */
  readonly nestedNumbers: boolean;
}

/**
 * Robot messages: a single newline joins two lines unless two spaces stand before it.
 * @see https://open.dingtalk.com/document/development/robot-message-type
 */
export const ROBOT: Dialect = {
  kind: "robot",
  lineBreak: "  \n",
  bullet: "- ",
  rule: "---",
  headings: 6,
  nestedNumbers: true,
};

/**
 * A card's markdown variable.
 * @see https://open.dingtalk.com/document/development/markdown-variable-new
 */
export const CARD: Dialect = {
  kind: "card",
  lineBreak: "<br>",
  bullet: "* ",
  rule: "***",
  headings: 5,
  nestedNumbers: false,
};

/** No markup at all: what a text message shows. */
export const PLAIN: Dialect = {
  kind: "plain",
  lineBreak: "\n",
  bullet: "- ",
  rule: "———",
  headings: 6,
  nestedNumbers: true,
};

/** What words are written by. */
export interface Inline {
  readonly dialect: Dialect;
  /** Names people are @-ed by, which must stay as they are written. */
  readonly names: readonly string[];
  /** Addresses that definitions gave to links, so that nobody misses the definition. */
  readonly used: Set<string>;
}

/** How a block is cut in two. */
export interface Cutting {
  readonly dialect: Dialect;
  readonly names: readonly string[];
  /** The message has nothing else in it, so something must go in. */
  readonly forced: boolean;
}
