import { ChunkSource } from './chunk/chunk-source.ts';
import { Collector } from './collection/collector.ts';
import { Compactor } from './compaction/compactor.ts';
import { LogKeys } from './keys/log-keys.ts';
import type { LogContext } from './log-context.ts';
import { openReader } from './open/open-reader.ts';
import { openWriter } from './open/open-writer.ts';
import type { Settings } from './options.ts';
import type { ReadSources } from './read/chunk-reader.ts';
import { Locator } from './read/locator.ts';
import type { LogExtent } from './read/log-extent.ts';
import { ReadOnlyLog } from './read/read-only-log.ts';
import { Replica } from './read/replica.ts';
import { SparseIndex } from './read/sparse-index.ts';
import { RootStore } from './root/root-store.ts';
import type { S3Log } from './s3-log.ts';
import { SegmentSource } from './segment/segment-source.ts';
import { Requests } from './store/requests.ts';
import { OwnerState } from './write/owner-state.ts';
import { WritableLog } from './write/writable-log.ts';

/** Opens a log with options that are checked. `release` is called when it is closed, or could not be opened. */
export async function openLog(settings: Settings, release: () => void): Promise<S3Log> {
  const { store, clock, entropy, times } = settings;
  const keys = new LogKeys(settings.prefix);
  const requests = new Requests(store, clock, entropy, times);
  const context = { keys, requests, roots: new RootStore(requests, keys) };
  const end = (): void => {
    requests.end();
    release();
  };
  try {
    return settings.readOnly
      ? await openForReading(context, settings, end)
      : await openForWriting(context, settings, end);
  } catch (error) {
    end();
    throw error;
  }
}

async function openForWriting(
  context: LogContext,
  settings: Settings,
  release: () => void,
): Promise<S3Log> {
  const owned = await openWriter(context, settings);
  const source = new ChunkSource(context, owned.root.uuid);
  const index = new SparseIndex();
  const collector = new Collector(context, settings.compactionGraceMs);
  const state = new OwnerState(context, source, index, collector, owned);
  const sources = readSources(context, settings, source, index, state);
  const { segmentBytes, readAheadBytes } = settings;
  const compactor = new Compactor({
    context,
    source,
    segments: sources.segments,
    extent: state,
    segmentBytes,
    readAheadBytes,
  });
  return new WritableLog({ context, settings, state, sources, collector, compactor, release });
}

async function openForReading(
  context: LogContext,
  settings: Settings,
  release: () => void,
): Promise<S3Log> {
  const extent = await openReader(context, settings);
  const source = new ChunkSource(context, extent.root.uuid);
  const index = new SparseIndex();
  const replica = new Replica(context, source, index, extent);
  const sources = readSources(context, settings, source, index, replica);
  return new ReadOnlyLog({
    context,
    replica,
    sources,
    collector: new Collector(context, settings.compactionGraceMs),
    release,
  });
}

function readSources(
  context: LogContext,
  { readAheadBytes }: Settings,
  source: ChunkSource,
  index: SparseIndex,
  extent: LogExtent,
): ReadSources {
  const locator = new Locator(source, index, extent, context.roots);
  const segments = new SegmentSource(context, extent.root.uuid);
  return { source, segments, index, locator, extent, readAheadBytes };
}
