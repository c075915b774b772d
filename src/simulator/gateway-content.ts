export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** What a message of a request says: words, or words and pictures. */
export type Content = string | readonly ContentPart[];

export function textIn(content: Content): string {
  if (typeof content === "string") return content;
  return content
    .filter((part) => part.type === "text")
    .map(({ text }) => text)
    .join("\n");
}

/** The addresses of its pictures. */
export function imagesIn(content: Content): readonly string[] {
  if (typeof content === "string") return [];
  return content.filter((part) => part.type === "image_url").map(({ image_url }) => image_url.url);
}

/** Bytes of a request. */
export const MAX_BODY_BYTES = 20 * 2 ** 20;

const IMAGE = /^data:image\/(?:jpeg|png|gif|webp|heic|heif);base64,([A-Za-z0-9+/]*={0,2})$/;
const MAX_IMAGES = 8;
const MAX_IMAGE_BYTES = 10 * 2 ** 20;
const MAX_BYTES = 20 * 2 ** 20;

/** Whether the gateway takes these pictures. It refuses a request with any that it does not. */
export function takesImages(urls: readonly string[]): boolean {
  const sizes = urls.map((url) => Math.floor(((IMAGE.exec(url)?.[1]?.length ?? 0) * 3) / 4));
  return (
    urls.length <= MAX_IMAGES &&
    sizes.every((bytes) => bytes > 0 && bytes <= MAX_IMAGE_BYTES) &&
    sizes.reduce((sum, bytes) => sum + bytes, 0) <= MAX_BYTES
  );
}
