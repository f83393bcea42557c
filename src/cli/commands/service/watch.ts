import { Argument, type Command } from 'commander';
import { formatAddress } from '../../../base/address.js';
import type { RegistryEvent } from '../../../client/events.js';
import type { Instance } from '../../../client/instance.js';
import { callCommand } from '../../call.js';
import { follow } from '../../follow.js';
import { count } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { addSelectorOptions, type SelectorOptions, selectorOf } from './selector-options.js';

interface WatchOptions extends SelectorOptions {
  readonly after?: number;
}

export function watchCommand(terminal: Terminal): Command {
  const command = callCommand('watch', 'follow the instances of services until Ctrl-C')
    .addArgument(new Argument('<namespace>', 'such as prod; prod/compute is short for prod compute'))
    .addArgument(new Argument('[services...]', 'all services of the namespace when none is named'))
    .option('--after <revision>', 'begin with the changes after this revision instead of the current state', count);
  return addSelectorOptions(command)
    .addHelpText(
      'after',
      `
One line per instance: revision, + (there) or - (gone), name, status, address. With --json one event per line.

Examples:
  quorate service watch prod
  quorate service watch prod/compute
  quorate service watch prod compute billing --status UP --json`,
    )
    .action((scope: string, more: string[], options: WatchOptions, self: Command) =>
      withClient(self, terminal, async ({ client, json }) => {
        const [namespace = '', ...first] = scope.split('/');
        const services = [...first.filter((name) => name !== ''), ...more];
        const events = client.registry.watch({
          namespace,
          services,
          selector: selectorOf(options),
          signal: terminal.interrupted(),
          ...(options.after === undefined ? {} : { afterRevision: options.after }),
        });
        for await (const event of follow(events, terminal)) {
          if (json) terminal.write(`${JSON.stringify(event)}\n`);
          else for (const line of eventLines(event)) terminal.write(`${line}\n`);
        }
      }),
    );
}

/** One event for people. */
export function eventLines(event: RegistryEvent): string[] {
  switch (event.kind) {
    case 'progress':
      return [];
    case 'snapshot': {
      const all = event.items.map((instance) => instanceLine(event.revision, instance));
      return event.resync
        ? [`${event.revision}  resync: changes in between were compacted; the state now:`, ...all]
        : all;
    }
    case 'changes':
      return [
        ...event.updated.map((instance) => instanceLine(event.revision, instance)),
        ...event.removed.map((ref) => `${event.revision}  - ${ref.namespace}/${ref.service}/${ref.id}`),
      ];
  }
}

function instanceLine(revision: number, instance: Instance): string {
  const name = `${instance.namespace}/${instance.service}/${instance.id}`;
  return `${revision}  + ${name}  ${instance.status}  ${formatAddress({ host: instance.address, port: instance.port })}`;
}
