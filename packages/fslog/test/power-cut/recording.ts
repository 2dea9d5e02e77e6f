import { join } from 'node:path';
import type { WorkloadModel } from '../support/workload.ts';
import type { FileSystem, IsMetadata } from './file-systems.ts';
import type { PlantedBug } from './planted-bug-disk.ts';
import { applyPieces } from './power-cut.ts';
import { RecordedDevice } from './recorded-device.ts';
import { SparseImage } from './sparse-image.ts';
import { Timeline } from './timeline.ts';
import { type LogEntry, readWriteLog } from './write-log.ts';
import { runWriter } from './writer.ts';
import type { WriterTask } from './writer-report.ts';

/** A device as a power cut left it, and what its log may hold. */
export interface DeviceState {
  readonly image: SparseImage;
  readonly isMetadata: IsMetadata;
  readonly possible: readonly WorkloadModel[];
}

/** All that writers did to a log, and that came of it on its device. */
export interface Recording {
  readonly entries: readonly LogEntry[];
  /** Power may be cut after this many entries, or more: before, the file system is being made. */
  readonly firstCut: number;
  /** What the device holds after so many entries. */
  readonly image: SparseImage;
  readonly isMetadata: IsMetadata;
  readonly timeline: Timeline;
  readonly calls: number;
}

const SEGMENT_BYTES = [4096, 16_384, 65_536] as const;
const ENDS = ['closes', 'exits', 'is killed'] as const;

/** Lets a few writers work, one after the other, on a new device or on one that lost power. */
export async function record(
  directory: string,
  fileSystem: FileSystem,
  before: DeviceState | undefined,
  random: (below: number) => number,
  bug: PlantedBug | undefined,
): Promise<Recording> {
  const device = await RecordedDevice.start(directory, fileSystem, before?.image);
  try {
    await device.mount();
    const firstCut = before === undefined ? await device.flush() : 0;
    const timeline = new Timeline(before?.possible);
    const logDirectory = join(device.mountPoint, 'log');
    let calls = 0;
    for (let writers = 1 + random(3); writers > 0; writers--) {
      const task: WriterTask = {
        directory: logDirectory,
        writeLog: device.writeLog,
        seed: random(1_000_000),
        calls: 15 + random(40),
        options: {
          segmentBytes: SEGMENT_BYTES[random(SEGMENT_BYTES.length)] ?? 4096,
          preallocate: random(4) > 0,
        },
        end: ENDS[random(ENDS.length)] ?? 'closes',
        bug,
      };
      const report = await runWriter(task);
      calls += report.calls.length;
      timeline.add(report);
    }
    await device.unmount();
    const entries = readWriteLog(device.writeLog);
    const image = before?.image.copy() ?? new SparseImage(fileSystem.deviceBytes);
    for (const entry of entries.slice(0, firstCut)) applyPieces(image, [entry]);
    const isMetadata = before?.isMetadata ?? fileSystem.metadataOf(image);
    return { image, entries, firstCut, isMetadata, timeline, calls };
  } finally {
    await device.stop();
  }
}
