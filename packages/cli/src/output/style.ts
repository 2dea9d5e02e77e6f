import { styleText } from 'node:util';
import type { OutputStream } from './output.ts';

/** Text in colour, or as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Colours for a terminal that has them: none with NO_COLOR, `TERM=dumb`, or where it is no terminal. */
export function styleFor(stream: OutputStream, env: NodeJS.ProcessEnv): Style {
  const isColoured = hasColours(stream, env);
  const painter =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      isColoured ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: painter('bold'),
    dim: painter('dim'),
    red: painter('red'),
    green: painter('green'),
    yellow: painter('yellow'),
    cyan: painter('cyan'),
  };
}

/** NO_COLOR counts before FORCE_COLOR, and either only if it is not empty. */
function hasColours(stream: OutputStream, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (isSet(NO_COLOR)) return false;
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
