export { CompiledSources, type SourcesToCompile } from './compiled-sources.ts';
export { MutatedSources, type Replacement } from './mutated-sources.ts';
export { sayLine } from './say-line.ts';
export { suspend } from './suspend.ts';
