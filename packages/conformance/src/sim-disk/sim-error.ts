/** The errors that a simulated disk can answer with, by the name that Node gives them. */
export type SimErrorCode = keyof typeof ERRNO;

const ERRNO = {
  ENOENT: -2,
  EIO: -5,
  EBADF: -9,
  EACCES: -13,
  EEXIST: -17,
  ENOTDIR: -20,
  EINVAL: -22,
  EMFILE: -24,
  ENOSPC: -28,
  EROFS: -30,
  /** A full quota (EDQUOT): Node has no name for it. */
  UNKNOWN: -122,
} as const;

/** A system error as Node reports it: `code`, `errno`, `syscall`. */
export interface SimError extends Error {
  readonly code: SimErrorCode;
  readonly errno: number;
  readonly syscall: string;
}

export function simError(code: SimErrorCode, syscall: string, path: string): SimError {
  const error = new Error(`${code}: simulated, ${syscall} '${path}'`);
  return Object.assign(error, { code, errno: ERRNO[code], syscall });
}
