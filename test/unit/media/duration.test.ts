import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { durationMs } from "../../../src/core/media/duration.ts";

const ascii = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const zeros = (count: number) => Array.from({ length: count }, () => 0);
const u16 = (value: number) => [value & 255, (value >> 8) & 255];
const be32 = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
const le32 = (value: number) => be32(value).toReversed();
const le64 = (value: bigint) => [
  ...le32(Number(value & 0xffffffffn)),
  ...le32(Number(value >> 32n)),
];
const file = (...parts: readonly (readonly number[])[]) => Uint8Array.from(parts.flat());

describe("AMR", () => {
  const frame = (type: number, size: number) => [type << 3, ...zeros(size)];
  const narrow = ascii("#!AMR\n");
  const wide = ascii("#!AMR-WB\n");

  test.each([
    ["12.2 kbit/s", 7, 31],
    ["4.75 kbit/s", 0, 12],
    ["silence", 8, 5],
    ["no data", 15, 0],
  ])("50 frames of %s are a second", (_what, type, size) => {
    const frames = Array.from({ length: 50 }, () => frame(type, size)).flat();
    expect(durationMs(file(narrow, frames))).toBe(1000);
  });

  test("frames of several kinds, in wideband too", () => {
    expect(durationMs(file(narrow, frame(7, 31), frame(8, 5), frame(15, 0)))).toBe(60);
    expect(durationMs(file(wide, frame(8, 60), frame(9, 5), frame(14, 0), frame(2, 32)))).toBe(80);
  });

  test("a frame that is cut off does not count", () => {
    expect(durationMs(file(narrow, frame(7, 31), frame(7, 30)))).toBe(20);
  });

  test("what is no frame makes the length unknown; so does none", () => {
    expect(durationMs(file(narrow, frame(7, 31), frame(12, 10)))).toBeUndefined();
    expect(durationMs(file(narrow))).toBeUndefined();
  });
});

const page = (granule: bigint, body: readonly number[], serial = 7) => {
  const lengths = [...zeros(Math.floor(body.length / 255)).map(() => 255), body.length % 255];
  const head = [...ascii("OggS"), 0, 0, ...le64(granule), ...le32(serial), ...zeros(8)];
  return [...head, lengths.length, ...lengths, ...body];
};

describe("Ogg", () => {
  const opus = [...ascii("OpusHead"), 1, 1, ...u16(312), ...le32(16_000), 0, 0, 0];
  const vorbis = [...ascii("\x01vorbis"), ...le32(0), 2, ...le32(44_100), ...zeros(14)];

  test("Opus: 48 kHz whatever it was recorded at, without what is skipped", () => {
    const pages = [page(0n, opus), page(24_000n, zeros(600)), page(96_312n, zeros(40))];
    expect(durationMs(file(...pages))).toBe(2000);
  });

  test("Vorbis: at its own rate", () => {
    expect(durationMs(file(page(0n, vorbis), page(66_150n, zeros(300))))).toBe(1500);
  });

  test("pages on which nothing ends, and those of other streams, do not count", () => {
    const none = page(0xffffffffffffffffn, zeros(255));
    const other = page(480_000_000n, zeros(10), 8);
    expect(durationMs(file(page(0n, opus), page(48_312n, zeros(9)), none, other))).toBe(1000);
  });

  test("what is damaged is as long as what comes before", () => {
    expect(durationMs(file(page(0n, opus), page(48_312n, zeros(9)), zeros(50)))).toBe(1000);
  });

  test("no sound yet, an impossible rate, or another codec: unknown", () => {
    expect(durationMs(file(page(0n, opus)))).toBeUndefined();
    const still = [...ascii("\x01vorbis"), ...le32(0), 2, ...zeros(20)];
    expect(durationMs(file(page(0n, still), page(66_150n, zeros(9))))).toBeUndefined();
    const speex = page(0n, [...ascii("Speex   "), ...zeros(60)]);
    expect(durationMs(file(speex, page(66_150n, zeros(9))))).toBeUndefined();
  });
});

describe("MP4", () => {
  const box = (type: string, ...contents: readonly (readonly number[])[]) => {
    const body = contents.flat();
    return [...be32(8 + body.length), ...ascii(type), ...body];
  };
  const wideBox = (type: string, body: readonly number[]) => [
    ...be32(1),
    ...ascii(type),
    ...be32(0),
    ...be32(16 + body.length),
    ...body,
  ];
  const ftyp = box("ftyp", ascii("isom"), zeros(4));
  const mvhd = (scale: number, length: number) =>
    box("mvhd", zeros(12), be32(scale), be32(length), zeros(80));
  const long = (scale: number, high: number, low: number) =>
    box("mvhd", [1], zeros(19), be32(scale), be32(high), be32(low), zeros(80));

  test("the movie header says it, wherever it stands", () => {
    const media = box("mdat", zeros(100));
    const trak = box("trak", zeros(30));
    expect(durationMs(file(ftyp, box("moov", mvhd(600, 3000)), media))).toBe(5000);
    expect(durationMs(file(ftyp, media, box("moov", trak, mvhd(1000, 1234))))).toBe(1234);
  });

  test("64-bit lengths and sizes", () => {
    expect(durationMs(file(ftyp, box("moov", long(90_000, 1, 0))))).toBe(
      Math.round((2 ** 32 / 90_000) * 1000),
    );
    const moov = box("moov", mvhd(1000, 700));
    expect(durationMs(file(ftyp, wideBox("mdat", zeros(50)), moov))).toBe(700);
    expect(durationMs(file(ftyp, wideBox("moov", mvhd(1000, 700))))).toBe(700);
  });

  test("a box of size 0 goes on to the end", () => {
    expect(durationMs(file(ftyp, be32(0), ascii("moov"), mvhd(1000, 900)))).toBe(900);
    const moov = box("moov", mvhd(1000, 700));
    expect(durationMs(file(ftyp, be32(0), ascii("mdat"), moov))).toBeUndefined();
  });

  test.each([
    ["no header", box("moov", box("trak"))],
    ["length not known", box("moov", mvhd(1000, 0xffffffff))],
    ["long length not known", box("moov", long(1000, 0xffffffff, 0xffffffff))],
    ["no time scale", box("moov", mvhd(0, 5000))],
    ["length 0, as in fragments", box("moov", mvhd(1000, 0))],
    ["a box smaller than its header", [...be32(4), ...ascii("free"), ...box("moov", mvhd(1, 1))]],
    ["a wide box smaller than its header", [...be32(1), ...ascii("free"), ...zeros(8)]],
    ["a box larger than the file", [...be32(0x7fffffff), ...ascii("free"), ...box("moov")]],
    ["cut off in the header", box("moov", mvhd(1000, 5000)).slice(0, 30)],
    ["header beyond its box", box("moov", box("mvhd", zeros(10))).concat(be32(7), be32(7))],
  ])("%s: unknown", (_what, boxes) => {
    expect(durationMs(file(ftyp, boxes))).toBeUndefined();
  });

  test("other files that hold such boxes are not asked", () => {
    expect(durationMs(file(box("moov", mvhd(600, 3000))))).toBeUndefined();
  });
});

describe("any bytes", () => {
  const starts = [
    ascii("#!AMR\n"),
    ascii("#!AMR-WB\n"),
    page(0n, [...ascii("OpusHead"), 1, 1, 0, 0, ...zeros(8)]),
    page(0n, [...ascii("\x01vorbis"), ...zeros(4), 2, 68, 172, ...zeros(16)]),
    [...be32(16), ...ascii("ftypisom"), ...zeros(4)],
    [],
  ];
  const words = [
    "OggS",
    "moov",
    "mvhd",
    "free",
    "\0\0\0\x01",
    "\0\0\0\0",
    "\xff\xff\xff\xff",
    "\0\0\0\x10",
  ];
  const piece = fc.oneof(
    fc.constantFrom(...words.map(ascii)),
    fc.array(fc.nat(255), { maxLength: 40 }),
  );

  test("have a length, or none: it ends and throws nothing", () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.array(piece, { maxLength: 20 }), (start, rest) => {
        const ms = durationMs(file(start, ...rest));
        expect(ms === undefined || (Number.isInteger(ms) && ms > 0)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("bytes out of the middle of a buffer are those that count", () => {
    const amr = file(ascii("#!AMR\n"), [15 << 3, 15 << 3]);
    const around = Uint8Array.from([0, 0, 0, ...amr, 15 << 3, 15 << 3]);
    expect(durationMs(around.subarray(3, 3 + amr.length))).toBe(40);
  });
});
