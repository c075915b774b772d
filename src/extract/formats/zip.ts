import { inflateRawSync } from "node:zlib";
import { UnreadableError, type ExtractLimits } from "../types.ts";

/** Document parts pack well, but not this well: what does, above a size, was made to explode. */
const MAX_RATIO = 300;
const SMALL = 1_000_000;

const END = 0x06_05_4b_50;
const CENTRAL = 0x02_01_4b_50;
const LOCAL = 0x04_03_4b_50;
/** The end record is 22 bytes and a comment of at most 65535. */
const END_BYTES = 22;
const MAX_COMMENT = 65_535;

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly packed: number;
  readonly declared: number;
  readonly offset: number;
}

export interface Archive {
  /**
   * One part, unpacked; `undefined` if there is none of that name. Names are only looked up, never
   * used as a path. Throws UnreadableError: `too large` once all parts read come to more than
   * `limits.inflatedBytes`, by what they declare or by what comes out.
   */
  read(name: string): Uint8Array | undefined;
}

/**
 * A zip archive as office documents use it: read by its directory, one part at a time, nothing written
 * anywhere, nothing in it opened as an archive again. Throws UnreadableError.
 */
export function openZip(
  bytes: Uint8Array,
  limits: Pick<ExtractLimits, "inflatedBytes" | "entries">,
): Archive {
  const entries = directoryOf(bytes, limits.entries);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let left = limits.inflatedBytes;

  return {
    read(name) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      if (entry.encrypted) throw new UnreadableError("encrypted");
      const ratio = entry.declared / Math.max(entry.packed, 1);
      if (entry.declared > left || (entry.declared > SMALL && ratio > MAX_RATIO)) {
        throw new UnreadableError("too large");
      }
      const at = entry.offset;
      if (at + 30 > bytes.length || view.getUint32(at, true) !== LOCAL) throw damaged();
      const from = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
      if (from + entry.packed > bytes.length) throw damaged();
      const part = unpack(bytes.subarray(from, from + entry.packed), entry.method, left);
      left -= part.length;
      return part;
    },
  };
}

/** Stops while unpacking once there is more than `max`, whatever the directory promised. */
function unpack(packed: Uint8Array, method: number, max: number): Uint8Array {
  if (method === 0) {
    if (packed.length > max) throw new UnreadableError("too large");
    return packed;
  }
  if (method !== 8) throw damaged();
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(max, 1) });
  } catch (error) {
    const { code } = error as { code?: string };
    throw code === "ERR_BUFFER_TOO_LARGE" ? new UnreadableError("too large") : damaged();
  }
}

function directoryOf(bytes: Uint8Array, most: number): Map<string, Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  // 65535 stands for zip64, far more than a document has.
  if (count > most) throw new UnreadableError("too large");
  const decoder = new TextDecoder();
  const entries = new Map<string, Entry>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) throw damaged();
    const nameLength = view.getUint16(at + 28, true);
    const name = decoder.decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const entry = {
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      declared: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    if (!entries.has(name)) entries.set(name, entry);
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function endOf(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw damaged();
}

function damaged(): UnreadableError {
  return new UnreadableError("damaged");
}
