/** What an upload is for. */
export type UploadType = "image" | "voice" | "video" | "file";

interface Rule {
  readonly maxBytes: number;
  /** Names' endings; undefined: any. */
  readonly formats: readonly string[] | undefined;
}

const MB = 2 ** 20;

/**
 * Of the type `file` DingTalk documents only office documents, pdf, zip and rar, and takes others. Of
 * sound it documents amr, mp3 and wav here, and ogg where the upload is then used.
 */
export const UPLOAD_RULES: Readonly<Record<UploadType, Rule>> = {
  image: { maxBytes: 20 * MB, formats: ["jpg", "jpeg", "gif", "png", "bmp"] },
  voice: { maxBytes: 2 * MB, formats: ["amr", "mp3", "wav", "ogg"] },
  video: { maxBytes: 20 * MB, formats: ["mp4"] },
  file: { maxBytes: 20 * MB, formats: undefined },
};

const ascii = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const ZIP = [0x50, 0x4b];
const OLE = [0xd0, 0xcf, 0x11, 0xe0];

/** How files begin, by ending: at one of these places with these bytes. */
const MAGIC: Readonly<Record<string, readonly { readonly at?: number; readonly is: number[] }[]>> =
  {
    jpg: [{ is: [0xff, 0xd8, 0xff] }],
    jpeg: [{ is: [0xff, 0xd8, 0xff] }],
    gif: [{ is: ascii("GIF8") }],
    png: [{ is: [0x89, ...ascii("PNG")] }],
    bmp: [{ is: ascii("BM") }],
    amr: [{ is: ascii("#!AMR") }],
    mp3: [{ is: ascii("ID3") }, { is: [0xff, 0xfb] }, { is: [0xff, 0xf3] }, { is: [0xff, 0xf2] }],
    wav: [{ is: ascii("RIFF") }],
    ogg: [{ is: ascii("OggS") }],
    mp4: [{ at: 4, is: ascii("ftyp") }],
    pdf: [{ is: ascii("%PDF") }],
    zip: [{ is: ZIP }],
    docx: [{ is: ZIP }],
    xlsx: [{ is: ZIP }],
    pptx: [{ is: ZIP }],
    doc: [{ is: OLE }],
    xls: [{ is: OLE }],
    ppt: [{ is: OLE }],
    rar: [{ is: ascii("Rar!") }],
  };

/** What a browser takes these bytes for. */
const MIMES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  gif: "image/gif",
  png: "image/png",
  bmp: "image/bmp",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  ogg: "audio/ogg",
  amr: "audio/amr",
  mp4: "video/mp4",
};

/** Whether the bytes begin as those of files with this ending; true for endings nobody knows. */
export function beginsAs(ending: string, bytes: Uint8Array): boolean {
  const marks = MAGIC[ending];
  return (
    marks === undefined ||
    marks.some(({ at = 0, is }) => is.every((byte, offset) => bytes[at + offset] === byte))
  );
}

export const endingOf = (name: string): string => /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "";

/** By its bytes, whatever it is called. Undefined: nothing that is shown or played. */
export function mimeOf(bytes: Uint8Array): string | undefined {
  const ending = Object.keys(MIMES).find((known) => beginsAs(known, bytes));
  return ending === undefined ? undefined : MIMES[ending];
}
