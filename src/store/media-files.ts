import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MediaFiles } from "../core/media/shelf.ts";

/** What people sent, as files in this folder, for the owner's eyes only. The folder is made when needed. */
export function createMediaFiles(folder: string): MediaFiles {
  return {
    async write(name, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, name);
      // Whole or not at all: after a crash half a file would be taken for one.
      await writeFile(`${path}.part`, bytes, { mode: 0o600 });
      await rename(`${path}.part`, path);
      return path;
    },
    async read(name) {
      const path = join(folder, name);
      try {
        return { bytes: await readFile(path), path };
      } catch (error) {
        if ((error as { code?: unknown }).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async list() {
      return await readdir(folder).catch(() => []);
    },
    remove: async (name) => await rm(join(folder, name), { force: true }),
  };
}

/** For a worker that keeps nothing on disk: the demo's. */
export function createMemoryFiles(): MediaFiles {
  const files = new Map<string, Uint8Array>();
  return {
    async write(name, bytes) {
      files.set(name, bytes);
      return undefined;
    },
    async read(name) {
      const bytes = files.get(name);
      return bytes === undefined ? undefined : { bytes, path: undefined };
    },
    list: async () => [...files.keys()],
    remove: async (name) => void files.delete(name),
  };
}
