import { appendChannel } from './channels.ts';

/** When a group of appends went through what: only taken where somebody listens. */
export class GroupTiming {
  readonly #takenAt: number = performance.now();
  #writeAt = 0;
  #writtenAt = 0;
  #syncedAt = 0;

  /** Begins with the group's first append. */
  static begin(): GroupTiming | undefined {
    return appendChannel.hasSubscribers ? new GroupTiming() : undefined;
  }

  writeBegins(): void {
    this.#writeAt = performance.now();
  }

  written(): void {
    this.#writtenAt = performance.now();
    this.#syncedAt = this.#writtenAt;
  }

  synced(): void {
    this.#syncedAt = performance.now();
  }

  get durations(): { queueMs: number; writeMs: number; syncMs: number } {
    return {
      queueMs: this.#writeAt - this.#takenAt,
      writeMs: this.#writtenAt - this.#writeAt,
      syncMs: this.#syncedAt - this.#writtenAt,
    };
  }
}
