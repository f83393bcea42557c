/** Services by their DNS names. */
import type { Key } from '../base/ids.js';
import { type Endpoint, Endpoints } from './endpoints.js';

/** A service's place under `service.quorate`: labels from the service to the namespace, in lower case, since DNS does not tell the cases apart. */
export type ServiceName = readonly string[];

export class Directory {
  private readonly services = new Map<string, Endpoints>();
  /** How many services have names that end so, the whole name not counted. */
  private readonly endings = new Map<string, number>();

  /** @param defaultNamespace of names that have one label only */
  constructor(private readonly defaultNamespace: string) {}

  set(namespace: string, service: string, key: Key, endpoint: Endpoint): void {
    const name = nameOf(namespace, service);
    let endpoints = this.services.get(name);
    if (!endpoints) {
      endpoints = new Endpoints();
      this.services.set(name, endpoints);
      this.count(name, 1);
    }
    endpoints.set(key, endpoint);
  }

  delete(namespace: string, service: string, key: Key): void {
    const name = nameOf(namespace, service);
    const endpoints = this.services.get(name);
    endpoints?.delete(key);
    if (endpoints?.size !== 0) return;
    this.services.delete(name);
    this.count(name, -1);
  }

  /** A service that has instances. */
  find(labels: ServiceName): Endpoints | undefined {
    const [only] = labels;
    return this.services.get(labels.length === 1 ? nameOf(this.defaultNamespace, only ?? '') : labels.join('.'));
  }

  /** Whether there is a service whose name ends with these labels and has more before them. */
  hasBelow(labels: ServiceName): boolean {
    return this.endings.has(labels.join('.'));
  }

  private count(name: string, by: number): void {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const ending = name.slice(dot + 1);
      const count = (this.endings.get(ending) ?? 0) + by;
      if (count === 0) this.endings.delete(ending);
      else this.endings.set(ending, count);
    }
  }
}

function nameOf(namespace: string, service: string): string {
  return `${service}.${namespace}`.toLowerCase();
}
