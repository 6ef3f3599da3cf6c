interface Answer {
  bytes: Buffer | undefined;
  isReady: boolean;
}

/** Sends acknowledgements in the order in which their packets came, whenever each is ready. */
export class OrderedAnswers {
  readonly #send: (bytes: Buffer) => void;
  #answers: Answer[] = [];

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#answers.length;
  }

  /** @returns a function to call with the answer, or with undefined where there is none. */
  expect(): (bytes: Buffer | undefined) => void {
    const answer: Answer = { bytes: undefined, isReady: false };
    this.#answers.push(answer);
    return (bytes) => {
      answer.bytes = bytes;
      answer.isReady = true;
      this.#flush();
    };
  }

  #flush(): void {
    let done = 0;
    while (this.#answers[done]?.isReady) done += 1;
    const ready = this.#answers.splice(0, done);
    for (const { bytes } of ready) if (bytes) this.#send(bytes);
  }
}
