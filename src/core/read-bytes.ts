/** A body's bytes, piece by piece. A piece is only good until the next is asked for. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

const BUFFER_BYTES = 4096;

/**
 * Reads into a small buffer of our own where the stream allows it. Deno keeps 125 kB ready for each
 * body that is waited for, which adds up when a thousand turns are silent.
 */
export function readBytes(body: ReadableStream<Uint8Array>): ByteReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return body.getReader();
  }
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  return {
    async read() {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (value !== undefined) buffer = value.buffer;
      return { done, value };
    },
    cancel: () => reader.cancel(),
  };
}
