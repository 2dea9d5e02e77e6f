/** What a command takes without a name, by its place. */
export interface ParameterSpec<Value> {
  readonly description: string;
  readonly isOptional: boolean;
  readonly isVariadic: boolean;
  /** What the command gets where nothing is given. */
  readonly initial: Value;
}

/** Has to be given. */
export function required(description: string): ParameterSpec<string> {
  return { description, isOptional: false, isVariadic: false, initial: '' };
}

/** May be left out. */
export function optional(description: string): ParameterSpec<string | undefined> {
  return { description, isOptional: true, isVariadic: false, initial: undefined };
}

/** Any number of them, none too. */
export function several(description: string): ParameterSpec<readonly string[]> {
  return { description, isOptional: true, isVariadic: true, initial: [] };
}

/** The parameter of most commands. */
export const ADDRESS: ParameterSpec<string> = required(
  'the log: a directory, file:PATH, s3://BUCKET/PREFIX or mem:',
);
