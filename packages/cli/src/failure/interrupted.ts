/** A signal asked the program to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
