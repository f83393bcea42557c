/** Options that select instances. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { InstanceSelector, InstanceStatus } from '../../../client/instance.js';
import { list, pair } from '../../parse.js';

export interface SelectorOptions {
  readonly status?: readonly InstanceStatus[];
  readonly zone?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
}

export function addSelectorOptions(command: Command): Command {
  return command
    .option('--status <list>', 'only these: UP, DRAINING, DOWN, STARTING', statuses)
    .option('--zone <list>', 'only these zones', list)
    .option('--meta <name=value>', 'only with this metadata (may be repeated)', pair);
}

export function selectorOf(options: SelectorOptions): InstanceSelector {
  return {
    ...(options.status === undefined ? {} : { statuses: options.status }),
    ...(options.zone === undefined ? {} : { zones: options.zone }),
    ...(options.meta === undefined ? {} : { metadata: options.meta }),
  };
}

function statuses(text: string, previous: readonly InstanceStatus[] = []): InstanceStatus[] {
  return [...previous, ...list(text).map(status)];
}

/** A status in any case. */
export function status(text: string): InstanceStatus {
  const upper = text.toUpperCase();
  if (upper === 'UP' || upper === 'DRAINING' || upper === 'DOWN' || upper === 'STARTING') return upper;
  throw new InvalidArgumentError('A status is UP, DRAINING, DOWN or STARTING.');
}
