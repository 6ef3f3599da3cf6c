import { AppError } from '#protocol/errors.ts';

/** What stood between two blank lines of a stream of server-sent events. */
export interface StreamMessage {
  readonly event: string;
  /** Undefined: the message only moves the reader's position. */
  readonly data: string | undefined;
  /** To send as `Last-Event-ID` from now on; undefined: still the one before. */
  readonly id: string | undefined;
  /** The wait before reconnecting that the hub asks for. */
  readonly retryMs: number | undefined;
}

/** A message that is longer comes from no hub. */
const MAX_MESSAGE_CHARS = 16 * 1024 * 1024;

/**
 * Reads `text/event-stream` (WHATWG HTML section 9.2.6) piece by piece, divided wherever the
 * network divides it.
 */
export class StreamDecoder {
  #rest = '';
  #data: string[] = [];
  #chars = 0;
  #event = '';
  #id: string | undefined;
  #retryMs: number | undefined;
  #hasFields = false;

  /** @throws AppError `body_too_large`. */
  push(text: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') this.#field(line);
      else if (this.#hasFields) messages.push(this.#message());
    }
    if (this.#chars + this.#rest.length > MAX_MESSAGE_CHARS) throw new AppError('body_too_large');
    return messages;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    // A comment.
    if (colon === 0) return;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    this.#chars += line.length;
    switch (name) {
      case 'event':
        this.#event = value;
        break;
      case 'data':
        this.#data.push(value);
        break;
      case 'id':
        if (!value.includes('\0')) this.#id = value;
        break;
      case 'retry':
        if (/^\d+$/.test(value)) this.#retryMs = Number(value);
        break;
      default:
        return;
    }
    this.#hasFields = true;
  }

  #message(): StreamMessage {
    const message = {
      event: this.#event === '' ? 'message' : this.#event,
      data: this.#data.length === 0 ? undefined : this.#data.join('\n'),
      id: this.#id,
      retryMs: this.#retryMs,
    };
    this.#data = [];
    this.#chars = 0;
    this.#event = '';
    this.#id = undefined;
    this.#retryMs = undefined;
    this.#hasFields = false;
    return message;
  }
}
