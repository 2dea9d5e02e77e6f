import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { openS3Log } from '@wal/s3log';

/** A passage of the log's source, and what stands there instead. */
export interface Replacement {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const IMPORT = /(?<= from ')\.[^']+/g;
/** Errors must be of the same classes everywhere. */
const SHARED = 'store/store-error.ts';

/** Copies of the log's source with some passages replaced, in a temporary folder. */
export class MutatedSources {
  readonly #folder: string;
  readonly #texts: ReadonlyMap<string, string>;
  #count = 0;

  private constructor(folder: string, texts: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#texts = texts;
  }

  static async create(): Promise<MutatedSources> {
    const texts = new Map<string, string>();
    const names = await readdir(SOURCE, { recursive: true });
    for (const name of names.filter((each) => each.endsWith('.ts'))) {
      texts.set(name, await readFile(join(SOURCE, name), 'utf8'));
    }
    const folder = await mkdtemp(join(tmpdir(), 's3log-mutants-'));
    // So packages are found from here as from the source, and are the same instances.
    await symlink(MODULES, join(folder, 'node_modules'));
    return new MutatedSources(folder, texts);
  }

  /** `openS3Log` of the source with these passages replaced. Each must be there exactly once. */
  async open(replacements: readonly Replacement[]): Promise<typeof openS3Log> {
    const texts = new Map(this.#texts);
    for (const { file, from, to } of replacements) {
      const parts = texts.get(file)?.split(from) ?? [];
      if (parts.length !== 2) throw new Error(`not once in ${file}:\n${from}`);
      texts.set(file, parts.join(to));
    }
    const folder = join(this.#folder, String(++this.#count));
    for (const [name, text] of texts) {
      const shared = (path: string): string =>
        join(dirname(name), path) === SHARED ? join(SOURCE, SHARED) : path;
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text.replace(IMPORT, shared));
    }
    const module = await import(join(folder, 'open-s3-log.ts'));
    return (module as { openS3Log: typeof openS3Log }).openS3Log;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
