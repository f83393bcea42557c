/** The one door for writes: one batch after the other, and after a failed one none. */
import { FatalError } from '../base/errors.js';
import { diskFailure } from './damage.js';
import type { Disk, DiskBatch } from './disk.js';

interface Job {
  readonly batch: DiskBatch;
  readonly synced: boolean;
  readonly done: () => void;
  readonly failed: ((error: FatalError) => void) | undefined;
}

/**
 * A batch goes to the database only after the one before it is done: a write that failed half-way (a full disk) must stay the last one in the
 * database's log, or what follows could not be read again.
 */
export class Writer {
  private readonly queue: Job[] = [];
  private running: Job | undefined;
  private failure: FatalError | undefined;
  private whenClosed: (() => void) | undefined;

  constructor(
    private readonly disk: Disk,
    private readonly onFatal: (error: FatalError) => void,
  ) {}

  /** Writes and calls done; on failure onFatal is called (once) and done never is. */
  submit(batch: DiskBatch, synced: boolean, done: () => void): void {
    this.add({ batch, synced, done, failed: undefined });
  }

  /** For the slow paths. @throws FatalError (after onFatal was called) */
  write(batch: DiskBatch, synced: boolean): Promise<void> {
    return new Promise((done, failed) => this.add({ batch, synced, done, failed }));
  }

  /** Ends the batch under way and drops the others. Only the done of submit() is still called; promises stay open. */
  close(): Promise<void> {
    this.queue.length = 0;
    return new Promise((resolve) => {
      this.whenClosed = resolve;
      if (!this.running) resolve();
    });
  }

  private fail(error: unknown): FatalError {
    if (this.failure) return this.failure;
    const failure = error instanceof FatalError ? error : diskFailure(this.disk.directory, 'write to', error);
    this.failure = failure;
    this.onFatal(failure);
    for (const job of this.queue.splice(0)) job.failed?.(failure);
    return failure;
  }

  private add(job: Job): void {
    if (this.failure) {
      job.failed?.(this.failure);
      return;
    }
    if (this.whenClosed) return;
    if (this.running) this.queue.push(job);
    else this.start(job);
  }

  private start(job: Job): void {
    this.running = job;
    this.disk.write(job.batch, job.synced, (error) => {
      this.running = undefined;
      this.whenClosed?.();
      if (error !== undefined) {
        const failure = this.fail(error);
        job.failed?.(failure);
        return;
      }
      const next = this.queue.shift();
      if (next) this.start(next);
      // A slow path would go on to use the disk that is being closed.
      if (!this.whenClosed || !job.failed) job.done();
    });
  }
}
