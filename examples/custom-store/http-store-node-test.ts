// npm run build && node --test examples/dist/custom-store/http-store-node-test.js
import { after, before, describe, test } from 'node:test';
import { storeConformance } from '@wal/s3log/store-suite';
import { createHttpStore } from './http-store.ts';
import { ObjectServer } from './object-server.ts';

let server: ObjectServer;
before(async () => {
  server = await ObjectServer.start();
});
after(() => server.stop());

storeConformance({ describe, test }, { name: 'HTTP', open: () => createHttpStore(server.url) });
