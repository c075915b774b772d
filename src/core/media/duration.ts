import { standsAt } from "./bytes.ts";

/**
 * How long sound or video plays, in ms, by its bytes: AMR, Ogg (Opus, Vorbis), MP4 and its kin. Undefined
 * for anything else, and for what does not say. Whatever the bytes are: it ends, and never throws.
 */
export function durationMs(bytes: Uint8Array): number | undefined {
  const ms = amr(bytes) ?? ogg(bytes) ?? mp4(bytes);
  return ms !== undefined && Number.isFinite(ms) && ms >= 1 ? Math.round(ms) : undefined;
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const FRAME_MS = 20;
/** Bytes behind a frame's first one, by its type; types that are not there end the counting. */
const AMR_NB = [12, 13, 15, 17, 19, 20, 26, 31, 5];
const AMR_WB = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5];
/** "Speech lost" (of AMR-WB) and "no data": a frame's time without its sound. */
const AMR_EMPTY = { nb: [15], wb: [14, 15] };

/** @see https://www.rfc-editor.org/rfc/rfc4867#section-5 */
function amr(bytes: Uint8Array): number | undefined {
  if (standsAt(bytes, 0, "#!AMR\n")) return framesIn(bytes, 6, AMR_NB, AMR_EMPTY.nb);
  if (standsAt(bytes, 0, "#!AMR-WB\n")) return framesIn(bytes, 9, AMR_WB, AMR_EMPTY.wb);
  return undefined;
}

/** A last frame that is cut off does not count. */
function framesIn(
  bytes: Uint8Array,
  from: number,
  sizes: readonly number[],
  empty: readonly number[],
): number | undefined {
  let frames = 0;
  let at = from;
  for (;;) {
    const head = bytes[at];
    if (head === undefined) break;
    const type = (head >> 3) & 15;
    const size = empty.includes(type) ? 0 : sizes[type];
    if (size === undefined) return undefined;
    at += 1 + size;
    if (at > bytes.length) break;
    frames++;
  }
  return frames * FRAME_MS;
}

const PAGE_HEADER = 27;
const NO_GRANULE = 2 ** 63;

/**
 * The position of the last page of the first stream, in samples.
 * @see https://www.rfc-editor.org/rfc/rfc3533#section-6
 */
function ogg(bytes: Uint8Array): number | undefined {
  if (!standsAt(bytes, 0, "OggS") || bytes.length < PAGE_HEADER) return undefined;
  const view = viewOf(bytes);
  const serial = view.getUint32(14, true);
  const codec = oggCodec(bytes, view);
  if (codec === undefined) return undefined;
  let last: number | undefined;
  let at = 0;
  while (at + PAGE_HEADER <= bytes.length && standsAt(bytes, at, "OggS")) {
    const granule = view.getUint32(at + 10, true) * 2 ** 32 + view.getUint32(at + 6, true);
    // All ones: no packet ends on this page.
    if (view.getUint32(at + 14, true) === serial && granule < NO_GRANULE) last = granule;
    const body = at + PAGE_HEADER + (bytes[at + 26] ?? 0);
    const lengths = bytes.subarray(at + PAGE_HEADER, body);
    at = lengths.reduce((end, length) => end + length, body);
  }
  return last === undefined ? undefined : ((last - codec.skipped) / codec.rate) * 1000;
}

/**
 * @see https://www.rfc-editor.org/rfc/rfc7845#section-5.1
 * @see https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-630004.2.2
 */
function oggCodec(bytes: Uint8Array, view: DataView) {
  const at = PAGE_HEADER + (bytes[26] ?? 0);
  if (at + 16 > bytes.length) return undefined;
  // Opus counts in 48 kHz whatever its sound was sampled at.
  if (standsAt(bytes, at, "OpusHead")) {
    return { rate: 48_000, skipped: view.getUint16(at + 10, true) };
  }
  if (!standsAt(bytes, at, "\x01vorbis")) return undefined;
  return { rate: view.getUint32(at + 12, true), skipped: 0 };
}

interface Box {
  /** Where its contents begin, and where they end within the file. */
  readonly from: number;
  readonly to: number;
}

/**
 * The movie header: a time scale, and the length in it.
 * @see https://developer.apple.com/documentation/quicktime-file-format/movie_header_atom
 */
function mp4(bytes: Uint8Array): number | undefined {
  if (!standsAt(bytes, 4, "ftyp")) return undefined;
  const view = viewOf(bytes);
  const moov = boxIn(bytes, view, { from: 0, to: bytes.length }, "moov");
  const mvhd = moov === undefined ? undefined : boxIn(bytes, view, moov, "mvhd");
  if (mvhd === undefined) return undefined;
  const { from, to } = mvhd;
  const long = bytes[from] === 1;
  if (from + (long ? 32 : 20) > to) return undefined;
  const scale = view.getUint32(from + (long ? 20 : 12));
  const high = long ? view.getUint32(from + 24) : 0;
  const low = view.getUint32(from + (long ? 28 : 16));
  // All ones: not known.
  const unknown = low === 0xffffffff && (!long || high === 0xffffffff);
  return unknown ? undefined : ((high * 2 ** 32 + low) / scale) * 1000;
}

/** The first box of this type in another; each takes at least its header, so the search ends. */
function boxIn(bytes: Uint8Array, view: DataView, { from, to }: Box, type: string) {
  let at = from;
  while (at + 8 <= to) {
    const short = view.getUint32(at);
    const wide = short === 1;
    if (wide && at + 16 > to) return undefined;
    const header = wide ? 16 : 8;
    const size = wide ? view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12) : short;
    // 0: up to the end of the file.
    const end = short === 0 ? to : at + size;
    if (end < at + header) return undefined;
    if (standsAt(bytes, at + 4, type)) return { from: at + header, to: Math.min(end, to) };
    at = end;
  }
  return undefined;
}
