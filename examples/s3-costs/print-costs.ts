// What a log in a bucket costs a month, as the tables of docs/S3.md.
// npm run build && node examples/dist/s3-costs/print-costs.js
import { chunkTable, monthTable, S3_STANDARD, segmentReplayCost } from './costs.ts';

// The tables of docs/S3.md; with other prices they are another store's.
console.log(chunkTable(S3_STANDARD));
console.log(`\nreplay of a GiB in segments: ${segmentReplayCost(S3_STANDARD)}\n`);
console.log(monthTable(S3_STANDARD));
