import { runCommand } from './commands.ts';
import type { SparseImage } from './sparse-image.ts';

const BLOCK_BYTES = 4096;
const MIB = 1_048_576;

/** Whether a block that is written holds the file system's own structures, not the bytes of a file. */
export type IsMetadata = (block: number, bytes: Buffer) => boolean;

/** A file system whose devices lose power. Blocks have 4 KiB. */
export interface FileSystem {
  readonly deviceBytes: number;
  readonly mountOptions: string;
  make(device: string): Promise<void>;
  /** How the device that was just made tells its own structures. */
  metadataOf(image: SparseImage): IsMetadata;
}

const ext4: FileSystem = {
  deviceBytes: 16 * MIB,
  mountOptions: 'noatime',
  async make(device) {
    const now = 'nodiscard,lazy_itable_init=0,lazy_journal_init=0';
    await runCommand('mkfs.ext4', '-q', '-b', '4096', '-J', 'size=4', '-m', '0', '-E', now, device);
  },
  metadataOf(image) {
    // The one group of blocks; what is in use of it from the start, the journal too, stays where it is.
    const bitmapBlock = image.read(BLOCK_BYTES, 4).readUInt32LE();
    const inUse = image.read(bitmapBlock * BLOCK_BYTES, BLOCK_BYTES);
    return (block, bytes) => {
      if ((((inUse[block >> 3] ?? 0) >> (block & 7)) & 1) === 1) return true;
      const isExtents = bytes.readUInt16LE() === 0xf30a;
      const tail = BLOCK_BYTES - 12;
      const isDirectory =
        bytes.readUInt32LE(tail) === 0 && bytes.readUInt32LE(tail + 4) === 0xde00_000c;
      const isDirectoryIndex = bytes.readUInt32LE(4) === 0x0201_000c;
      return isExtents || isDirectory || isDirectoryIndex;
    };
  },
};

/** Of allocation groups, B+trees, inodes and directories. */
const XFS_MAGICS = 'XFSB XAGF XAGI XAFL AB3B AB3C IAB3 FIB3 R3FC RMB3 BMA3 XDB3 XDD3 XDF3';
const XFS_NODE_MAGICS = [0x3dd2, 0x3df1, 0x3ebe, 0x3bee];

const xfs: FileSystem = {
  deviceBytes: 300 * MIB,
  // Two devices that were one once may be mounted at a time.
  mountOptions: 'noatime,nouuid',
  make: (device) => runCommand('mkfs.xfs', '-q', '-K', '-b', 'size=4096', device),
  metadataOf(image) {
    const superblock = image.read(0, BLOCK_BYTES);
    const [agBlocks, logBlocks] = [superblock.readUInt32BE(84), superblock.readUInt32BE(96)];
    const agBits = BigInt(superblock.readUInt8(124));
    const logAt = superblock.readBigUInt64BE(48);
    const logFrom = Number(logAt >> agBits) * agBlocks + Number(logAt & ((1n << agBits) - 1n));
    const magics = new Set(XFS_MAGICS.split(' '));
    return (block, bytes) =>
      (block >= logFrom && block < logFrom + logBlocks) ||
      magics.has(bytes.toString('latin1', 0, 4)) ||
      bytes.toString('latin1', 0, 2) === 'IN' ||
      XFS_NODE_MAGICS.includes(bytes.readUInt16BE(8));
  },
};

export const FILE_SYSTEMS = { ext4, xfs } as const;

export type FileSystemName = keyof typeof FILE_SYSTEMS;
