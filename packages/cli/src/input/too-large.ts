import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';

/** The error for a record that no log would take. */
export function tooLarge(number: number, maxBytes: number): CommandError {
  const message =
    `record ${number} of the input is longer than ${maxBytes} bytes: ` +
    'split it, raise --max-record-bytes, or check --format';
  return new CommandError(message, EXIT.failed);
}
