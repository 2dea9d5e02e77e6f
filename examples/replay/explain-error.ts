import { isLogError } from '@wal/core';

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EISDIR: 'not a regular file',
  ENOSPC: 'no space left',
};

/** An error in one line. */
export function explainError(error: unknown): string {
  if (isLogError(error)) return oneLine(`${error.code}: ${error.message}`);
  if (!(error instanceof Error)) return oneLine(String(error));
  const { code, path } = error as NodeJS.ErrnoException;
  const explanation = code === undefined ? undefined : SYSTEM_ERRORS[code];
  if (explanation === undefined) return oneLine(error.message);
  return oneLine(path === undefined ? explanation : `${explanation}: ${path}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
