// Lets a bounded number of pieces of work go on at once and a bounded number wait, so that user code that calls in a loop
// cannot eat the container's memory. Those that wait go in the order in which they came.

export class Gate {
  readonly #insideMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor({ insideMax, waitingMax }: { insideMax: number; waitingMax: number }) {
    this.#insideMax = insideMax;
    this.#waitingMax = waitingMax;
  }

  /** Rejects at once when the waiting room is full. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#inside < this.#insideMax) {
      this.#inside += 1;
      return;
    }
    if (this.#waiting.length >= this.#waitingMax) {
      throw new Error(
        `too many calls at once: ${this.#insideMax} are in flight and ${this.#waitingMax} wait; await some of them before sending more`,
      );
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** The place goes straight to the next in line, so nobody can slip in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inside -= 1;
  }
}
