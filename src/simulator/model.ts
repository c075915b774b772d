import type { UploadType } from "./media-types.ts";

/** The webhook's shape. Kinds that it does not have are `{ msgtype: <msgKey>, ...<msgParam> }`. */
export interface SentBody {
  readonly msgtype: string;
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly title: string; readonly text: string };
  readonly at?: { readonly atUserIds?: readonly string[]; readonly isAtAll?: boolean };
  readonly [field: string]: unknown;
}

/** A file the robot has uploaded. */
export interface Upload {
  readonly mediaId: string;
  readonly time: number;
  readonly type: UploadType;
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By its bytes; undefined for what no browser shows or plays. */
  readonly mime: string | undefined;
}

/** `flowStatus` of an AI card in words. */
export const STATES = {
  "1": "processing",
  "2": "inputing",
  "3": "finished",
  "4": "executing",
  "5": "failed",
} as const;
export type CardState = (typeof STATES)[keyof typeof STATES];
