import { rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary-log.ts';
import { Mount } from './mounts.ts';
import { run } from './programs.ts';
import { WorkingLog } from './working-log.ts';

const MIB = 1_048_576;
const UNDER_BYTES = 128 * MIB;

/** The file systems that are tried on a device whose writes fail. xfs is not made smaller than 300 MiB. */
export const FILE_SYSTEMS = [
  {
    name: 'ext4',
    program: 'mkfs.ext4',
    flags: ['-q', '-F', '-b', '4096'],
    options: 'errors=continue',
    imageBytes: 32 * MIB,
    isDense: true,
  },
  {
    name: 'xfs',
    program: 'mkfs.xfs',
    flags: ['-q', '-f'],
    options: 'defaults',
    imageBytes: 320 * MIB,
    isDense: false,
  },
] as const satisfies readonly FileSystem[];

/** ext4 as it is mounted by default on many systems. */
export const EXT4_READ_ONLY_ON_ERROR: FileSystem = {
  ...FILE_SYSTEMS[0],
  options: 'errors=remount-ro',
};

export interface FileSystem {
  readonly name: string;
  readonly program: string;
  readonly flags: readonly string[];
  /** How it is mounted. */
  readonly options: string;
  readonly imageBytes: number;
  /** Whether the file system's own blocks, its journal's too, have their place before the device fails. */
  readonly isDense: boolean;
}

/**
 * A file system on a device that takes no new blocks while the disk under it is full: the system finds out
 * when it writes back what it has taken, and says so in the next sync, once.
 */
export class FailingDevice {
  readonly #under: Mount;
  readonly #image: string;
  readonly #options: string;
  #mount: Mount;

  private constructor(under: Mount, image: string, options: string, mount: Mount) {
    this.#under = under;
    this.#image = image;
    this.#options = options;
    this.#mount = mount;
  }

  static async create(fileSystem: FileSystem): Promise<FailingDevice> {
    const { program, flags, options, imageBytes, isDense } = fileSystem;
    const under = await Mount.tmpfs(`size=${UNDER_BYTES}`);
    const image = join(under.path, 'image');
    writeFileSync(image, '');
    truncateSync(image, imageBytes);
    run(program, ...flags, image);
    // ext4 ends for good when its journal has no blocks: it gets all there are, and gives the free ones back.
    if (isDense) run('fallocate', '--length', String(imageBytes), image);
    const mount = await Mount.device(image, options);
    if (isDense) run('fstrim', mount.path);
    return new FailingDevice(under, image, options, mount);
  }

  get path(): string {
    return this.#mount.path;
  }

  /** From now on what needs a new block is lost. */
  break(): void {
    run('sync', '--file-system', this.path);
    this.#under.fill('ballast', UNDER_BYTES);
  }

  /** Lets ext4 find that it is damaged: it takes no more writes, of open files neither. */
  findDamage(): void {
    writeFileSync(`/sys/fs/ext4/${this.#mount.device}/trigger_fs_error`, 'found damage');
  }

  remount(options: string): void {
    this.#mount.remount(options);
  }

  heal(): void {
    this.#under.remove('ballast');
  }

  /** Mounts it anew: what memory held, and the device does not, is gone. */
  async mountAnew(): Promise<void> {
    this.#mount.unmount();
    this.#mount = await Mount.device(this.#image, this.#options);
  }
}

/** A log on a device that can fail. Where that is mounted changes, and the log stays where it is. */
export async function logOnDevice(fileSystem: FileSystem) {
  const device = await FailingDevice.create(fileSystem);
  const link = join(await temporaryDirectory(), 'device');
  const relink = (): void => {
    rmSync(link, { force: true });
    symlinkSync(device.path, link);
  };
  relink();
  const mountAnew = async (): Promise<void> => {
    await device.mountAnew();
    relink();
  };
  return { device, mountAnew, log: new WorkingLog(join(link, 'log')) };
}
