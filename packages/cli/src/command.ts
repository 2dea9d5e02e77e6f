import type { OptionSpec } from './option.ts';
import type { ParameterSpec } from './parameter.ts';
import type { Surroundings } from './surroundings.ts';

/** A line that works as it stands, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

type Parameters = Readonly<Record<string, ParameterSpec<unknown>>>;
type Options = Readonly<Record<string, OptionSpec<unknown>>>;
type ValuesOf<Specs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly initial: infer Value }
    ? Value
    : never;
};

/** One command, as the program, its help and its tests see it. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What else there is to know, for the command's own help. */
  readonly details?: string | undefined;
  /** In the order of the command line. The name of each is its name there. */
  readonly parameters: Parameters;
  /** By the name that the command knows each under. */
  readonly options: Options;
  readonly examples: readonly Example[];
  /** Returns the exit code; nothing is 0. What it throws is explained in one line. */
  run(values: Values, surroundings: Surroundings): Promise<number | undefined>;
}

/** What was given on the command line. */
export interface Values<P = Readonly<Record<string, unknown>>, O = P> {
  readonly parameters: P;
  readonly options: O;
}

/** A command whose `run` gets its values with their types. */
export interface TypedCommand<P extends Parameters, O extends Options>
  extends Omit<Command, 'run'> {
  readonly parameters: P;
  readonly options: O;
  run(
    values: Values<ValuesOf<P>, ValuesOf<O>>,
    surroundings: Surroundings,
  ): Promise<number | undefined>;
}

/** Lets the compiler infer the values' types from the parameters and options. */
export function defineCommand<P extends Parameters, O extends Options>(
  command: TypedCommand<P, O>,
): Command {
  return command as unknown as Command;
}
