// npm run build && node --test examples/dist/custom-backend/line-log-node-test.js
import { describe, test } from 'node:test';
import { logConformance } from '@wal/conformance';
import { lineLogFixture } from './line-log-fixture.ts';

logConformance({ describe, test }, lineLogFixture);
