// Opens the key-value store of this folder, counts how often that was done, and makes a snapshot.
// npm run build && node examples/dist/key-value/session.js
import { mkdir } from 'node:fs/promises';
import { KeyValueStore } from './key-value-store.ts';

await mkdir('store', { recursive: true });
const store = await KeyValueStore.open('store');
const sessions = Number(store.get('sessions') ?? 0) + 1;
await store.put('sessions', String(sessions));
await store.put('draft', 'not for long');
await store.delete('draft');
await store.snapshot(); // from here on the log is empty
console.log(sessions, store.get('draft')); // 1 undefined, and at the next start 2 undefined
await store.close();
