/** What the exit code says. With a signal it is 128 + the signal's number. */
export const EXIT = {
  done: 0,
  /** The log, the store or a file failed, or is not there. */
  failed: 1,
  /** The command line is wrong, or a command that destroys was not told `--yes`. Nothing was done. */
  usage: 2,
  /** The log, or a file of one, is damaged. */
  damaged: 3,
  /** Another writer has the log, or took it over. */
  locked: 4,
  /** An append may be in the log, or not. */
  unknown: 5,
  /** Nobody reads the output: as SIGPIPE ends a program that does not look after it. */
  brokenPipe: 141,
} as const;

/** For the help. */
export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'a log, a store or a file failed, or is not there'],
  ['2', 'the command line is wrong, or --yes is missing: nothing was done'],
  ['3', 'the log is damaged'],
  ['4', 'another writer has the log, or took it over'],
  ['5', 'nobody can tell whether an append is in the log'],
  ['129, 130, 143', 'ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM; a second one ends at once'],
  ['141', 'nobody read the output any more, as in `wal cat orders | head -1`'],
];
