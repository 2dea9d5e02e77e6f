/** Runs the tasks, a few at a time. When one fails no more are begun, and those that were are waited for. */
export async function inParallel(
  tasks: readonly (() => Promise<void>)[],
  atOnce: number,
): Promise<void> {
  const failures: unknown[] = [];
  const rest = tasks.values();
  const worker = async (): Promise<void> => {
    for (const task of rest) {
      if (failures.length > 0) return;
      await task().catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
