import { describe, expect, test } from "bun:test";
import type { Attachment, Source } from "../../../src/core/message.ts";
import { AMR, begin, MB, MP4, OGG, PDF, PNG, preparing, types } from "./_preparing.ts";

describe("a picture", () => {
  test.each([
    ["jpg", "\xff\xd8\xff\xe0"],
    ["png", PNG],
    ["gif", "GIF89a"],
    ["bmp", `BM${"\0".repeat(12)}\x28\0\0\0`],
  ])("%s, whatever it is called: as a picture", async (extension, start) => {
    const { prepare, uploads } = preparing({ disk: { "/srv/a.dat": begin(start, 64) } });
    expect(await prepare("image", "/srv/a.dat")).toEqual({
      ok: true,
      message: { format: "image", source: { mediaId: "@image0" }, name: "a.dat" },
    });
    expect(uploads).toMatchObject([{ type: "image", name: `image.${extension}` }]);
  });

  test.each([
    ["webp", begin("RIFF\0\0\0\0WEBPVP8 ", 64)],
    ["heic", begin("\0\0\0\x10ftypheic\0\0\0\0", 64)],
    ["svg", begin('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["png", begin(PNG, 10 * MB + 1)],
    ["pdf", PDF],
  ])("%s that DingTalk does not show: as a file", async (extension, bytes) => {
    const path = `/srv/chart.${extension}`;
    const { prepare, uploads } = preparing({ disk: { [path]: bytes } });
    expect(await prepare("image", path)).toEqual({
      ok: true,
      message: { format: "file", source: { mediaId: "@file0" }, name: `chart.${extension}` },
    });
    expect(types(uploads)).toEqual(["file"]);
  });

  test("at 10 MB it still is one", async () => {
    const { prepare } = preparing({ disk: { "/srv/a.png": begin(PNG, 10 * MB) } });
    expect(await prepare("image", "/srv/a.png")).toMatchObject({ message: { format: "image" } });
  });

  test("on a public https address: DingTalk fetches it", async () => {
    const { prepare, uploads, fetched } = preparing();
    for (const url of [
      "https://example.com/a.png?x=1",
      "https://1.1.1.1/a",
      "https://a.cn:8443/",
    ]) {
      expect(await prepare("image", { url })).toEqual({
        ok: true,
        message: { format: "image", source: { url } },
      });
    }
    expect([uploads, fetched]).toEqual([[], []]);
  });

  test.each([
    ["http", "http://example.com/a.png", []],
    ["on a host of the owner's network", "https://files.corp.example/a.png", ["*.corp.example"]],
    ["on an address of it", "https://10.1.2.3/a.png", ["10.1.2.3"]],
    ["on a name that only means something here", "https://nas/a.png", ["nas"]],
  ])("%s: is fetched and uploaded", async (_what, url, allowHosts) => {
    const { prepare, uploads, fetched } = preparing({
      web: () => new Response(begin(PNG, 64)),
      hosts: { "files.corp.example": ["10.0.0.9"], nas: ["192.168.1.2"] },
      allowHosts,
    });
    expect(await prepare("image", { url })).toMatchObject({
      message: { format: "image", source: { mediaId: "@image0" }, name: "a.png" },
    });
    expect(fetched).toEqual([url]);
    expect(types(uploads)).toEqual(["image"]);
  });

  test.each([
    "https://localhost/a.png",
    "https://10.1.2.3/a.png",
    "https://[::1]/a.png",
    "https://169.254.169.254/latest",
    "https://printer.local/a.png",
    "https://user:pw@example.com/a.png",
    "http://metadata.example/a.png",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA",
    "not a url",
  ])("%s: not allowed", async (url) => {
    const { prepare, fetched, uploads } = preparing({
      hosts: {
        localhost: ["127.0.0.1"],
        "printer.local": ["192.168.1.7"],
        "metadata.example": ["1.1.1.1", "169.254.169.254"],
      },
    });
    expect(await prepare("image", { url })).toMatchObject({ failure: "final", why: "not-allowed" });
    expect([fetched, uploads]).toEqual([[], []]);
  });
});

describe("sound", () => {
  test.each([
    ["amr", AMR(3), 3000],
    ["ogg", OGG, 1000],
  ])("%s of known length: as a voice message", async (extension, bytes, durationMs) => {
    const path = `/srv/said.${extension}`;
    const { prepare, uploads } = preparing({ disk: { [path]: bytes } });
    // What the bytes say counts.
    expect(await prepare("audio", path, { durationMs: 9 })).toEqual({
      ok: true,
      message: {
        format: "audio",
        source: { mediaId: "@voice0" },
        name: `said.${extension}`,
        durationMs,
      },
    });
    expect(uploads).toMatchObject([{ type: "voice", name: `voice.${extension}` }]);
  });

  test("a length somebody tells is better than none", async () => {
    const { prepare } = preparing({ disk: { "/srv/a.ogg": begin("OggS\0\x02", 64) } });
    expect(await prepare("audio", "/srv/a.ogg", { durationMs: 4000 })).toMatchObject({
      message: { format: "audio", durationMs: 4000 },
    });
    expect(await prepare("audio", "/srv/a.ogg")).toMatchObject({ message: { format: "file" } });
    expect(await prepare("audio", "/srv/a.ogg", { durationMs: 0 })).toMatchObject({
      message: { format: "file" },
    });
  });

  test.each([
    ["mp3", begin("ID3\x04\0\0", 64)],
    ["wav", begin("RIFF\0\0\0\0WAVEfmt ", 64)],
    ["m4a", begin("\0\0\0\x10ftypM4A \0\0\0\0", 64)],
    ["amr", AMR(61)],
    ["ogg", begin(String.fromCharCode(...OGG), 2 * MB + 1)],
    ["png", begin(PNG, 64)],
  ])("%s that is no voice message: as a file", async (extension, bytes) => {
    const path = `/srv/said.${extension}`;
    const { prepare, uploads } = preparing({ disk: { [path]: bytes } });
    expect(await prepare("audio", path, { durationMs: 1000 })).toMatchObject({
      message: { format: "file", name: `said.${extension}` },
    });
    expect(types(uploads)).toEqual(["file"]);
  });
});

describe("a video", () => {
  const disk = {
    "/srv/a.mp4": MP4,
    "/srv/cover.png": begin(PNG, 64),
    "/srv/cover.pdf": PDF,
    "/srv/b.mov": begin("\0\0\0\x10ftypqt  \0\0\0\0", 64),
  };
  const cover = { path: "/srv/cover.png" };

  test("with a cover: as a video", async () => {
    const { prepare, uploads } = preparing({ disk });
    expect(await prepare("video", "/srv/a.mp4", { cover })).toEqual({
      ok: true,
      message: {
        format: "video",
        source: { mediaId: "@video1" },
        name: "a.mp4",
        durationMs: 2500,
        cover: { mediaId: "@image0" },
      },
    });
    expect(uploads).toMatchObject([{ type: "image" }, { type: "video", name: "video.mp4" }]);
  });

  test("a cover on the web has to be uploaded too", async () => {
    const { prepare, uploads } = preparing({ disk, web: () => new Response(begin(PNG, 64)) });
    const url = "https://example.com/cover.png";
    expect(await prepare("video", "/srv/a.mp4", { cover: { url } })).toMatchObject({
      message: { format: "video", cover: { mediaId: "@image0" } },
    });
    expect(types(uploads)).toEqual(["image", "video"]);
  });

  test.each<[string, string, Source | undefined]>([
    ["no cover", "/srv/a.mp4", undefined],
    ["a cover that is not there", "/srv/a.mp4", { path: "/srv/gone.png" }],
    ["a cover that is no picture", "/srv/a.mp4", { path: "/srv/cover.pdf" }],
    ["another format", "/srv/b.mov", cover],
  ])("%s: as a file", async (_what, path, cover) => {
    const { prepare, uploads } = preparing({ disk });
    expect(await prepare("video", path, { cover, durationMs: 1000 })).toEqual({
      ok: true,
      message: {
        format: "file",
        source: { mediaId: "@file0" },
        name: path.slice("/srv/".length),
      },
    });
    expect(types(uploads)).toEqual(["file"]);
  });

  test("a cover that may be had later is waited for", async () => {
    const { prepare, uploads } = preparing({
      disk,
      upload: () => ({ failure: "retry", reason: "busy", waitMs: 1000 }),
    });
    expect(await prepare("video", "/srv/a.mp4", { cover })).toEqual({
      ok: false,
      failure: "retry",
      reason: "busy",
      waitMs: 1000,
    });
    expect(types(uploads)).toEqual(["image"]);
  });
});

describe("what is uploaded already", () => {
  const source = { mediaId: "$iAEK" };

  test.each<[Attachment["format"], Partial<Attachment>]>([
    ["image", {}],
    ["file", { name: "a.pdf" }],
    ["audio", { durationMs: 3000 }],
    ["video", { durationMs: 3000, cover: { mediaId: "@c" } }],
  ])("%s: stays as it is", async (format, more) => {
    const { prepare, uploads, asked } = preparing();
    const message = { format, source, ...more };
    expect(await prepare(format, source, more)).toEqual({ ok: true, message });
    expect([uploads, asked]).toEqual([[], []]);
  });

  test.each<[Attachment["format"], Partial<Attachment>, string]>([
    ["audio", {}, "audio.amr"],
    ["audio", { name: "said.amr" }, "said.amr"],
    ["video", { durationMs: 3000 }, "video.mp4"],
    ["video", { cover: { mediaId: "@c" }, name: "a.mp4" }, "a.mp4"],
    ["video", { durationMs: 3000, cover: { path: "/srv/gone.png" } }, "video.mp4"],
  ])("%s without what it needs: as a file", async (format, more, name) => {
    const { prepare, uploads } = preparing();
    const message = { format: "file", source, name };
    expect(await prepare(format, source, more)).toEqual({ ok: true, message } as never);
    expect(uploads).toEqual([]);
  });

  test("only the cover is missing", async () => {
    const { prepare } = preparing({ disk: { "/srv/c.png": begin(PNG, 64) } });
    const more = { durationMs: 3000, cover: { path: "/srv/c.png" } };
    expect(await prepare("video", source, more)).toMatchObject({
      message: { format: "video", source, durationMs: 3000, cover: { mediaId: "@image0" } },
    });
  });
});
