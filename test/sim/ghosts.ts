/**
 * Messages that come once more, long after, in a share of the seeds: from buffers of connections that are no more, and of runs of their senders that have
 * ended. Those that open a run's sequence of commands do it often, and their senders begin anew.
 */
import type { Random } from '../../src/base/random.js';
import type { Delivery } from '../../src/transport/memory.js';
import type { Faults } from './faults.js';
import type { Fleet } from './fleet.js';
import type { SimMember } from './members.js';
import type { Swarm } from './swarm.js';
import type { World } from './world.js';

const share = 0.3;
const longestMs = 4_000;

export class Ghosts {
  private readonly random: Random;
  private readonly haunted: boolean;
  private readonly often: number;

  constructor(
    private readonly world: World,
    swarm: Swarm,
    private readonly fleet: Fleet,
    private readonly faults: Faults,
  ) {
    this.random = world.random('ghosts');
    // A member that has lost its data vouches no more for what it said before: that must not come again.
    this.haunted = this.random() < share && swarm.every.wipe === Number.POSITIVE_INFINITY;
    this.often = this.random() * 0.02;
  }

  /** A message is on its way. @returns after how many milliseconds it comes again; undefined: it does not */
  onCarried({ message }: Delivery): number | undefined {
    if (!this.haunted || !message || this.faults.over) return undefined;
    const { random } = this;
    const opens = message.kind === 'forward' && message.firstSequence === 1;
    if (opens && random() < 0.5) this.beginAnew(this.fleet.get(message.from));
    return random() < (opens ? 0.7 : this.often) ? longestMs * random() : undefined;
  }

  private beginAnew(member: SimMember | undefined): void {
    if (!member) return;
    const { scope } = member;
    const { world, random, faults } = this;
    world.after(random() * 300, world.always, () => {
      if (faults.over || member.scope !== scope) return;
      member.crash(false);
      world.after(random() * 200, world.always, () => {
        if (!faults.over && member.isDown) member.start();
      });
    });
  }
}
