import { UsageError } from './failure/usage-error.ts';

/** An option of a command. */
export interface OptionSpec<Value> {
  /** As in the help: `-n, --lines <count>`. */
  readonly flags: string;
  readonly description: string;
  /** What the command gets where the option is not given. */
  readonly initial: Value;
  readonly choices?: readonly string[] | undefined;
  /** Reads what was given. @throws UsageError */
  readonly parse?: ((text: string) => Value) | undefined;
}

/** Is given, or not. */
export function flag(flags: string, description: string): OptionSpec<boolean> {
  return { flags, description, initial: false };
}

/** Any text. */
export function text(flags: string, description: string): OptionSpec<string | undefined> {
  return { flags, description, initial: undefined };
}

/** One of a few words. */
export function choice<const Word extends string>(
  flags: string,
  description: string,
  choices: readonly Word[],
  initial: Word,
): OptionSpec<Word> {
  return { flags, description, initial, choices };
}

/** A whole number from `min` to `max`. */
export function integer<Initial extends number | undefined>(
  flags: string,
  description: string,
  { min, max = Number.MAX_SAFE_INTEGER, initial }: IntegerRange<Initial>,
): OptionSpec<number | Initial> {
  return { flags, description, initial, parse: (text) => parseInteger(flags, text, min, max) };
}

interface IntegerRange<Initial> {
  readonly min: number;
  readonly max?: number | undefined;
  readonly initial: Initial;
}

/** The id of a record. */
export function recordId(flags: string, description: string): OptionSpec<number | undefined> {
  return integer(flags, description, { min: 0, initial: undefined });
}

/** Prints JSON, for programs. */
export const JSON_FLAG: OptionSpec<boolean> = flag('--json', 'print JSON, for programs');

/** @throws UsageError for anything but the digits of a number in the range. */
export function parseInteger(name: string, text: string, min: number, max: number): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not '${text}'`);
}
