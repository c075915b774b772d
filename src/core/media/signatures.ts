import { asciiAt, find, standsAt } from "./bytes.ts";
import type { Family, Kind } from "./model.ts";

const kind = (family: Family, mime: string, extension: string): Kind => ({
  mime,
  family,
  extension,
});
const image = (type: string, extension = type) => kind("image", `image/${type}`, extension);
const audio = (type: string, extension = type) => kind("audio", `audio/${type}`, extension);
const video = (type: string, extension = type) => kind("video", `video/${type}`, extension);
const document = (type: string, extension: string) =>
  kind("document", `application/${type}`, extension);
const archive = (type: string, extension: string) =>
  kind("archive", `application/${type}`, extension);
const program = (type: string, extension: string) =>
  kind("binary", `application/${type}`, extension);

/**
 * Formats that begin with words of their own. Those that are made of letters alone go on until no text
 * begins like that.
 * @see https://www.iana.org/assignments/media-types/media-types.xhtml
 * @see https://en.wikipedia.org/wiki/List_of_file_signatures
 */
const SIGNATURES: readonly (readonly [string, Kind])[] = [
  ["\xff\xd8\xff", image("jpeg", "jpg")],
  ["\x89PNG\r\n\x1a\n", image("png")],
  ["GIF87a", image("gif")],
  ["GIF89a", image("gif")],
  ["II*\0", image("tiff", "tif")],
  ["MM\0*", image("tiff", "tif")],
  ["#!AMR\n", audio("amr")],
  ["#!AMR-WB\n", audio("amr-wb", "awb")],
  ["fLaC\0", audio("flac")],
  ["FLV\x01", video("x-flv", "flv")],
  ["\0\0\x01\xba", video("mpeg", "mpg")],
  ["\0\0\x01\xb3", video("mpeg", "mpg")],
  ["%PDF-", document("pdf", "pdf")],
  ["\xef\xbb\xbf%PDF-", document("pdf", "pdf")],
  ["{\\rtf1", document("rtf", "rtf")],
  ["\x1f\x8b\x08", archive("gzip", "gz")],
  ["Rar!\x1a\x07", archive("vnd.rar", "rar")],
  ["7z\xbc\xaf\x27\x1c", archive("x-7z-compressed", "7z")],
  ["\xfd7zXZ\0", archive("x-xz", "xz")],
  ["\x28\xb5\x2f\xfd", archive("zstd", "zst")],
  ["\x7fELF", program("x-elf", "elf")],
];

const OLE2 = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/** Streams in a compound file, and what has them. */
const OLE2_STREAMS = [
  ["WordDocument", document("msword", "doc")],
  ["Workbook", document("vnd.ms-excel", "xls")],
  ["PowerPoint Document", document("vnd.ms-powerpoint", "ppt")],
  ["__properties_version1.0", document("vnd.ms-outlook", "msg")],
] as const;

const WINDOWS_PROGRAM = program("vnd.microsoft.portable-executable", "exe");

/** What the first bytes say, for every format but ZIP. */
export function signatureOf(bytes: Uint8Array, extension: string): Kind | undefined {
  return (
    SIGNATURES.find(([magic]) => standsAt(bytes, 0, magic))?.[1] ??
    riff(bytes) ??
    isoMedia(bytes) ??
    ogg(bytes) ??
    matroska(bytes) ??
    mpegAudio(bytes) ??
    bitmap(bytes) ??
    compound(bytes, extension) ??
    (standsAt(bytes, 0, "MZ") && bytes.subarray(0, 64).includes(0) ? WINDOWS_PROGRAM : undefined) ??
    (standsAt(bytes, 0, "BZh") && standsAt(bytes, 4, "1AY&SY")
      ? archive("x-bzip2", "bz2")
      : undefined) ??
    (standsAt(bytes, 257, "ustar") ? archive("x-tar", "tar") : undefined)
  );
}

function riff(bytes: Uint8Array): Kind | undefined {
  if (!standsAt(bytes, 0, "RIFF")) return undefined;
  if (standsAt(bytes, 8, "WEBP")) return image("webp");
  if (standsAt(bytes, 8, "WAVE")) return audio("wav");
  return standsAt(bytes, 8, "AVI ") ? video("x-msvideo", "avi") : undefined;
}

/**
 * HEIC, HEIF, AVIF, MP4 and its kin: the brand tells.
 * @see https://mp4ra.org/registered-types/brands
 */
function isoMedia(bytes: Uint8Array): Kind | undefined {
  if (!standsAt(bytes, 4, "ftyp")) return undefined;
  const brand = asciiAt(bytes, 8, 4);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const others = asciiAt(bytes, 16, Math.min(Math.max(0, length - 16), 256));
  if (/^(hei[cxms]|hev[cxms])$/.test(brand)) return image("heic");
  if (/^avi[fs]$/.test(brand)) return image("avif");
  if (/^(mif[12]|msf1)$/.test(brand)) {
    if (/avi[fs]/.test(others)) return image("avif");
    return /hei[cxms]|hev[cxms]/.test(others) ? image("heic") : image("heif");
  }
  if (/^M4[ABP] $/.test(brand)) return audio("mp4", "m4a");
  if (brand === "qt  ") return video("quicktime", "mov");
  return /^3g[2p]/.test(brand) ? video("3gpp", "3gp") : video("mp4");
}

function ogg(bytes: Uint8Array): Kind | undefined {
  if (!standsAt(bytes, 0, "OggS\0")) return undefined;
  return find(bytes, "\x80theora", 0, 512) === -1 ? audio("ogg") : video("ogg", "ogv");
}

function matroska(bytes: Uint8Array): Kind | undefined {
  if (!standsAt(bytes, 0, "\x1a\x45\xdf\xa3")) return undefined;
  return find(bytes, "webm", 0, 64) === -1 ? video("x-matroska", "mkv") : video("webm");
}

/**
 * MP3 and AAC have no magic: a tag, or a frame's header whose fields make sense.
 * @see http://www.mp3-tech.org/programmer/frame_header.html
 */
function mpegAudio(bytes: Uint8Array): Kind | undefined {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (standsAt(bytes, 0, "ID3") && fourth < 0x10) return audio("mpeg", "mp3");
  if (first !== 0xff || bytes.length < 4) return undefined;
  if ((second & 0xf6) === 0xf0) return audio("aac");
  const layer3 = (second & 0xe6) === 0xe2;
  const version = (second >> 3) & 3;
  const rates = third >> 4 !== 15 && third >> 4 !== 0 && ((third >> 2) & 3) !== 3;
  return layer3 && version !== 1 && rates ? audio("mpeg", "mp3") : undefined;
}

/** Two letters are no proof: the size of the header behind them is one of a few. */
function bitmap(bytes: Uint8Array): Kind | undefined {
  const header = [12, 40, 52, 56, 64, 108, 124].includes(bytes[14] ?? 0);
  return standsAt(bytes, 0, "BM") && header && standsAt(bytes, 15, "\0\0\0")
    ? image("bmp")
    : undefined;
}

function compound(bytes: Uint8Array, extension: string): Kind | undefined {
  if (!standsAt(bytes, 0, OLE2)) return undefined;
  const within = OLE2_STREAMS.filter(([stream]) => find(bytes, stream.split("").join("\0")) !== -1);
  // A document with another one in it has the streams of both.
  const found = within.find(([, kind]) => kind.extension === extension) ?? within[0];
  return found?.[1] ?? document("x-ole-storage", "ole");
}
