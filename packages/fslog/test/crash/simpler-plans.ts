import type { CrashPlan, PlannedGeneration } from './crash-plan.ts';
import type { PlannedLife, PlannedOperation } from './operations.ts';

/** Plans that take less than this one, those that may leave out most first. */
export function* simplerPlans(plan: CrashPlan): Iterable<CrashPlan> {
  if (plan.length > 1) for (const [i] of plan.entries()) yield plan.toSpliced(i, 1);
  for (const [i, generation] of plan.entries()) {
    for (const simpler of simplerGenerations(generation)) yield plan.with(i, simpler);
  }
}

function* simplerGenerations(generation: PlannedGeneration): Iterable<PlannedGeneration> {
  const { lives, calls, faultSeed, faultyCalls } = generation;
  for (const some of without(lives)) if (some.length > 0) yield { ...generation, lives: some };
  if (generation.orderSeed !== undefined) yield { ...generation, orderSeed: undefined };
  if (faultSeed !== undefined) {
    yield { ...generation, faultSeed: undefined };
    for (const some of without(faultyCalls ?? [])) yield { ...generation, faultyCalls: some };
  }
  if (generation.shortReadSeed !== undefined) yield { ...generation, shortReadSeed: undefined };
  if (generation.maxQueuedBytes !== undefined) yield { ...generation, maxQueuedBytes: undefined };
  if (generation.isPowerLoss) yield { ...generation, isPowerLoss: false };
  for (const [i, life] of lives.entries()) {
    for (const simpler of simplerLives(life)) {
      yield { ...generation, lives: lives.with(i, simpler) };
    }
  }
  for (const less of [1, Math.floor(calls / 2), calls - 1]) {
    if (less > 0 && less < calls) yield { ...generation, calls: less };
  }
}

export function* simplerLives(life: PlannedLife): Iterable<PlannedLife> {
  const { operations } = life;
  for (const some of without(operations)) yield { ...life, operations: some };
  if (life.firesTimers) yield { ...life, firesTimers: false };
  for (const [i, operation] of operations.entries()) {
    for (const simpler of simplerOperations(operation)) {
      yield { ...life, operations: operations.with(i, simpler) };
    }
  }
}

function* simplerOperations(operation: PlannedOperation): Iterable<PlannedOperation> {
  if (operation.awaits !== 'all') yield { ...operation, awaits: 'all' };
  if (operation.kind !== 'append') return;
  const { lengths } = operation;
  if (lengths.some((length) => length > 1)) {
    yield { ...operation, lengths: lengths.map((length) => Math.min(length, 1)) };
  }
  if (lengths.length > 1) yield { ...operation, lengths: lengths.slice(0, 1), isBatch: false };
}

/** A list without its first half, its second, its first quarter, and so on, down to single items. */
function* without<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < items.length; at += size) yield items.toSpliced(at, size);
  }
}
