/** Turns off eight lines of the AWS SDK, about versions of Node, that are for who chooses its version. */
const SDK_WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** The backend of buckets, loaded when it is needed: its client takes longer to load than most commands take to run. */
export async function loadS3log(env: NodeJS.ProcessEnv): Promise<typeof import('@wal/s3log')> {
  env[SDK_WARNING] ??= 'true';
  return await import('@wal/s3log');
}
