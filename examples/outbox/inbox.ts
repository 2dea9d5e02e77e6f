// The consumer's end of an outbox: takes each message once, however often it is delivered.
import type { Log, RecordId } from '@wal/core';
import type { Message } from './orders.ts';

interface Receipt {
  readonly id: RecordId;
  readonly message: Message;
}

/**
 * Messages come in the order of their ids, so the last id tells which are new. It is in the same record as what came of
 * the message: there is no moment at which a crash leaves one without the other.
 */
export class Inbox {
  readonly #log: Log;
  readonly #received: Receipt[] = [];

  private constructor(log: Log) {
    this.#log = log;
  }

  static async open(log: Log): Promise<Inbox> {
    const inbox = new Inbox(log);
    for await (const { data } of log.iterator())
      inbox.#received.push(JSON.parse(Buffer.from(data).toString()) as Receipt);
    return inbox;
  }

  get received(): readonly Receipt[] {
    return this.#received;
  }

  /** Resolves once the message is durable here. One call at a time. @returns whether it is new */
  async receive(id: RecordId, message: Message): Promise<boolean> {
    if (id <= (this.#received.at(-1)?.id ?? 0)) return false;
    const receipt: Receipt = { id, message };
    await this.#log.append(Buffer.from(JSON.stringify(receipt)));
    this.#received.push(receipt);
    return true;
  }
}
