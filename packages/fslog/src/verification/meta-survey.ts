import { type Disk, isLogError } from '@wal/core';
import { errorCode } from '../disk/storage-error.ts';
import { META_SLOT_BYTES, type MetaSlot, type MetaState } from '../meta/meta.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import { type MetaName, showMetaName } from '../meta/meta-name.ts';
import { META, type MetaSlots, readSlots, type StateSlot } from '../meta/meta-slots.ts';
import { type LogProblem, problem } from './report.ts';
import { TolerantFile } from './tolerant-file.ts';

/** A file that went away under the look at it was replaced by a newer one: so often at most in a row. */
const MAX_ATTEMPTS = 32;

/** What META tells, or would. */
export interface MetaSurvey {
  /** What opening would go by; `undefined` where it would refuse META. */
  readonly state: MetaState | undefined;
  /** Without that, the newest state that any slot tells: to be believed in part. */
  readonly hint: MetaState | undefined;
  readonly highestEpoch: number;
  readonly problems: readonly LogProblem[];
}

/** Reads every file of META, and says what is wrong with them. */
export async function surveyMeta(disk: Disk, directory: string): Promise<MetaSurvey> {
  const meta = new MetaDirectory(disk, directory);
  for (let attempt = 1; ; attempt++) {
    try {
      return await surveyFiles(disk, meta, await meta.names());
    } catch (error) {
      if (isLogError(error, 'ERR_LOG_UNSUPPORTED_FORMAT'))
        return without('META is of something else');
      if (errorCode(error) !== 'ENOENT' || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function surveyFiles(
  disk: Disk,
  meta: MetaDirectory,
  names: readonly MetaName[],
): Promise<MetaSurvey> {
  const problems: LogProblem[] = [];
  let isRefused = false;
  const highestEpoch = names[0]?.epoch ?? 0;
  if (names[0]?.isFenced === true) {
    const message = 'an owner was fenced, and nobody has taken the log over since';
    problems.push(problem('meta-fenced', 'note', message, { segment: nameOf(names[0]) }));
  }
  for (const each of names) {
    const name = nameOf(each);
    const { slots, newest } = await readFile(disk, meta.file(each));
    if (newest !== undefined) {
      problems.push(...slotProblems(name, slots, newest));
      const told = isRefused ? undefined : newest.state;
      return { state: told, hint: newest.state, highestEpoch, problems };
    }
    isRefused = true;
    problems.push(refusal(name, slots));
  }
  const none = without('META is missing, or holds no file that tells the state');
  return {
    ...none,
    highestEpoch,
    problems: isRefused ? problems : [...problems, ...none.problems],
  };
}

function nameOf(name: MetaName): string {
  return `${META}/${showMetaName(name)}`;
}

function without(message: string): MetaSurvey {
  const missing = problem('meta-missing', 'loss', message, { segment: META });
  return { state: undefined, hint: undefined, highestEpoch: 0, problems: [missing] };
}

async function readFile(disk: Disk, path: string): Promise<MetaSlots> {
  const file = new TolerantFile(await disk.open(path, 'read'));
  try {
    return await readSlots(file);
  } finally {
    await file.close();
  }
}

/** The state is told: what the other slot may be, costs nothing. */
function slotProblems(
  name: string,
  slots: readonly MetaSlot[],
  newest: Pick<StateSlot, 'counter'>,
): readonly LogProblem[] {
  return slots.flatMap((slot, index) => {
    if (slot.kind === 'state' && slot.counter === newest.counter) return [];
    const message =
      slot.kind === 'state'
        ? 'a slot is behind the other one: a commit was cut off, or is under way'
        : 'a slot does not check out; the other one tells the state';
    const place = { segment: name, byteOffset: index * META_SLOT_BYTES, bytes: META_SLOT_BYTES };
    return [problem('meta-slot', 'note', message, place)];
  });
}

function refusal(name: string, slots: readonly MetaSlot[]): LogProblem {
  const unsupported = slots.find((slot) => slot.kind === 'unsupported');
  if (unsupported !== undefined) {
    const message = `META ${unsupported.what}, which this release does not read`;
    return problem('unsupported-format', 'unsupported', message, { segment: name });
  }
  const message = 'neither slot checks out';
  return problem('meta-damaged', 'loss', message, { segment: name, byteOffset: 0 });
}
