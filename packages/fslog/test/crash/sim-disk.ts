// @ts-expect-error The path is only good for the sources, and nothing but tests imports it.
export * from '../../../conformance/src/sim-disk/index.ts';
