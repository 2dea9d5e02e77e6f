export { OBJECT_HEADER_BYTES, OBJECT_HEADER_FIELDS } from './chunk/object-header.ts';
export {
  listS3LogObjects,
  type S3LogObject,
  type S3LogObjectState,
} from './inspection/list-objects.ts';
export { type BucketLogOptions, openS3Log, type StoreLogOptions } from './open-s3-log.ts';
export type { LogOptions } from './options.ts';
export { type ProbeOptions, probeStore } from './probe/probe-store.ts';
export type { Clock } from './runtime/clock.ts';
export type { Entropy } from './runtime/entropy.ts';
export type { S3Log } from './s3-log.ts';
export { createDirectoryStore, type DirectoryStoreOptions } from './store/directory-store.ts';
export { createMemoryStore } from './store/memory-store.ts';
export type {
  ByteRange,
  GetOptions,
  ListOptions,
  ObjectEntry,
  ObjectStore,
  RequestOptions,
  StoredObject,
} from './store/object-store.ts';
export { createS3Store, type S3Store, type S3StoreOptions } from './store/s3-store.ts';
export { DeleteError, StoreError, type StoreErrorKind } from './store/store-error.ts';
