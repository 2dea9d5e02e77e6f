export { abortable, abortablePromise, throwIfAborted } from './abortable.ts';
export {
  type AppendLimits,
  type CheckedAppend,
  checkAppend,
  type TakenAppend,
  takeAppend,
} from './append-arguments.ts';
export {
  checkInteger,
  checkIteratorOptions,
  checkLastToKeep,
  checkOperationOptions,
  checkOptionsObject,
  checkRecordId,
  copyBytes,
  invalidArgument,
} from './arguments.ts';
export { ChangeSignal } from './change-signal.ts';
export { crc32 } from './crc32.ts';
export type { Disk, DiskFile, DiskLock } from './disk.ts';
export {
  isLogError,
  type LockHolder,
  LogError,
  type LogErrorCode,
  type LogErrorDetails,
} from './errors.ts';
export {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  type BatchHeader,
  batchBytes,
  decodeBatchHeader,
  decodePlaces,
  decodeRecords,
  encodeBatchHeader,
  isBodyIntact,
  refuseUnsupportedBatch,
} from './format/batch.ts';
export { BatchBuilder, type BatchPosition } from './format/batch-builder.ts';
export {
  BATCH_HEADER_FIELDS,
  type FieldKind,
  FOOTER_FIELDS,
  type FormatField,
  layOut,
  SEGMENT_HEADER_FIELDS,
} from './format/fields.ts';
export {
  decodeFooter,
  encodeFooter,
  FOOTER_TRAILER_BYTES,
  footerBytes,
  type IndexEntry,
  isFooterMagic,
  type SegmentFooter,
} from './format/footer.ts';
export {
  decodeSegmentHeader,
  encodeSegmentHeader,
  MAX_METADATA_BYTES,
  MAX_SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
} from './format/segment-header.ts';
export { encodeSegmentStream, type SegmentStreamOrigin } from './format/segment-stream.ts';
export { SegmentStreamReader } from './format/segment-stream-reader.ts';
export { getUint64, setUint64, viewOf } from './format/uint64.ts';
export { checkedVersion, FORMAT_VERSION } from './format/version.ts';
export type {
  IteratorOptions,
  Log,
  LogIterator,
  LogIterator as Iterator,
  OperationOptions,
} from './log.ts';
export type { LogView } from './log-cursor.ts';
export { createLogIterator } from './log-iterator.ts';
export { closedError, refuseUnlessStored } from './readable.ts';
export {
  type AppendInput,
  type AppendResult,
  type LogRecord,
  type LogRecord as Record,
  MAX_RECORD_ID,
  type RecordId,
} from './record.ts';
export {
  createSerialLog,
  type LogChange,
  type LogExtent,
  type SerialLog,
  type SerialStore,
} from './serial-log.ts';
export { TruncationHistory } from './truncation-history.ts';
