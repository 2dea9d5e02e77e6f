import { isLogError } from '@wal/core';
import { clientOf } from '@wal/s3-servers';
import {
  createMemoryStore,
  createS3Store,
  type ObjectStore,
  openS3Log,
  type S3Log,
} from '@wal/s3log';
import { expect, it } from 'vitest';
import { SERVERS_BEHIND } from './support/test-servers.ts';

const RACERS = 50;
const { S3LOG_ROUNDS } = process.env;
const ROUNDS = Number(S3LOG_ROUNDS ?? 20);
/** Over HTTP in this process, for who has npm alone. */
const ROUNDS_IN_PROCESS = Math.min(ROUNDS, 5);
/** Each so manieth of them writes as soon as it has the log. */
const HASTY = 5;

/** Appends a record. @returns whether it was acknowledged; if not, another owner must be the reason. */
async function append(
  log: S3Log,
  text: string,
  acknowledged: Map<number, string>,
): Promise<boolean> {
  try {
    const { firstId } = await log.append(Buffer.from(text));
    expect(acknowledged.get(firstId)).toBeUndefined();
    acknowledged.set(firstId, text);
    return true;
  } catch (error) {
    if (!isLogError(error, 'ERR_LOG_FENCED')) throw error;
    return false;
  }
}

/** All open the log at once, and write to it. @returns how many have it in the end. */
async function race(open: () => Promise<S3Log>, acknowledged: Map<number, string>, round: number) {
  const logs = await Promise.all(
    Array.from({ length: RACERS }, async (_, racer) => {
      const log = await open();
      if (racer % HASTY === 0) await append(log, `${round}: ${racer} at once`, acknowledged);
      return log;
    }),
  );
  const owners = await Promise.all(
    logs.map((log, racer) => append(log, `${round}: ${racer} later`, acknowledged)),
  );
  await Promise.all(logs.map((log) => log.close()));
  return owners.filter((isOwner) => isOwner).length;
}

/** Races for one log, again and again. */
async function raceOn(store: ObjectStore, rounds: number): Promise<void> {
  const acknowledged = new Map<number, string>();
  const open = (): Promise<S3Log> => openS3Log({ store, prefix: 'race' });
  for (let round = 1; round <= rounds; round++) {
    expect(await race(open, acknowledged, round)).toBe(1);
  }
  const found = new Map<number, string>();
  const reader = await openS3Log({ store, prefix: 'race', readOnly: true });
  for await (const { id, data } of reader.iterator()) found.set(id, Buffer.from(data).toString());
  await reader.close();
  expect(found).toEqual(acknowledged);
}

const title = (rounds: number): string =>
  `OPEN-2 of ${RACERS} that open a log at once each gets it, and one has it in the end, ${rounds} times over`;
/** They wait for each other most of the time: all three can do so at once. */
const limits = { timeout: 600_000, concurrent: true };

it(`${title(ROUNDS)}, in memory`, limits, () => raceOn(createMemoryStore(), ROUNDS));

for (const { name, isMissing, start, isInProcess } of SERVERS_BEHIND) {
  const rounds = isInProcess ? ROUNDS_IN_PROCESS : ROUNDS;
  it.skipIf(isMissing)(`${title(rounds)}, on ${name}`, limits, async () => {
    const server = await start();
    const client = clientOf(server);
    try {
      await raceOn(createS3Store({ bucket: server.bucket, client }), rounds);
    } finally {
      client.destroy();
      await server.stop();
    }
  });
}
