import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, npm } from './command.js';
import { ROOT } from './pack.js';

const CODE = /^```ts\n(.*?)^```$/gms;

const RESOLUTION = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
/** What the READMEs say declares the types that the packages rely on. */
const LIBRARY = {
  node: { types: ['node'], lib: ['es2023'] },
  browser: { types: [], lib: ['es2023', 'dom', 'esnext.disposable'] },
};

/** A program outside of the workspace that has packages installed. */
export class Consumer {
  #folder;

  /** Installs tarballs into a new folder; third-party packages come from npm's cache where it has them. */
  static async install(folder, tarballs) {
    const consumer = new Consumer();
    consumer.#folder = folder;
    mkdirSync(folder);
    consumer.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs], folder);
    return consumer;
  }

  /** The names of all packages that were installed, ours and others. */
  installed() {
    const path = join(this.#folder, 'node_modules/.package-lock.json');
    const { packages } = JSON.parse(readFileSync(path, 'utf8'));
    return Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, ''));
  }

  /** The specifiers of what a package makes public. */
  entriesOf(name) {
    const path = join(this.#folder, 'node_modules/@wal', name, 'package.json');
    const { exports } = JSON.parse(readFileSync(path, 'utf8'));
    return Object.entries(exports)
      .filter(([, target]) => target.types !== undefined)
      .map(([entry]) => `@wal/${name}${entry.slice(1)}`);
  }

  /** Lends it a package of the workspace, for what is the same there. */
  lend(name) {
    const path = join(this.#folder, 'node_modules', name);
    mkdirSync(join(path, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), path, 'junction');
  }

  write(name, text) {
    writeFileSync(join(this.#folder, name), text);
  }

  /** The blocks of code of the README that is installed. */
  examplesOf(name) {
    const path = join(this.#folder, 'node_modules/@wal', name, 'README.md');
    return [...readFileSync(path, 'utf8').matchAll(CODE)].map(([, code]) => code);
  }

  run(...args) {
    return this.runWith({}, ...args);
  }

  /** Runs Node with more in its environment. */
  runWith(environment, ...args) {
    return node(args, this.#folder, environment);
  }

  /** What `npx` does with a program of a package that is installed. */
  npx(...args) {
    return npm(['exec', '--offline', '--', ...args], this.#folder);
  }

  /** Compiles files to JavaScript beside them with a `tsc`, and checks all declarations that they lead to. */
  async compile(files, tsc, resolution, library) {
    const compilerOptions = {
      target: 'es2023',
      strict: true,
      exactOptionalPropertyTypes: true,
      rewriteRelativeImportExtensions: true,
      ...RESOLUTION[resolution],
      ...LIBRARY[library],
    };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    await this.run(tsc, '-p', '.');
  }
}
