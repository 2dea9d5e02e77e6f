import { CompiledSources } from '@wal/test-harness';

/** A program of this folder, to run as a process. */
export class CompiledProgram {
  readonly script: string;
  readonly #sources: CompiledSources;

  constructor(name: 'append-process' | 'writer-process') {
    this.#sources = new CompiledSources({
      packages: ['conformance', 's3log', 'test-harness'],
      folder: 'packages/s3log/test/process',
      programs: [name],
    });
    this.script = this.#sources.script(name);
  }

  remove(): void {
    this.#sources.remove();
  }
}
