/** What a log asks of its store, by what it does. PUT, POST and LIST have one price, GET another; DELETE has none. */
export interface Requests {
  readonly puts: number;
  readonly lists: number;
  readonly gets: number;
}

const MIB = 1024 ** 2;
export const GIB: number = 1024 ** 3;
/** How much of a segment one request asks for. */
const RANGE_BYTES = 8 * MIB;
const SEGMENT_BYTES = 64 * MIB;

/** Appending so many bytes in chunks of this size: a put each. */
export function appendRequests(bytes: number, chunkBytes: number): Requests {
  return { puts: bytes / chunkBytes, lists: 0, gets: 0 };
}

/** Reading them all: a get a chunk. */
export function replayRequests(bytes: number, chunkBytes: number): Requests {
  return { puts: 0, lists: 0, gets: bytes / chunkBytes };
}

/** Reading them all from full segments: a get for each range, and one for each index. */
export function segmentReplayRequests(bytes: number): Requests {
  return { puts: 0, lists: 0, gets: bytes / RANGE_BYTES + bytes / SEGMENT_BYTES };
}

/** Putting so many bytes into full segments at once: each chunk is read, each segment is put, named and read back. */
export function compactionRequests(bytes: number, chunkBytes: number): Requests {
  const segments = bytes / SEGMENT_BYTES;
  return { puts: 2 * segments, lists: segments, gets: bytes / chunkBytes + bytes / RANGE_BYTES };
}

/** A second of a follower to whom nothing comes: it looks every 0.75 s on average, and at the root every 10 s. */
export function followerRequests(seconds: number): Requests {
  return { puts: 0, lists: seconds / 10, gets: seconds / 0.75 };
}

/**
 * Small appends without a pause, by many callers: what comes together within `lingerMs` is one put, or within the time
 * of a put if that is shorter, and no more puts are in flight than may be.
 */
export function pacedRequests(
  seconds: number,
  { lingerMs, putMs, maxInFlight }: { lingerMs: number; putMs: number; maxInFlight: number },
): Requests {
  const everyMs = Math.max(Math.min(lingerMs, putMs), putMs / maxInFlight);
  return { puts: (seconds * 1000) / everyMs, lists: 0, gets: 0 };
}
