import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './document.ts';

/*
 * The programs of the documents are compiled against packages as they are published, JavaScript and declarations, not
 * against their sources. What `dist` holds may be old, or be written by somebody else at that moment: so the packages
 * are built once more, into a temporary folder. Their types are left to the type check.
 */

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const PACKAGES = readdirSync(join(ROOT, 'packages')).filter((name) =>
  existsSync(join(ROOT, 'packages', name, 'src')),
);

/** A folder whose `node_modules` has the packages, and what they depend on. */
export class BuiltPackages {
  readonly folder: string;

  /** Builds into `folder`, which exists. */
  constructor(folder: string) {
    this.folder = folder;
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const sources = PACKAGES.map((name) => join(ROOT, 'packages', name, 'src'));
    this.#compile(sources, { rootDir: ROOT, noCheck: true, declaration: true });
    this.#linkModules();
  }

  /**
   * Compiles the modules under one folder into another, as programs that use the packages.
   * @throws Error with what the compiler said.
   */
  compilePrograms(from: string, into: string): void {
    this.#compile([from], {
      rootDir: from,
      outDir: into,
      customConditions: [],
      allowJs: true,
      checkJs: true,
      target: 'es2022',
      isolatedDeclarations: false,
    });
  }

  #compile(include: readonly string[], options: Record<string, unknown>): void {
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        outDir: this.folder,
        composite: false,
        incremental: false,
        declaration: false,
        declarationMap: false,
        sourceMap: false,
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        ...options,
      },
      include,
      references: [],
    };
    const path = join(this.folder, 'tsconfig.json');
    writeFileSync(path, JSON.stringify(config));
    try {
      execFileSync(process.execPath, [TSC, '-p', path], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      throw new Error(`it does not compile:\n${(error as { stdout: string }).stdout}`);
    } finally {
      rmSync(path);
    }
  }

  /** Each package under its name, compiled; everything else is where it is installed. */
  #linkModules(): void {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(join(modules, '@wal'), { recursive: true });
    mkdirSync(join(modules, '.bin'));
    for (const name of PACKAGES) {
      const target = join(this.folder, 'packages', name);
      const text = readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8');
      writeFileSync(join(target, 'package.json'), text.replaceAll(/("|\.\/)dist\//g, '$1src/'));
      symlinkSync(target, join(modules, '@wal', name));
      this.#linkCommands(target);
    }
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name === '@wal' || name.startsWith('.')) continue;
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
  }

  /** As npm does for a package that is installed. */
  #linkCommands(target: string): void {
    const { bin = {} } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as {
      bin?: Record<string, string>;
    };
    for (const [command, script] of Object.entries(bin)) {
      chmodSync(join(target, script), 0o755);
      symlinkSync(join(target, script), join(this.folder, 'node_modules/.bin', command));
    }
  }
}
