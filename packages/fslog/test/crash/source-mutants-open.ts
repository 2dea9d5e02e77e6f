import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { openFsLog } from '@wal/fslog';
import type { SourceMutant } from './source-mutants.ts';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const IMPORT = /(?<= from ')\.[^']+/g;

/** Copies of fslog's source with one bug each, in a temporary folder. */
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
    const folder = await mkdtemp(join(tmpdir(), 'fslog-mutants-'));
    // So packages are found from here as from the source, and are the same instances.
    await symlink(MODULES, join(folder, 'node_modules'));
    return new MutatedSources(folder, texts);
  }

  /** `openFsLog` of the source with the mutant's passage in place of the original's. */
  async open({ name, file, from, to }: Omit<SourceMutant, 'needs'>): Promise<typeof openFsLog> {
    const parts = this.#texts.get(file)?.split(from) ?? [];
    if (parts.length !== 2) throw new Error(`${name}: not once in ${file}:\n${from}`);
    const copied = this.#usersOf(file);
    const folder = join(this.#folder, String(++this.#count));
    for (const each of copied) {
      const text = each === file ? parts.join(to) : (this.#texts.get(each) as string);
      const imports = (path: string): string => {
        const target = join(dirname(each), path);
        return copied.has(target) ? path : join(SOURCE, target);
      };
      await mkdir(dirname(join(folder, each)), { recursive: true });
      await writeFile(join(folder, each), text.replace(IMPORT, imports));
    }
    const module = (await import(join(folder, 'open.ts'))) as { openFsLog: typeof openFsLog };
    return module.openFsLog;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The file and whatever imports it, itself or by way of others: the rest need not be loaded again. */
  #usersOf(file: string): ReadonlySet<string> {
    const users = new Set([file]);
    for (const user of users) {
      for (const [name, text] of this.#texts) {
        const imports = (text.match(IMPORT) ?? []).map((path) => join(dirname(name), path));
        if (imports.includes(user)) users.add(name);
      }
    }
    return users;
  }
}
