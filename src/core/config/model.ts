import type { Config } from "./schema.ts";

/** JSON as files hold it. */
export type Tree = Record<string, unknown>;

/** A configuration file that has been read: `json` is the parsed JSON5. */
export interface ConfigFile {
  readonly path: string;
  readonly json: unknown;
}

/** Something about one key that its owner should know. */
export interface Note {
  /** As it stands in the file, below the channel's block: "accounts.work.messageType". */
  readonly path: string;
  /**
   * `alias`: another bridge's key, taken under the name `text` gives · `understood`: bridges disagree on
   * what it means, `text` says how it is read here · `ignored`: another bridge's key that means nothing
   * here, `text` says why · `unknown`: nobody's key.
   */
  readonly kind: "alias" | "understood" | "ignored" | "unknown";
  /** English, one line, never a value that could be a secret. */
  readonly text: string;
}

/** One key as it is in force. */
export interface Effective {
  /** Canonical: "http.port", "accounts.work.reply.mode"; for the one account without a name "reply.mode". */
  readonly path: string;
  /** Secrets as "***". */
  readonly value: unknown;
  /** "default", a variable's name, or a file's path and the key there. */
  readonly source: string;
}

export interface Loaded {
  /** Undefined if there are problems, or if nothing is enabled. */
  readonly config: Config | undefined;
  /** One line each: key path, what is wrong, what would be right. Never a value. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly Note[];
  /** All keys, also where there are problems with others. */
  readonly effective: readonly Effective[];
  /** Neither Client ID nor Secret is set anywhere: nobody has configured a robot yet. */
  readonly unconfigured: boolean;
  /** `enabled: false` everywhere: nothing is to run, whatever else is right or wrong. */
  readonly disabled: boolean;
  /** The gateway's token, known even where there is no robot yet: for the demo. */
  readonly gatewayToken: string | undefined;
}
