/** Runs one task after the other, so many at once, until there is no next one. */
export async function inParallel(
  workers: number,
  next: () => Promise<unknown> | undefined,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (let task = next(); task !== undefined; task = next()) await task;
  };
  await Promise.all(Array.from({ length: workers }, work));
}
