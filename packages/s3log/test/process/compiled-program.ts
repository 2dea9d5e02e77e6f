import { BundledPrograms } from '@wal/test-harness';

/** A program of this folder, to run as a process. */
export class CompiledProgram {
  readonly script: string;
  readonly #programs: BundledPrograms;

  private constructor(programs: BundledPrograms, name: string) {
    this.#programs = programs;
    this.script = programs.script(name);
  }

  static async compile(name: 'append-process' | 'writer-process'): Promise<CompiledProgram> {
    const folder = 'packages/s3log/test/process';
    return new CompiledProgram(await BundledPrograms.create({ folder, programs: [name] }), name);
  }

  remove(): void {
    this.#programs.remove();
  }
}
