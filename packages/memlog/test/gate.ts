/** A hook that holds everybody who calls it until the test opens it. */
export class Gate {
  #open!: () => void;
  #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });
  #entered!: () => void;
  /** Resolves once somebody waits at the gate. */
  readonly entered: Promise<void> = new Promise<void>((resolve) => {
    this.#entered = resolve;
  });

  readonly hook = (): Promise<void> => {
    this.#entered();
    return this.#opened;
  };

  open(): void {
    this.#open();
  }
}
