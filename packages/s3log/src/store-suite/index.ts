export { type StoreFixture, storeConformance, type TestRunner } from './store-conformance.ts';
