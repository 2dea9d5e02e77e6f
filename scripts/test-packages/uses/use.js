import { deepEqual } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer } from '../consumer.js';
import { ROOT } from '../pack.js';
import { check } from '../report.js';

/** What all uses of packages share: the tarballs, a folder for the consumers, and each version of TypeScript. */
export class Use {
  #packed;
  #folder;
  #typescripts;

  constructor(packed, folder, typescripts) {
    this.#packed = packed;
    this.#folder = folder;
    this.#typescripts = typescripts;
  }

  /** Installs packages, and none of ours but these, of which the first is used; `undefined` if that fails. */
  async install(title, names) {
    const tarballs = names.map((name) => this.#packed[name].tarball);
    const consumer = await check(`${title}: install ${names.join(', ')}`, () =>
      Consumer.install(join(this.#folder, title), tarballs),
    );
    if (consumer === undefined) return undefined;
    await check(`${title}: brings nothing that only development needs`, () => {
      const given = names.map((name) => `@wal/${name}`);
      const needless = new Set(developmentDependencies().filter((name) => !given.includes(name)));
      deepEqual(
        consumer.installed().filter((name) => needless.has(name)),
        [],
      );
    });
    for (const entry of consumer.entriesOf(names[0])) {
      await check(`${title}: import and require() of ${entry}`, () =>
        consumer.run('--input-type=module', '--eval', sameExports(entry)),
      );
    }
    return consumer;
  }

  /**
   * Compiles with each TypeScript, each way to find modules, and each library that may be there; as Node finds them
   * with a module, too, that requires the package.
   */
  async compile(consumer, title, files, libraries = ['browser', 'node']) {
    consumer.write('required.cts', `import all = require('@wal/${title}');\nvoid all;\n`);
    for (const library of libraries) {
      if (library === 'node') consumer.lend('@types/node');
      for (const [version, tsc] of this.#typescripts) {
        await check(`${title}: TypeScript ${version}, bundler, ${library}`, () =>
          consumer.compile(files, tsc, 'bundler', library),
        );
        await check(`${title}: TypeScript ${version}, nodenext, ${library}`, () =>
          consumer.compile([...files, 'required.cts'], tsc, 'nodenext', library),
        );
      }
    }
  }

  /** Compiles with the newest TypeScript, as Node finds modules: for what uses packages that are checked already. */
  async compileOnce(consumer, title, files) {
    consumer.lend('@types/node');
    const [version, tsc] = [...this.#typescripts].at(-1);
    await check(`${title}: TypeScript ${version}`, () =>
      consumer.compile(files, tsc, 'nodenext', 'node'),
    );
  }
}

/** What the workspace has for development: none of it is there where one of our packages is. */
function developmentDependencies() {
  const manifests = ['.', ...readdirSync(join(ROOT, 'packages')).map((name) => `packages/${name}`)];
  return manifests.flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
    return Object.keys(manifest.devDependencies ?? {});
  });
}

/** A program that fails unless both ways to load an entry give the same, and something. */
function sameExports(entry) {
  return `
    import { deepEqual, notDeepEqual } from 'node:assert/strict';
    import { createRequire } from 'node:module';
    const names = Object.keys(await import('${entry}'));
    notDeepEqual(names, []);
    deepEqual(Object.keys(createRequire(process.cwd() + '/')('${entry}')), names);`;
}
