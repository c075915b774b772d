import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { kindOf } from "../../../src/core/media/kind.ts";

/** One byte a character, padded like the beginning of a file that goes on. */
const bytes = (ascii: string, length = 0): Uint8Array => {
  const made = new Uint8Array(Math.max(length, ascii.length));
  for (let at = 0; at < ascii.length; at++) made[at] = ascii.charCodeAt(at);
  return made;
};
const utf8 = (text: string) => new TextEncoder().encode(text);
const told = (file: Uint8Array, name?: string) => {
  const { mime, family, extension } = kindOf(file, name);
  return `${family} ${mime} ${extension}`;
};
const ftyp = (brand: string, others = "") =>
  bytes(`\0\0\0${String.fromCharCode(16 + others.length)}ftyp${brand}\0\0\0\0${others}`, 64);

describe("magic bytes", () => {
  test.each([
    ["\xff\xd8\xff\xe0\0\x10JFIF", "image image/jpeg jpg"],
    ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image image/png png"],
    ["GIF87a", "image image/gif gif"],
    ["GIF89a\x01\0", "image image/gif gif"],
    ["RIFF\0\0\0\0WEBPVP8 ", "image image/webp webp"],
    [`BM${"\0".repeat(12)}\x28\0\0\0`, "image image/bmp bmp"],
    ["II*\0\x08\0\0\0", "image image/tiff tif"],
    ["MM\0*\0\0\0\x08", "image image/tiff tif"],
    ["#!AMR\n\x3c\x91", "audio audio/amr amr"],
    ["#!AMR-WB\n\x3c", "audio audio/amr-wb awb"],
    ["OggS\0\x02\0\0OpusHead", "audio audio/ogg ogg"],
    ["OggS\0\x02\0\0\x80theora", "video video/ogg ogv"],
    ["ID3\x04\0\0", "audio audio/mpeg mp3"],
    ["\xff\xfb\x90\x64", "audio audio/mpeg mp3"],
    ["\xff\xf3\x40\xc0", "audio audio/mpeg mp3"],
    ["\xff\xf1\x50\x80", "audio audio/aac aac"],
    ["RIFF\0\0\0\0WAVEfmt ", "audio audio/wav wav"],
    ["RIFF\0\0\0\0AVI LIST", "video video/x-msvideo avi"],
    ["fLaC\0\0\0\x22", "audio audio/flac flac"],
    ["\x1a\x45\xdf\xa3\x01\0\x42\x82\x84webm", "video video/webm webm"],
    ["\x1a\x45\xdf\xa3\x01\0\x42\x82\x88matroska", "video video/x-matroska mkv"],
    ["%PDF-1.7\n%\xe2\xe3", "document application/pdf pdf"],
    ["{\\rtf1\\ansi", "document application/rtf rtf"],
    ["\x1f\x8b\x08\0", "archive application/gzip gz"],
    ["Rar!\x1a\x07\x01\0", "archive application/vnd.rar rar"],
    ["Rar!\x1a\x07\0", "archive application/vnd.rar rar"],
    ["7z\xbc\xaf\x27\x1c\0\x04", "archive application/x-7z-compressed 7z"],
    ["\xfd7zXZ\0", "archive application/x-xz xz"],
    ["BZh91AY&SY", "archive application/x-bzip2 bz2"],
    ["\x7fELF\x02\x01", "binary application/x-elf elf"],
    ["MZ\x90\0\x03", "binary application/vnd.microsoft.portable-executable exe"],
  ])("%j: %s", (magic, expected) => {
    expect(told(bytes(magic, 64))).toBe(expected);
    expect(told(bytes(magic, 64), "名字.txt")).toBe(expected);
  });

  test.each([
    ["heic", "", "image image/heic heic"],
    ["hevx", "", "image image/heic heic"],
    ["mif1", "mif1heic", "image image/heic heic"],
    ["mif1", "mif1", "image image/heif heif"],
    ["mif1", "avif", "image image/avif avif"],
    ["avif", "", "image image/avif avif"],
    ["M4A ", "", "audio audio/mp4 m4a"],
    ["isom", "isomiso2avc1mp41", "video video/mp4 mp4"],
    ["mp42", "", "video video/mp4 mp4"],
    ["qt  ", "", "video video/quicktime mov"],
    ["3gp4", "", "video video/3gpp 3gp"],
  ])("brand %s with %j: %s", (brand, others, expected) => {
    expect(told(ftyp(brand, others), "x.mp4")).toBe(expected);
  });

  test("tar, by what stands at its 257th byte", () => {
    const tar = bytes("notes.txt", 512);
    tar.set(utf8("ustar"), 257);
    expect(told(tar)).toBe("archive application/x-tar tar");
  });

  test("Office's old format, by its streams", () => {
    const old = (stream: string) =>
      bytes(
        `\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1${"\0".repeat(504)}${stream.split("").join("\0")}\0`,
        1024,
      );
    expect(told(old("WordDocument"), "x.xls")).toBe("document application/msword doc");
    expect(told(old("Workbook"))).toBe("document application/vnd.ms-excel xls");
    expect(told(old("PowerPoint Document"))).toBe("document application/vnd.ms-powerpoint ppt");
    expect(told(old("Workbook!WordDocument"), "x.xls")).toBe(
      "document application/vnd.ms-excel xls",
    );
    expect(told(old("Setup"), "x.doc")).toBe("document application/x-ole-storage ole");
  });
});

describe("ZIP", () => {
  /** Entries without data, all a central directory needs; `first` is stored in a `mimetype`. */
  const zip = (names: readonly string[], comment = "", first = "") => {
    const short = (n: number) => String.fromCharCode(n & 255, n >> 8);
    const long = (n: number) => short(n & 0xffff) + short(n >>> 16);
    let local = "";
    let central = "";
    for (const name of names) {
      const data = name === "mimetype" ? first : "";
      const sizes = long(0) + long(data.length) + long(data.length);
      const head = `${short(20)}${short(0)}${short(0)}${long(0)}${sizes}${short(name.length)}`;
      central += `PK\x01\x02${short(20)}${head}${short(0)}${short(0)}${"\0".repeat(8)}${long(local.length)}${name}`;
      local += `PK\x03\x04${head}${short(0)}${name}${data}`;
    }
    const count = short(names.length);
    const end = `PK\x05\x06${short(0)}${short(0)}${count}${count}${long(central.length)}${long(local.length)}`;
    return bytes(local + central + end + short(comment.length) + comment);
  };
  const types = "[Content_Types].xml";
  const ooxml = "document application/vnd.openxmlformats-officedocument";

  test.each([
    [["a.txt"], "archive application/zip zip"],
    [[], "archive application/zip zip"],
    [["word/notes.txt"], "archive application/zip zip"],
    [[types, "_rels/.rels", "word/document.xml"], `${ooxml}.wordprocessingml.document docx`],
    [["_rels/.rels", "xl/workbook.xml", types], `${ooxml}.spreadsheetml.sheet xlsx`],
    [[types, "ppt/presentation.xml"], `${ooxml}.presentationml.presentation pptx`],
    [[types, "3D/model.model"], "archive application/zip zip"],
  ])("%j: %s", (names, expected) => {
    expect(told(zip(names), "x.docx")).toBe(expected);
    expect(told(zip(names, "a comment with PK\x05\x06 in it"), "x.zip")).toBe(expected);
  });

  test("OpenDocument and EPUB name themselves", () => {
    const odt = "application/vnd.oasis.opendocument.text";
    expect(told(zip(["mimetype"], "", odt))).toBe(`document ${odt} odt`);
    expect(told(zip(["mimetype"], "", "application/epub+zip"))).toBe(
      "document application/epub+zip epub",
    );
    expect(told(zip(["mimetype"], "", "toString"))).toBe("archive application/zip zip");
  });

  test("one that is cut off is still an archive", () => {
    const whole = zip([types, "word/document.xml"]);
    for (let length = 4; length < whole.length; length++) {
      expect(kindOf(whole.subarray(0, length)).family).toBe("archive");
    }
  });
});

describe("text", () => {
  test.each([
    ["notes.md", "text text/markdown md"],
    ["data.CSV", "text text/csv csv"],
    ["a.json", "text application/json json"],
    ["page.html", "text text/html html"],
    ["main.py", "text text/plain py"],
    ["notes.txt", "text text/plain txt"],
    ["x.file", "text text/plain txt"],
    ["photo.jpg", "text text/plain txt"],
    ["报告.docx", "text text/plain txt"],
    ["README", "text text/plain txt"],
    ["x.valueof", "text text/plain valueof"],
    ["", "text text/plain txt"],
  ])("%s: %s", (name, expected) => {
    expect(told(utf8("你好, world\r\n\t1"), name)).toBe(expected);
  });

  test("the charset", () => {
    const utf16 = (text: string, little: boolean) => {
      const view = new DataView(new ArrayBuffer(text.length * 2));
      for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), little);
      return new Uint8Array(view.buffer);
    };
    expect(kindOf(utf8("héllo 👍")).charset).toBe("utf-8");
    expect(kindOf(utf8("\ufeffa,b"), "a.csv")).toMatchObject({
      mime: "text/csv",
      charset: "utf-8",
    });
    expect(kindOf(utf16("\ufeffhello 你好", true)).charset).toBe("utf-16le");
    expect(kindOf(utf16("\ufeffhello 你好", false)).charset).toBe("utf-16be");
    // 你好，世界 in GB18030.
    const gb = bytes("name,\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\r\n");
    expect(kindOf(gb, "a.csv")).toEqual({
      mime: "text/csv",
      family: "text",
      extension: "csv",
      charset: "gb18030",
    });
    expect(kindOf(utf8("plain")).mime).toBe("text/plain");
    expect("charset" in kindOf(bytes("%PDF-1"))).toBe(false);
  });

  test("words that look like magic bytes", () => {
    for (const text of [
      "BMW and Audi",
      "ID3 tags",
      "MZ is a village",
      "BZh is no word",
      "Rar!",
      "7z",
    ])
      expect(kindOf(utf8(text)).family).toBe("text");
  });

  test("a long one, whose sample ends within a character", () => {
    for (let lead = 0; lead < 4; lead++) {
      expect(kindOf(utf8("x".repeat(lead) + "你".repeat(40_000))).charset).toBe("utf-8");
    }
  });

  test("an empty file is a text", () => {
    expect(told(new Uint8Array(), "x.png")).toBe("text text/plain txt");
  });

  test("control characters and broken bytes are none", () => {
    for (const binary of [
      "a\0b",
      "\x01\x02\x03",
      "abc\x1a",
      "\xff\xff\xff\xff",
      "\xfe\xff\xd8\x00",
    ])
      expect(told(bytes(binary), "a.md")).toBe("binary application/octet-stream bin");
  });
});

test("any bytes and any name have a kind", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.string(), (file, name) => {
      // A view into the middle of a buffer, as a stream hands it out.
      const within = new Uint8Array(file.length + 7);
      within.set(file, 7);
      expect(kindOf(within.subarray(7), name)).toEqual(kindOf(file, name));
    }),
  );
  const heads = ["PK\x03\x04", "PK\x05\x06", "\0\0\0\x18ftyp", "\xff\xfb", "OggS\0", "BM", "RIFF"];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 80 }), (head, rest) => {
      const made = new Uint8Array([...bytes(head), ...rest]);
      expect(kindOf(made).family).not.toBe("");
    }),
  );
});
