import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, type Document, linkTarget, ROOT, read, readDocument } from './document.ts';

const BACKTICKED = /`((?:packages|examples|bench|docs|scripts)\/[\w/.-]*\w\/?)`/g;
const MARKER = /<!--\s*(?:from\s|tested by\s|types only:|shape:|not run:|prints\s|setup\s)/g;
const SCRIPT = /\bnpm run ([\w:-]+)/g;

/** Lines without their indentation: a block may be taken out of the middle of something. */
function outdent(text: string): string {
  return text.replaceAll(/^[ \t]+/gm, '').trim();
}

function at({ path }: Document, { line }: Block, what: string): string {
  return `${path}:${line} ${what}`;
}

/** Blocks that nobody checks, and excerpts that are not in their file, or whose file no test runs. */
export function findUnchecked(document: Document, tested: ReadonlySet<string>): string[] {
  return document.blocks.flatMap((block, i) => {
    const { check, code, language } = block;
    if (check === undefined) return [at(document, block, `nobody checks this block: ${language}`)];
    if (check.kind === 'prints') {
      const before = document.blocks[i - 1]?.check?.kind;
      if (before === 'program' || before === 'commands') return [];
      return [at(document, block, 'is behind nothing that prints')];
    }
    if (check.kind !== 'from' && check.kind !== 'tested by') return [];
    if (!existsSync(join(ROOT, check.path))) return [at(document, block, `no ${check.path}`)];
    if (check.kind === 'tested by') return [];
    if (!tested.has(check.path)) return [at(document, block, `no test runs ${check.path}`)];
    if (outdent(read(check.path)).includes(outdent(code))) return [];
    return [at(document, block, `is not in ${check.path}`)];
  });
}

/** Comments that say how a block is checked, and stand before none: a block may be taken for checked because of them. */
export function findLooseMarkers({ path, text, blocks }: Document): string[] {
  const written = [...text.matchAll(MARKER)].length;
  const used = blocks.reduce((sum, { check }) => {
    if (check === undefined) return sum;
    return sum + ('setup' in check ? check.setup.length : 1);
  }, 0);
  return written === used ? [] : [`${path}: ${written} comments for blocks, ${used} of them used`];
}

/** Links to files and headings that are not there. */
export function findDeadLinks(document: Document): string[] {
  return document.links.flatMap((link) => {
    const target = linkTarget(document.path, link);
    if (target === undefined) return [];
    const { path, anchor } = target;
    const isHere = path === document.path;
    if (!isHere && !existsSync(join(ROOT, path))) return [`${document.path}: no ${link}`];
    if (anchor === '' || !path.endsWith('.md')) return [];
    const { anchors } = isHere ? document : readDocument(path);
    return anchors.has(anchor) ? [] : [`${document.path}: no heading for ${link}`];
  });
}

/** Files and scripts of this repository that are named in the text, and are not there. */
export function findUnknownNames({ path, text }: Document): string[] {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const made = read('.gitignore').split('\n');
  const files = [...text.matchAll(BACKTICKED)]
    .map(([, name]) => name as string)
    .filter((name) => !name.includes('/dist/') && !made.includes(name))
    .filter((name) => !existsSync(join(ROOT, name)));
  const commands = [...text.matchAll(SCRIPT)]
    .map(([, name]) => name as string)
    .filter((name) => !(name in scripts));
  return [...files, ...commands.map((name) => `npm run ${name}`)].map((name) => `${path}: ${name}`);
}
