import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { chooseDisk, diskOf } from '../src/disk/chosen-disk.ts';

const MOUNTINFO = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 25 0:27 / /dev/shm rw,relatime - tmpfs tmpfs rw
31 27 8:1 / /data rw - xfs /dev/sda1 rw
32 27 8:2 / /data/with\\040space rw - btrfs /dev/sdb rw
33 27 0:44 / /data rw - overlay overlay rw
`;

test.each([
  ['/home/somebody', 'ext4', '/'],
  ['/dev/shm/folder', 'tmpfs', '/dev/shm'],
  ['/data', 'overlay', '/data'],
  ['/database', 'ext4', '/'],
  ['/data/with space/folder', 'btrfs', '/data/with space'],
])('%s is on %s', (path, type, mount) => {
  expect(diskOf(path, MOUNTINFO)).toMatchObject({ type, mount });
});

const SHARED_MEMORY = '/dev/shm';

test.skipIf(!existsSync(SHARED_MEMORY))(
  'a folder in memory is refused, and the message says what to do (skipped where there is no /dev/shm)',
  async () => {
    await expect(chooseDisk(SHARED_MEMORY)).rejects.toThrow(/tmpfs.*in memory.*--disk FOLDER/s);
  },
);

test('a folder that is not there is refused', async () => {
  await expect(chooseDisk('/no/such/folder')).rejects.toThrow('ENOENT');
});
