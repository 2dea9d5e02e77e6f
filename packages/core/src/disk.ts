/**
 * The few calls that a file-backed log makes to its disk. A log that makes no others can be run on the
 * real file system and on a simulated one that loses power at every call.
 *
 * Failures reject with the system's error, `errno` and `code` as Node reports them. Paths are absolute.
 * Nothing is durable before the sync that covers it: bytes and size need `DiskFile.sync`, names (created,
 * renamed, removed) need `syncDirectory` of the directory they are in.
 */
export interface Disk {
  /** Opens an existing file (ENOENT otherwise), for reading or for reading and writing. */
  open(path: string, mode: 'read' | 'write'): Promise<DiskFile>;
  /** Creates a file for reading and writing; EEXIST when the name is taken. */
  create(path: string): Promise<DiskFile>;
  /**
   * The identity of what has this name, `undefined` if nothing has. Takes no descriptor: it answers where no file can
   * be opened any more. A log asks before each acknowledgement, and a disk that knows may answer at once.
   */
  identify(path: string): Promise<string | undefined> | string | undefined;
  /** The names in a directory, in no particular order. */
  list(directory: string): Promise<readonly string[]>;
  /** Creates a directory in an existing one; EEXIST when the name is taken. */
  makeDirectory(path: string): Promise<void>;
  /**
   * Gives a file in a directory another name there; EEXIST when that is taken: nothing is replaced. It need not be
   * one step: a process that is killed in it, or a crash before `syncDirectory`, may leave the old name, the new
   * one, or both.
   */
  rename(from: string, to: string): Promise<void>;
  /**
   * Gives a file in a directory a second name there; EEXIST when that is taken. Where the file system has no links, the
   * first name goes.
   */
  link(from: string, to: string): Promise<void>;
  /** Removes a file's name; open descriptors go on working. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the writer's lock of a directory, without waiting for another holder that is alive.
   * `onLost` is called at most once, when the lock is found to be no longer ours.
   * @throws LogError `ERR_LOG_LOCKED` with `holder`, as far as it is known.
   */
  lock(directory: string, onLost: () => void): Promise<DiskLock>;
}

/** An open file. Positions and lengths are in bytes. */
export interface DiskFile {
  /** Reads into `buffer` from `position`; resolves to the bytes read, 0 at the end, possibly fewer than asked. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Writes `buffer` at `position`, growing the file where needed; resolves to the bytes written, possibly fewer. */
  write(buffer: Uint8Array, position: number): Promise<number>;
  /**
   * Writes, and makes durable what it wrote, and nothing else of the file: `write` and a `sync` of these bytes in one
   * call, where a disk has one. After a failure the bytes may be there or not, and durable or not.
   */
  writeThrough?(buffer: Uint8Array, position: number): Promise<number>;
  /** Makes this file's bytes and size durable. After a failure, what was written may be lost and a retry means nothing. */
  sync(): Promise<void>;
  /** Cuts or extends (with zeros) the file. */
  truncate(size: number): Promise<void>;
  /** The file's length. */
  size(): Promise<number>;
  /** What tells this file from every other one that has a name or is open: the same as `Disk.identify` of its names. */
  identify(): Promise<string>;
  /** Gives the descriptor back; makes nothing durable. */
  close(): Promise<void>;
}

/** A held lock. */
export interface DiskLock {
  /** This holding of the lock: 16 hexadecimal digits that no other one has. */
  readonly id: string;
  /**
   * Whether whoever held the lock as `id` before certainly writes nothing more: it released the lock, or its
   * process is gone. False when it may only be stalled, and when nothing is known of it.
   */
  isGone(id: string): boolean;
  /** Gives the lock up, if it is still ours. */
  release(): Promise<void>;
}
