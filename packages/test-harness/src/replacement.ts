/** A passage of a source, and what stands there instead. */
export interface Replacement {
  /** From the folder of the package's sources: `write/writer.ts`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The text of a source with a passage replaced, which must be there exactly once. */
export function withReplaced(text: string | undefined, { file, from, to }: Replacement): string {
  const parts = text?.split(from) ?? [];
  if (parts.length !== 2) throw new Error(`not once in ${file}:\n${from}`);
  return parts.join(to);
}
