/**
 * How a block is checked. An HTML comment before it says so, where it is not the usual way:
 *
 *     <!-- from path -->            an excerpt of a file, which is compiled, and run by a test
 *     <!-- types only: reason -->   a module that is compiled, and not run
 *     <!-- shape: reason -->        no program: it shows how something is written, or drawn
 *     <!-- not run: reason -->      commands that are not run here
 *     <!-- tested by path -->       a test reads the block, or runs what it says
 *     <!-- prints -->               what the block before it prints; … stands for anything
 *     <!-- setup … -->              commands that are run, and not shown: the next block is checked as usual
 *
 * Without one, a ts or js block is a whole program, and a sh block commands: compiled and run, in the order of the
 * document, in one folder. `undefined` is what nobody checks.
 */
export type Check =
  | { readonly kind: 'program' | 'commands' | 'picture'; readonly setup: readonly string[] }
  | { readonly kind: 'types only' | 'shape' | 'not run'; readonly reason: string }
  | { readonly kind: 'from' | 'tested by'; readonly path: string }
  | { readonly kind: 'prints' }
  | undefined;

const PROGRAMS = ['ts', 'js'];
const COMMANDS = ['sh'];
/** Words with which a line begins that somebody is to type. */
const COMMAND =
  /^\s*(?:[A-Z][A-Z0-9_]*=\S+ )*\$?\s*(?:npm|npx|node|wal|cd|cp|mv|tar|aws|git|sudo|mkdir)\s/m;

export function checkOf(language: string, code: string, comments: readonly string[]): Check {
  const setup: string[] = [];
  for (const comment of comments) {
    const [, kind, rest = ''] =
      /^(from|tested by|types only:|shape:|not run:|prints|setup)(?:\s+(.*))?$/s.exec(comment) ??
      [];
    if (kind === 'setup') setup.push(rest);
    else if (kind !== undefined) return marked(kind.replace(':', ''), rest, language);
  }
  if (PROGRAMS.includes(language)) return { kind: 'program', setup };
  if (COMMANDS.includes(language)) return { kind: 'commands', setup };
  const isPicture = language === 'mermaid' || (language === '' && !COMMAND.test(code));
  return isPicture ? { kind: 'picture', setup } : undefined;
}

function marked(kind: string, rest: string, language: string): Check {
  const isProgram = PROGRAMS.includes(language);
  switch (kind) {
    case 'from':
      return isProgram && rest !== '' ? { kind, path: rest } : undefined;
    case 'tested by':
      return rest === '' ? undefined : { kind, path: rest };
    case 'types only':
      return isProgram && rest !== '' ? { kind, reason: rest } : undefined;
    case 'not run':
      return COMMANDS.includes(language) && rest !== '' ? { kind, reason: rest } : undefined;
    case 'shape':
      return rest === '' ? undefined : { kind, reason: rest };
    case 'prints':
      return language === 'text' ? { kind } : undefined;
    default:
      return undefined;
  }
}
