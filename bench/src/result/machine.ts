import { cpus, release, totalmem, type } from 'node:os';
import type { ChosenDisk } from '../disk/chosen-disk.ts';

/** What the figures were measured on; nothing that names the machine or who uses it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly fileSystem: string;
}

export function machineOf(disk: ChosenDisk): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: `${type()} ${release()}`,
    fileSystem: disk.type,
  };
}
