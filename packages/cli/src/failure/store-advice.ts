/** What to do about what the client of a bucket says, by words that it has for each. */
const ADVICE: readonly (readonly [words: RegExp, advice: string])[] = [
  [/Region is missing/, 'name the region, as in AWS_REGION=eu-central-1'],
  [/Could not load credentials/, 'give credentials, as in AWS_PROFILE or AWS_ACCESS_KEY_ID'],
  [/NoSuchBucket/, 'check the name of the bucket, or create it'],
  [/HTTP 40[13]/, 'check the credentials, and what they permit'],
  [/HTTP 30\d/, 'check the region: AWS_REGION'],
  [/Invalid URL/, 'AWS_ENDPOINT_URL must be a URL, as http://localhost:9000'],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET/,
    'check the network, the region and AWS_ENDPOINT_URL, then run the command again',
  ],
];

/** The next step after a store refused a request, or did not answer it; `undefined` where it is no such failure. */
export function storeAdvice({ message }: Error): string | undefined {
  return ADVICE.find(([words]) => words.test(message))?.[1];
}
