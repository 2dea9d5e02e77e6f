export { BundledPrograms, type ProgramsToBundle } from './bundled-programs.ts';
export { CompiledSources, type SourcesToCompile } from './compiled-sources.ts';
export { MutatedSources } from './mutated-sources.ts';
export type { Replacement } from './replacement.ts';
export { sayLine } from './say-line.ts';
export { suspend } from './suspend.ts';
