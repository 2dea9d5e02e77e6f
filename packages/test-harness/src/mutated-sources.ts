import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Replacement, withReplaced } from './replacement.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const IMPORT = /(?<= from ')\.[^']+/g;

/** Copies of a package's source with some passages replaced, in a temporary folder until `remove`. */
export class MutatedSources<Module> {
  readonly #source: string;
  readonly #entry: string;
  readonly #folder: string;
  readonly #texts: ReadonlyMap<string, string>;
  #count = 0;

  private constructor(
    source: string,
    entry: string,
    folder: string,
    texts: ReadonlyMap<string, string>,
  ) {
    this.#source = source;
    this.#entry = entry;
    this.#folder = folder;
    this.#texts = texts;
  }

  /** Of the package in this folder: `fslog`. `entry` is the file of its sources that is loaded, as `Module`. */
  static async create<Module>(name: string, entry: string): Promise<MutatedSources<Module>> {
    const source = join(ROOT, 'packages', name, 'src');
    const texts = new Map<string, string>();
    const files = await readdir(source, { recursive: true });
    for (const file of files.filter((each) => each.endsWith('.ts'))) {
      texts.set(file, await readFile(join(source, file), 'utf8'));
    }
    const folder = await mkdtemp(join(tmpdir(), 'wal-mutants-'));
    // So packages are found from here as from the source, and are the same instances.
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    return new MutatedSources(source, entry, folder, texts);
  }

  /** Loads the source with these passages replaced. Each must be there exactly once. */
  async load(replacements: readonly Replacement[]): Promise<Module> {
    const texts = new Map(this.#texts);
    for (const replacement of replacements) {
      const { file } = replacement;
      texts.set(file, withReplaced(texts.get(file), replacement));
    }
    const copied = this.#usersOf(replacements.map(({ file }) => file));
    const folder = join(this.#folder, String(++this.#count));
    for (const file of copied) {
      const imports = (path: string): string => {
        const target = join(dirname(file), path);
        return copied.has(target) ? path : join(this.#source, target);
      };
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), (texts.get(file) as string).replace(IMPORT, imports));
    }
    return (await import(join(folder, this.#entry))) as Module;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** These files and whatever imports them, itself or by way of others: the rest stays the same, and is not loaded again. */
  #usersOf(files: readonly string[]): ReadonlySet<string> {
    const users = new Set(files);
    for (const user of users) {
      for (const [name, text] of this.#texts) {
        const imports = (text.match(IMPORT) ?? []).map((path) => join(dirname(name), path));
        if (imports.includes(user)) users.add(name);
      }
    }
    return users;
  }
}
