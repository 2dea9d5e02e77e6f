import fc from 'fast-check';
import { type ClauseSubject, clause, clauseNeeding, reopening } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { modelCommands } from '../model/commands.ts';
import { LogModel } from '../model/log-model.ts';

/** Random runs against an array (MODEL-1). */
export const modelGroup: ConformanceGroup = defineGroup('model', [
  clause('MODEL-1', 'random runs agree with an array', (subject) => agree(subject, false)),
  clauseNeeding(reopening, 'MODEL-1', 'random runs with reopening agree with an array', (subject) =>
    agree(subject, true),
  ),
]);

async function agree({ fixture, seed, runs }: ClauseSubject, reopens: boolean): Promise<void> {
  const firstIds = fc.constantFrom(0, 1, 1, 1, 50, 2 ** 32 - 3);
  const property = fc.asyncProperty(firstIds, modelCommands(reopens), async (firstId, commands) => {
    const place = await fixture.place();
    try {
      const log = await place.open({ firstId });
      const setup = () => ({ model: new LogModel(firstId), real: { place, log, held: undefined } });
      await fc.asyncModelRun(setup, commands);
    } finally {
      await place.destroy();
    }
  });
  const details = await fc.check(property, { seed, numRuns: runs });
  if (!details.failed) return;
  throw new Error(
    `${fc.defaultReportMessage(details)}\nTo replay it: logConformance(runner, fixture, { seed: ${seed} })`,
    { cause: details.errorInstance },
  );
}
