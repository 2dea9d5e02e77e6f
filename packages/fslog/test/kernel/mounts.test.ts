import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { FailingDevice, FILE_SYSTEMS } from './failing-device.ts';
import { skipNote, whyNoMount } from './programs.ts';

const HELD_MS = 400;

for (const fileSystem of FILE_SYSTEMS) {
  const reason = whyNoMount('losetup', 'unshare', fileSystem.program);
  test.skipIf(reason !== undefined)(
    `${fileSystem.name} is mounted anew when another's copy of the mount is gone${skipNote(reason)}`,
    async () => {
      const device = await FailingDevice.create(fileSystem);
      const script = `echo ready; exec sleep ${HELD_MS / 1000}`;
      const holder = spawn('unshare', ['--mount', 'sh', '-c', script]);
      const exited = once(holder, 'close');
      onTestFinished(() => void holder.kill('SIGKILL'));
      await once(holder.stdout, 'data');
      await device.mountAnew();
      expect(() => readlinkSync(`/proc/${holder.pid}/exe`)).toThrow('ENOENT');
      await exited;
      expect(holder.exitCode).toBe(0);
    },
  );
}
