/** A consumer of the compute service. It knows no address and no operation of its own: both come, live, from the cluster. */
import type { QuorateClient } from 'quorate';

/** What a provider is asked. */
export interface Task {
  readonly x: number;
  readonly y: number;
  readonly operation?: string;
}

export interface Answer {
  readonly operation: string;
  readonly result: number;
  readonly provider: string;
  /** 1, or 2 when the first provider could not be reached. */
  readonly attempts: number;
}

export class Consumer {
  /** Called with the ids of providers that left the list. */
  onGone: (ids: readonly string[]) => void = () => {};
  private readonly providers;
  private readonly settings;
  private turn = 0;

  constructor(client: QuorateClient) {
    this.providers = client.registry.view('demo', 'compute', { selector: { statuses: ['UP'] } });
    this.settings = client.config.view({ namespace: 'demo', key: 'operation' });
    this.providers.onChange(({ removed }) => {
      if (removed.length > 0) this.onGone(removed.map(({ id }) => id));
    });
  }

  /** Resolves when the first state is there. */
  async ready(): Promise<void> {
    await Promise.all([this.providers.ready(), this.settings.ready()]);
  }

  /** The operation that is asked for, as the configuration says at this moment. */
  get operation(): string {
    return this.settings.current.get('operation')?.text() ?? 'multiply';
  }

  get providerIds(): string[] {
    return [...this.providers.current.keys()];
  }

  /** Asks the next provider in turn, and once more the one after it if the first could not be reached. */
  async ask(x: number, y: number): Promise<Answer> {
    const { operation } = this;
    const body = JSON.stringify({ x, y, operation } satisfies Task);
    const providers = [...this.providers.current.values()];
    const turn = this.turn++;
    for (let attempt = 1; ; attempt++) {
      const provider = providers[(turn + attempt) % providers.length];
      if (!provider) throw new Error('no provider is registered');
      try {
        const response = await fetch(`http://${provider.address}:${provider.port}/compute`, {
          method: 'POST',
          body,
          signal: AbortSignal.timeout(5_000),
        });
        if (!response.ok) throw new Error(`${provider.id} answered ${response.status}: ${await response.text()}`);
        const { result } = (await response.json()) as { result: number };
        return { operation, result, provider: provider.id, attempts: attempt };
      } catch (error) {
        // fetch throws a TypeError when there is no connection or it breaks; asking twice does no harm to a calculation.
        if (!(error instanceof TypeError) || attempt === 2) throw error;
      }
    }
  }

  close(): void {
    this.providers.close();
    this.settings.close();
  }
}
