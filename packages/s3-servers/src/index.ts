export { type BucketServer, clientOf, createBucket, SERVER_LIMIT_MS } from './bucket-server.ts';
export { FAULTS, type Fault, PUT_FAULTS } from './fault-proxy/fault.ts';
export { FaultProxy, type PassingRequest } from './fault-proxy/fault-proxy.ts';
export { skipNote, whyNoRadosgw } from './radosgw/programs.ts';
export { Radosgw } from './radosgw/radosgw.ts';
export { type RawAnswer, RawServer } from './raw-server/raw-server.ts';
export type { S3ErrorCode } from './s3-server/s3-error.ts';
export { type Disturbance, type S3Request, S3Server } from './s3-server/s3-server.ts';
export type { Credentials } from './s3-server/signature.ts';
