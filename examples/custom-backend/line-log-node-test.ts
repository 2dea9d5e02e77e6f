import { describe, test } from 'node:test';
import { logConformance } from '@wal/conformance';
import { lineLogFixture } from './line-log-fixture.ts';

logConformance({ describe, test }, lineLogFixture);
