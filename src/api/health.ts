import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** How often the member's state is looked at for the health service. */
const checkEveryMs = 200;

/** `grpc.health.v1.Health`: the same answer for the whole server ('') and for each of its services. */
export class Health {
  private readonly implementation: HealthImplementation;
  private readonly names: readonly string[];
  private serving = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param isServing asked now and then; must be cheap */
  constructor(
    services: readonly string[],
    private readonly isServing: () => boolean,
  ) {
    this.names = ['', ...services];
    this.implementation = new HealthImplementation(
      Object.fromEntries(this.names.map((name) => [name, 'NOT_SERVING' as const])),
    );
  }

  addTo(server: Server): void {
    this.implementation.addToServer(server);
  }

  start(): void {
    this.check();
    this.timer = setInterval(() => this.check(), checkEveryMs);
    this.timer.unref();
  }

  /** Looks at the member's state now and tells those who watch the health service if it changed. */
  check(): void {
    const serving = this.isServing();
    if (serving === this.serving) return;
    this.serving = serving;
    for (const name of this.names) this.implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }

  stop(): void {
    clearInterval(this.timer);
    this.check();
  }
}
