import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import GitHubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';
import { type Check, checkOf } from './check.ts';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A block of code, where it stands, and how it is checked. */
export interface Block {
  /** Its first line in the document, the fence's if it has one. */
  readonly line: number;
  /** What is written behind the fence; empty for an indented block. */
  readonly language: string;
  readonly code: string;
  readonly check: Check;
}

export interface Document {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  /** The targets of its links and images, as they are written. */
  readonly links: readonly string[];
  /** What a link may name behind `#`, as GitHub makes it of the headings. */
  readonly anchors: ReadonlySet<string>;
}

/** Folders of what others have written, or a program: the reports in `etc` have a check of their own. */
const LEFT_OUT = ['node_modules', 'dist', 'golden', 'results', 'etc'];

/** Every Markdown file of the repository. */
export function documentPaths(folder = ''): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.name.startsWith('.') || LEFT_OUT.includes(entry.name)) return [];
    if (entry.isDirectory()) return documentPaths(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function readDocument(path: string): Document {
  return parseDocument(path, read(path));
}

export function parseDocument(path: string, text: string): Document {
  const tokens = lexer(text);
  const slugger = new GitHubSlugger();
  const links: string[] = [];
  const anchors = new Set<string>();
  void walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') links.push((token as Tokens.Link).href);
    if (token.type === 'heading') anchors.add(slugger.slug(plainText(token)));
  });
  return { path, text, blocks: blocksOf(tokens, ''), links, anchors };
}

/** The text of a heading without its markup. */
function plainText(token: Token): string {
  if ('tokens' in token && token.tokens !== undefined) return token.tokens.map(plainText).join('');
  return 'text' in token ? (token as Tokens.Text).text : '';
}

/** Also those in lists and quotations: a block that is not found is not checked. */
function blocksOf(tokens: readonly Token[], before: string): Block[] {
  const blocks: Block[] = [];
  let comments: string[] = [];
  let passed = before;
  for (const token of tokens) {
    if (token.type === 'code') {
      const { lang = '', text } = token as Tokens.Code;
      const line = passed.split('\n').length;
      blocks.push({ line, language: lang, code: text, check: checkOf(lang, text, comments) });
    } else if ('items' in token) {
      for (const item of (token as Tokens.List).items)
        blocks.push(...blocksOf(item.tokens, passed));
    } else if ('tokens' in token && token.tokens !== undefined) {
      blocks.push(...blocksOf(token.tokens, passed));
    }
    if (token.type === 'html') comments.push(...commentsIn(token.raw));
    else if (token.type !== 'space')
      comments = token.type === 'code' ? [] : comments.filter(isSetup);
    passed += token.raw;
  }
  return blocks;
}

/** What is run before the next block, wherever that is. */
function isSetup(comment: string): boolean {
  return /^setup\s/.test(comment);
}

function commentsIn(html: string): string[] {
  return [...html.matchAll(/<!--\s*(.*?)\s*-->/gs)].map(([, comment]) => comment as string);
}

/** Where a link between documents leads: a path from the root, and an anchor there. */
export function linkTarget(
  from: string,
  link: string,
): { path: string; anchor: string } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [target = '', anchor = ''] = link.split('#');
  const path = target === '' ? from : posix.join(posix.dirname(from), decodeURI(target));
  return { path: posix.normalize(path), anchor };
}
