/** Something that is measured once a round. */
export interface Cell<Result> {
  readonly name: string;
  run(): Promise<Result>;
}

/**
 * Measures each in turn, round after round, so that a slow moment of the machine meets all of them. Each
 * round begins with another one, so that none always comes after the same.
 */
export async function interleave<Result>(
  cells: readonly Cell<Result>[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, Result[]>(cells.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[(round + i) % cells.length] as Cell<Result>;
      results.get(cell.name)?.push(await cell.run());
    }
  }
  return results;
}
