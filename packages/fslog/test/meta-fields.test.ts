import { META_SLOT_FIELDS } from '@wal/fslog';
import { expect, test } from 'vitest';
import { encodeMetaSlot, type MetaState } from '../src/meta/meta.ts';

test('the fields of a slot of META are where the codec has them, and end where its metadata begin', () => {
  const state: MetaState = {
    uuid: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
    epoch: 2,
    owner: Uint8Array.from({ length: 8 }, (_, i) => i + 31),
    firstId: 3,
    tail: { sequence: 4, firstId: 5 },
    clean: { byteOffset: 6, nextId: 7 },
    metadata: Buffer.from('demo'),
  };
  const slot = Buffer.from(encodeMetaSlot(state, 8));
  const dataOf = (name: string): Buffer => {
    const field = META_SLOT_FIELDS.find((each) => each.name === name);
    if (field === undefined) throw new Error(`there is no field ${name}`);
    return slot.subarray(field.at, field.at + field.bytes);
  };
  const numberIn = (name: string): number => Number(dataOf(name).readBigUInt64LE());
  expect(dataOf('log uuid')).toEqual(Buffer.from(state.uuid));
  expect(dataOf('owner')).toEqual(Buffer.from(state.owner));
  expect({
    counter: numberIn('counter of commits'),
    epoch: numberIn('epoch'),
    firstId: numberIn('trim mark + 1'),
    tail: { sequence: numberIn('sequence of the tail'), firstId: numberIn('first id of the tail') },
    clean: {
      byteOffset: numberIn('clean close: end of the batches'),
      nextId: numberIn('clean close: next id'),
    },
  }).toEqual({ counter: 8, epoch: 2, firstId: 3, tail: state.tail, clean: state.clean });
  expect(dataOf('metadata bytes').readUInt32LE()).toBe(4);
  const last = META_SLOT_FIELDS.at(-1);
  const end = (last?.at ?? 0) + (last?.bytes ?? 0);
  expect(slot.subarray(end, end + 4).toString()).toBe('demo');
});
