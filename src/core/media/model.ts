export type Family = "image" | "audio" | "video" | "document" | "text" | "archive" | "binary";
export type Charset = "utf-8" | "utf-16le" | "utf-16be" | "gb18030";

/** What a file is. */
export interface Kind {
  readonly mime: string;
  readonly family: Family;
  /** Without the dot, small letters. */
  readonly extension: string;
  /** Of text: the label `TextDecoder` takes. */
  readonly charset?: Charset;
}
