// npm run build && node --test examples/dist/custom-backend/sqlite-log-node-test.js
import { describe, test } from 'node:test';
import { logConformance } from '@wal/conformance';
import { sqliteLogFixture } from './sqlite-log-fixture.ts';

logConformance({ describe, test }, sqliteLogFixture);
