/** What `@wal/s3log` is told of a bucket. Credentials, region and endpoint the AWS SDK takes from environment and profiles. */
export interface BucketSettings {
  readonly bucket: string;
  readonly forcePathStyle?: boolean;
}

/**
 * With an endpoint of one's own, in AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, the bucket goes into the path: few servers
 * other than AWS' have a host name for each bucket.
 */
export function bucketSettings(bucket: string, env: NodeJS.ProcessEnv): BucketSettings {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = env;
  return AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL ? { bucket, forcePathStyle: true } : { bucket };
}
