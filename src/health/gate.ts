/** Lets a bounded number of probes run at once; the others wait in line. */
export class Gate {
  private readonly line = new Set<() => void>();
  private inside = 0;

  constructor(private readonly most: number) {}

  /** How many are inside. */
  get busy(): number {
    return this.inside;
  }

  /**
   * Calls `start` at once or when it is its turn; whoever started says leave() once.
   * @returns what takes back the wish of one that has not started yet
   */
  enter(start: () => void): () => void {
    // A place in line is its own, even of a function that waits twice.
    const turn = () => start();
    if (this.inside < this.most) {
      this.inside++;
      turn();
    } else this.line.add(turn);
    return () => this.line.delete(turn);
  }

  leave(): void {
    const [next] = this.line;
    if (!next) {
      this.inside--;
      return;
    }
    this.line.delete(next);
    next();
  }
}
