/**
 * The clock of one member: runs faster or slower than the world's, jumps forward, and moves while code runs. It never
 * goes back, as the one that the product measures time with never does; the clock on the wall does (members.ts).
 */
import type { World } from './world.js';

/** An event takes no more time than that of so many looks at the clock. */
const mostReads = 25;

export class Clock {
  private base: number;
  private since: number;
  private reads = 0;
  private readAt = 0;
  private last = 0;

  /**
   * @param rate of this clock to the world's
   * @param cost milliseconds that pass between two looks at the clock within one event: how slow the processor is
   */
  constructor(
    private readonly world: World,
    readonly rate: number,
    private readonly cost: number,
    offset: number,
  ) {
    this.base = offset;
    this.since = world.now;
  }

  now(): number {
    const { now } = this.world;
    this.reads = this.readAt === now ? this.reads + 1 : 0;
    this.readAt = now;
    const reading = this.base + (now - this.since) * this.rate + Math.min(this.reads, mostReads) * this.cost;
    if (reading > this.last) this.last = reading;
    return this.last;
  }

  jump(milliseconds: number): void {
    this.base += milliseconds;
  }

  /** World milliseconds that so many of this clock take. */
  worldTime(own: number): number {
    return own / this.rate;
  }
}
